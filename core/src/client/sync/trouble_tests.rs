//! One bad item stops nobody: commands that the server cannot take, and rows that this build cannot read.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::cases::Case;
use crate::cases::{Finding, RecommendationContent, SubmitRecommendation};
use crate::client::error::WorkspaceError;
use crate::client::store::files;
use crate::client::store::outbox::OutboxState;
use crate::client::store::streams;
use crate::client::sync::push::Unanswered;
use crate::client::sync::{Page, Plan};
use crate::client::testing::phone::{
    Phone, case_record, cursor, document_record, grant, key, order, page, patient_record, plan, refused,
};
use crate::client::testing::store_and_files::photo;
use crate::documents::DocumentKind;
use crate::ids::{CaseId, CommandId, RecommendationId};
use crate::protocol::cbor;
use crate::protocol::records::RecordKind;
use crate::protocol::sync::{
    Outcome, PurgeOrder, PushResult, REASON_REVOKED, RecordKey, SettledOutcome, SyncRequest, SyncResponse,
};
use crate::testing::{a_case, text};
use crate::time::Timestamp;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// An expert's phone with two assigned cases.
fn with_two_cases() -> (Phone, Case, Case) {
    let phone = Phone::of_provider();
    let (one, other) = (a_case(&phone.world).assigned(), a_case(&phone.world).assigned());
    phone.receive(&plan(Page {
        records: vec![case_record(&one), case_record(&other)],
        grants: vec![grant(one.id, 1), grant(other.id, 1)],
        ..page()
    }));
    (phone, one, other)
}

fn response(server_time: Timestamp, results: Vec<PushResult>) -> SyncResponse {
    SyncResponse {
        results,
        chat: Vec::new(),
        reset: None,
        purge: Vec::new(),
        grants: Vec::new(),
        changes: Vec::new(),
        records: Vec::new(),
        gone: Vec::new(),
        unreadable: Vec::new(),
        cursor: cursor(2),
        more: false,
        server_time,
        next_after_ms: 30_000,
        cut: false,
        push_only: false,
    }
}

fn applied(request: &SyncRequest, server_time: Timestamp) -> SyncResponse {
    let result = |id| PushResult {
        id,
        outcome: Outcome::Applied,
    };
    let results = request.push.iter().map(|item| result(item.id)).collect();
    response(server_time, results)
}

fn held(id: CommandId, code: &str) -> Plan {
    Plan {
        unanswered: vec![Unanswered {
            id,
            code: code.to_owned(),
            reference: "r-1".to_owned(),
            held: true,
        }],
        ..plan(page())
    }
}

#[test]
fn a_command_that_the_server_fails_on_is_told_and_holds_up_its_own_record_only() {
    let (phone, one, other) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    phone.workspace.start_review(one.id).unwrap();
    phone.workspace.accept(other.id).unwrap();
    let [first, second, third] = phone.pending().try_into().unwrap();
    let (failing, now) = (first.command_id, phone.world.now);
    phone.server.answer(move |request| {
        let mut answer = applied(&request, now);
        for result in &mut answer.results {
            if result.id == failing {
                result.outcome = Outcome::Held {
                    code: "fault".to_owned(),
                    reference: "r-1".to_owned(),
                };
            }
        }
        // As the server does: what is behind it on the same record is not tried.
        answer.results.retain(|result| result.id != second.command_id);
        Ok(answer)
    });
    run(phone.workspace.sync()).unwrap();
    let waiting = phone.workspace.outbox().unwrap();
    assert!(
        waiting.iter().all(|item| item.command_id != third.command_id),
        "it went"
    );
    let [held, behind] = &waiting[..] else {
        panic!("two wait")
    };
    let trouble = held.trouble.as_ref().unwrap();
    assert_eq!(
        (held.state, trouble.code.as_str(), trouble.reference.as_str()),
        (OutboxState::Held, "fault", "r-1")
    );
    assert_eq!(behind.waits_for, Some(failing));
    assert_eq!(phone.workspace.sync_status().unwrap().held_commands, 1);

    // Not sent again before its time by the server's clock, or before the user says so.
    let count = |phone: &Phone, now: Timestamp| {
        let (sender, sent) = std::sync::mpsc::channel();
        phone.server.answer(move |request| {
            sender.send(request.push.len()).unwrap();
            Ok(applied(&request, now))
        });
        run(phone.workspace.sync()).unwrap();
        sent.try_iter().sum::<usize>()
    };
    phone.clock.advance_millis(86_400_000);
    assert_eq!(count(&phone, now.plus_millis(1)), 0);
    phone.workspace.send_held().unwrap();
    assert_eq!(count(&phone, now.plus_millis(2)), 2);
}

#[test]
fn a_held_command_is_tried_again_after_an_hour_of_the_servers_clock() {
    let (phone, one, _) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    let id = phone.pending()[0].command_id;
    phone.receive(&held(id, "unknown_command"));
    let due = |hours| {
        phone.receive(&Plan {
            server_time: phone.world.now.plus_hours(hours),
            ..plan(page())
        });
        phone.read(|conn| {
            let server_time = crate::client::store::settings::server_time(conn)?;
            crate::client::store::outbox::to_push(conn, server_time, 10)
        })
    };
    assert_eq!(due(0), []);
    assert_eq!(due(1).len(), 1);
}

#[test]
fn a_held_command_can_be_taken_back_as_a_draft() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    phone
        .workspace
        .submit_recommendation(case.id, phone.world.opinion())
        .unwrap();
    let id = phone.pending()[0].command_id;
    let early = phone.workspace.take_back(id);
    assert!(matches!(
        early,
        Err(WorkspaceError::Invalid {
            reason: "still_sending",
            ..
        })
    ));
    phone.receive(&held(id, "unknown_command"));
    phone.workspace.take_back(id).unwrap();
    assert_eq!(phone.pending(), []);
    assert_eq!(phone.workspace.recommendation(case.id).unwrap(), None);
    let [draft] = &phone.workspace.drafts().unwrap()[..] else {
        panic!("one draft")
    };
    assert_eq!(draft.refusal.code, "unknown_command");
    phone.workspace.send_draft(id, None).unwrap();
    assert_eq!(phone.pending().len(), 1);
}

#[test]
fn a_command_that_this_build_cannot_read_is_sent_and_settled_and_takes_no_other_down() {
    let (phone, one, other) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    let id = phone.pending()[0].command_id;
    // As after an update that no longer reads the queued command.
    phone.write(|tx| {
        let stored = serde_json::json!({
            "command_id": id, "type": "fold_case", "payload": {}, "issued_at": phone.world.now,
        });
        tx.execute(
            "update outbox set envelope = ?1",
            [cbor::encode(&stored).unwrap()],
        )?;
        Ok(())
    });
    phone.workspace.accept(other.id).unwrap();
    assert_eq!(phone.cases().len(), 2);
    assert_eq!(phone.workspace.outbox().unwrap().len(), 2);
    let now = phone.world.now;
    phone.server.answer(move |request| Ok(applied(&request, now)));
    let report = run(phone.workspace.sync()).unwrap();
    assert_eq!(report.commands_applied, 2);
    assert_eq!(phone.workspace.outbox().unwrap(), []);
}

#[test]
fn an_unreadable_queued_command_that_is_refused_becomes_a_draft() {
    let (phone, one, _) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    let id = phone.pending()[0].command_id;
    phone.write(|tx| {
        tx.execute("update outbox set envelope = x'ff'", [])?;
        Ok(())
    });
    phone.receive(&Plan {
        settled: vec![refused(id, "bad_request")],
        ..plan(page())
    });
    assert_eq!(phone.workspace.drafts().unwrap()[0].operation, "accept_case");
}

#[test]
fn a_record_or_overlay_that_this_build_cannot_read_hides_itself_only() {
    let (phone, one, other) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    phone.write(|tx| {
        tx.execute("update overlay set body = x'ff'", [])?;
        Ok(())
    });
    let shown = phone.workspace.case(one.id).unwrap().summary;
    assert_eq!(shown.status, one.status, "as the server has it");
    phone.write(|tx| {
        tx.execute(
            "update record set body = x'ff' where id = ?1",
            [one.id.to_string()],
        )?;
        Ok(())
    });
    let listed = phone.cases();
    assert_eq!(
        listed.iter().map(|case| case.case_id).collect::<Vec<_>>(),
        [other.id]
    );
}

#[test]
fn a_command_larger_than_the_server_takes_is_refused_before_it_is_confirmed() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    let document = phone.world.stored_document(case.id);
    phone.receive(&plan(Page {
        records: vec![case_record(&case), document_record(&document)],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    let finding = || Finding {
        document_id: document.id,
        comment: text(&"x".repeat(8_000)),
    };
    let content = RecommendationContent {
        findings: std::iter::repeat_with(finding).take(140).collect(),
        ..phone.world.opinion()
    };
    let submit = SubmitRecommendation {
        case_id: case.id,
        recommendation_id: RecommendationId::generate(phone.world.now),
        content,
    };
    let answer = phone.perform(submit.into());
    assert!(matches!(
        answer,
        Err(WorkspaceError::Invalid {
            reason: "too_large",
            ..
        })
    ));
    assert_eq!(phone.pending(), []);
}

#[test]
fn a_queued_command_over_the_limit_of_server_or_proxy_is_held_and_the_others_go() {
    let (phone, one, other) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    phone.write(|tx| {
        tx.execute("update outbox set envelope = zeroblob(100000)", [])?;
        Ok(())
    });
    phone.workspace.accept(other.id).unwrap();
    phone.server.most_bytes.store(50_000, Ordering::Relaxed);
    let now = phone.world.now;
    phone.server.answer(move |request| Ok(applied(&request, now)));
    let report = run(phone.workspace.sync()).unwrap();
    assert_eq!(report.commands_applied, 1);
    let [held] = &phone.workspace.outbox().unwrap()[..] else {
        panic!("one waits")
    };
    assert_eq!(
        (held.state, held.trouble.as_ref().unwrap().code.as_str()),
        (OutboxState::Held, "too_large")
    );

    // On another line it goes at once.
    phone.server.most_bytes.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(run(phone.workspace.sync()).unwrap().commands_applied, 0);
    phone.workspace.go_online().unwrap();
    phone.workspace.go_offline();
    run(phone.workspace.sync()).unwrap();
    assert_eq!(phone.workspace.outbox().unwrap(), []);
}

#[test]
fn what_is_on_its_way_cannot_be_taken_back() {
    let (phone, one, _) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    let id = phone.pending()[0].command_id;
    phone.receive(&held(id, "fault"));
    phone.workspace.send_held().unwrap();
    phone.write(|tx| {
        // As it is an hour later, by the server's clock.
        tx.execute("update outbox set state = 'held', try_at = 0", [])?;
        Ok(())
    });
    let (workspace, now) = (phone.workspace.clone(), phone.world.now);
    phone.server.answer(move |request| {
        let late = workspace.take_back(request.push[0].id);
        assert!(matches!(late, Err(WorkspaceError::Invalid { .. })));
        Ok(applied(&request, now))
    });
    assert_eq!(run(phone.workspace.sync()).unwrap().commands_applied, 1);
    assert_eq!(phone.workspace.drafts().unwrap(), []);
}

#[test]
fn missing_records_take_turns_in_being_asked_for() {
    let phone = Phone::of_requester();
    let keys: Vec<RecordKey> = (0..25)
        .map(|n| key(RecordKind::Case, uuid::Uuid::from_u128(n)))
        .collect();
    phone.receive(&plan(Page {
        unreadable: keys.clone(),
        ..page()
    }));
    let (asked, now) = (Arc::new(Mutex::new(Vec::new())), phone.world.now);
    let heard = Arc::clone(&asked);
    phone.server.answer(move |request| {
        heard.lock().unwrap().extend(request.missing.clone());
        Ok(SyncResponse {
            unreadable: request.missing.clone(),
            ..applied(&request, now)
        })
    });
    for _cycle in 0..3 {
        run(phone.workspace.sync()).unwrap();
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 30, "ten in a cycle");
    assert!(keys.iter().all(|key| asked.contains(key)));
}

#[test]
fn an_outcome_of_a_newer_server_is_a_retry() {
    let body =
        serde_json::json!({ "id": CommandId::generate(Timestamp::from_unix_millis(1)), "outcome": "parked" });
    let result: PushResult = cbor::decode(&cbor::encode(&body).unwrap()).unwrap();
    assert_eq!(result.outcome, Outcome::Unknown);
    assert_eq!(result.outcome.settled(), None::<SettledOutcome>);
}

#[test]
fn a_revoked_phone_keeps_a_file_that_is_nowhere_else_until_its_user_is_back() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    phone.receive(&plan(Page {
        records: vec![patient_record(&patient)],
        grants: vec![grant(patient.institution_id, 1)],
        ..page()
    }));
    let file = phone
        .workspace
        .stage_bytes(&photo(2_000), "scan.jpg", DocumentKind::Photo, &text("Scan"))
        .unwrap();
    let request = phone.world.request();
    let case = phone
        .workspace
        .submit_case(
            CaseId::generate(phone.world.now),
            patient.id,
            request,
            vec![file.document_id],
        )
        .unwrap();
    phone.settle_all();
    *phone.server.revoked.lock().unwrap() = Some(vec![PurgeOrder {
        reason: REASON_REVOKED.to_owned(),
        ..order(case, &phone.world)
    }]);
    assert!(run(phone.workspace.sync()).is_err());
    let row = phone.read(|conn| files::row(conn, file.document_id)).unwrap();
    assert!(row.is_to_send());
    assert!(phone.workspace.read_document(file.document_id).is_ok());
}

#[test]
fn a_revoked_phone_deletes_all_it_holds_reports_it_and_asks_for_a_sign_in() {
    let (phone, one, other) = with_two_cases();
    phone.workspace.accept(one.id).unwrap();
    let order = |case: &Case| PurgeOrder {
        reason: REASON_REVOKED.to_owned(),
        ..order(case.id, &phone.world)
    };
    *phone.server.revoked.lock().unwrap() = Some(vec![order(&one), order(&other)]);
    let ended = run(phone.workspace.sync());
    assert!(matches!(ended, Err(WorkspaceError::SignInNeeded)));
    assert_eq!(phone.cases(), []);
    assert_eq!(
        phone.workspace.notices().unwrap(),
        [],
        "one question, not one notice per case"
    );
    assert_eq!(
        phone.server.revoked.lock().unwrap().as_deref(),
        Some(&[][..]),
        "reported"
    );
    let unreported = phone.read(|conn| streams::unacknowledged(conn, 9));
    assert_eq!(unreported, [], "and not reported again");
    assert_eq!(
        phone.pending().len(),
        1,
        "what was never sent stays until the sign-out"
    );
    assert_eq!(
        phone.read(crate::client::store::settings::cursor),
        None,
        "whoever is back begins anew"
    );
}
