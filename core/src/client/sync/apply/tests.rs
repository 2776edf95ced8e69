//! Pages on a real store: what they leave, also when they come twice, late or in another order.

use crate::command::Command;
use proptest::prelude::*;

use super::*;
use crate::cases::{CaseStatus, StartReview};
use crate::client::WorkspaceError;
use crate::client::notice::NoticeKind;
use crate::client::store::files::FileState;
use crate::client::sync::{LocalState, Machine};
use crate::client::testing::phone::{
    Phone, case_record, change, cursor, document_record, grant, key, order, page, patient_record, plan,
    record, refused,
};
use crate::client::testing::store_and_files::photo;
use crate::documents::{Document, DocumentKind};
use crate::ids::{DeviceId, ProviderId};
use crate::invoices::ServiceRecord;
use crate::invoices::fixtures::a_service_record;
use crate::protocol::sync::ResetReason;
use crate::testing::{a_case, text};

fn with_records(records: Vec<WireRecord>) -> Plan {
    plan(Page { records, ..page() })
}

fn next_seq(phone: &Phone, case: CaseId) -> Option<u64> {
    phone.read(|conn| streams::next_seq(conn, case.into()))
}

#[test]
fn an_applied_command_leaves_the_outbox_and_the_servers_record_stands() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    phone.receive(&with_records(vec![case_record(&case)]));
    phone.workspace.accept(case.id).unwrap();
    let mut accepted = case.clone();
    accepted.status = CaseStatus::Accepted;
    accepted.version += 1;
    let settled = vec![(phone.pending()[0].command_id, SettledOutcome::Applied)];
    let applied = phone.receive(&Plan {
        settled,
        ..with_records(vec![case_record(&accepted)])
    });

    assert_eq!((applied.commands_applied, applied.records), (1, 1));
    assert!(applied.changes.contains(&Changed::Case(case.id)));
    let shown = phone.workspace.case(case.id).unwrap();
    assert_eq!((shown.case, shown.summary.pending), (accepted, Vec::new()));
    assert_eq!(phone.workspace.notices().unwrap(), []);
}

#[test]
fn a_late_accept_is_refused_undone_purged_and_noticed() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let document = phone.world.stored_document(case.id);
    let records = vec![case_record(&case), document_record(&document)];
    phone.receive(&plan(Page {
        records,
        grants: vec![grant(case.id, 4)],
        ..page()
    }));
    phone.workspace.accept(case.id).unwrap();
    phone.workspace.start_review(case.id).unwrap();
    let ids: Vec<_> = phone
        .pending()
        .into_iter()
        .map(|envelope| envelope.command_id)
        .collect();

    let order = order(case.id, &phone.world);
    let settled = vec![
        refused(ids[0], "assignment_superseded"),
        refused(ids[1], "dependency_refused"),
    ];
    let applied = phone.receive(&Plan {
        settled,
        ..plan(Page {
            purge: vec![order.clone()],
            ..page()
        })
    });

    assert_eq!(applied.commands_refused, 2);
    assert_eq!(applied.paths.len(), 1);
    assert!(matches!(
        phone.workspace.case(case.id),
        Err(WorkspaceError::NotFound)
    ));
    assert_eq!(phone.workspace.outbox().unwrap(), []);
    assert!(phone.read(|conn| files::row(conn, document.id)).is_none());
    assert_eq!(phone.read(|conn| streams::unacknowledged(conn, 10)), [order.id]);
    assert_eq!(next_seq(&phone, case.id), None);
    let notices = phone.workspace.notices().unwrap();
    let told: Vec<_> = notices
        .iter()
        .map(|n| (n.kind, n.code.as_str(), n.command.as_deref()))
        .collect();
    assert!(told.contains(&(
        NoticeKind::CommandRefused,
        "assignment_superseded",
        Some("accept_case")
    )));
    assert!(told.contains(&(
        NoticeKind::CommandRefused,
        "dependency_refused",
        Some("start_review")
    )));
    assert!(told.contains(&(NoticeKind::CaseGivenAway, "reassigned", None)));
    assert!(
        notices
            .iter()
            .all(|n| n.case_number == case.number && n.case_id == Some(case.id) && !n.read)
    );

    phone.workspace.mark_notice_read(notices[0].id).unwrap();
    assert!(phone.workspace.notices().unwrap()[0].read);
    phone.receive(&Plan {
        acknowledged: vec![order.id],
        ..plan(page())
    });
    assert_eq!(phone.read(|conn| streams::unacknowledged(conn, 10)), []);
}

#[test]
fn a_command_given_before_the_purge_stays_until_the_server_refuses_it() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    phone.receive(&with_records(vec![case_record(&case)]));
    phone
        .workspace
        .submit_recommendation(case.id, phone.world.opinion())
        .unwrap();
    phone.receive(&plan(Page {
        purge: vec![order(case.id, &phone.world)],
        ..page()
    }));
    assert_eq!(phone.cases(), []);
    assert_eq!(phone.workspace.recommendation(case.id).unwrap(), None);
    let [waiting] = phone.pending().try_into().unwrap();

    // R3: the author's own words stay readable for 30 days.
    phone.receive(&Plan {
        settled: vec![refused(waiting.command_id, "assignment_superseded")],
        ..plan(page())
    });
    let kept = phone.workspace.kept_recommendations().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].case_id, &kept[0].case_number), (case.id, &case.number));
    assert_eq!(kept[0].content, phone.world.opinion());

    // By the server's clock: a phone whose own clock jumps, for one sync or for good, deletes nothing.
    phone.clock.advance_millis(31 * 86_400_000);
    phone.receive(&plan(page()));
    assert_eq!(phone.workspace.kept_recommendations().unwrap().len(), 1);
    phone.clock.advance_millis(-31 * 86_400_000);
    let day = |days: i64| Plan {
        server_time: phone.world.now.plus_hours(days * 24),
        ..plan(page())
    };
    phone.receive(&day(30));
    assert_eq!(phone.workspace.kept_recommendations().unwrap().len(), 1);
    phone.receive(&day(31));
    assert_eq!(phone.workspace.kept_recommendations().unwrap(), []);
}

#[test]
fn a_phone_with_a_fast_clock_keeps_everything_for_its_time_of_the_servers_clock() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    phone.receive(&with_records(vec![case_record(&case)]));
    phone
        .workspace
        .submit_recommendation(case.id, phone.world.opinion())
        .unwrap();
    let [waiting] = phone.pending().try_into().unwrap();
    phone.clock.advance_millis(400 * 86_400_000);
    phone.receive(&Plan {
        settled: vec![refused(waiting.command_id, "assignment_superseded")],
        ..plan(page())
    });
    let notice = phone.workspace.notices().unwrap()[0].id;
    phone.workspace.mark_notice_read(notice).unwrap();
    let day = |days: i64| Plan {
        server_time: phone.world.now.plus_hours(days * 24),
        ..plan(page())
    };
    let kept = || {
        let sql = "select (select count(*) from settled_command), (select count(*) from draft),
                          (select count(*) from notice)";
        phone.read(|conn| {
            let counts = conn.query_row(sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
            Ok::<[u32; 3], _>(counts?)
        })
    };
    for (days, left) in [(0, [1, 1, 1]), (30, [1, 1, 1]), (31, [0, 0, 0])] {
        phone.receive(&day(days));
        assert_eq!(kept(), left, "settled, drafts and notices after {days} days");
    }
}

#[test]
fn an_order_is_carried_out_once_and_a_new_grant_in_the_same_answer_stays() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    let mut again = case.clone();
    again.version += 2;
    let both = plan(Page {
        purge: vec![order(case.id, &phone.world)],
        grants: vec![grant(case.id, 9)],
        records: vec![case_record(&again)],
        ..page()
    });
    for _ in 0..2 {
        phone.receive(&both);
        assert_eq!(phone.workspace.case(case.id).unwrap().case, again);
        assert_eq!(next_seq(&phone, case.id), Some(10));
        assert_eq!(phone.workspace.notices().unwrap().len(), 1);
    }
}

#[test]
fn the_files_of_a_refused_case_are_staged_again() {
    let phone = Phone::of_requester();
    phone.receive(&with_records(vec![patient_record(&phone.world.patient())]));
    let scan = phone.folder.path().join("photo.jpg");
    std::fs::write(&scan, photo(100)).unwrap();
    let staged = phone
        .workspace
        .stage_file(&scan, DocumentKind::Photo, &text("Photo"))
        .unwrap();
    let submit = || {
        phone.workspace.submit_case(
            phone.workspace.new_case_id(),
            phone.world.patient,
            phone.world.request(),
            vec![staged.document_id],
        )
    };
    submit().unwrap();
    assert!(matches!(submit(), Err(WorkspaceError::NotFound)));
    let settled = vec![refused(phone.pending()[0].command_id, "no_price")];
    let applied = phone.receive(&Plan {
        settled,
        ..plan(page())
    });
    assert!(applied.paths.is_empty());
    assert_eq!(phone.cases(), []);
    submit().unwrap();
}

#[test]
fn a_case_waiting_for_its_patient_is_shown_only_while_the_patient_is_fit() {
    let phone = Phone::of_requester();
    let mut patient = phone.world.patient();
    phone.receive(&with_records(vec![patient_record(&patient)]));
    phone
        .workspace
        .submit_case(
            phone.workspace.new_case_id(),
            patient.id,
            phone.world.request(),
            Vec::new(),
        )
        .unwrap();
    assert_eq!(phone.cases().len(), 1);
    patient.active = false;
    patient.version += 1;
    phone.receive(&with_records(vec![patient_record(&patient)]));
    assert_eq!(phone.cases(), []);
    assert_eq!(phone.pending().len(), 1);
}

#[test]
fn an_older_version_never_replaces_a_newer_one() {
    let phone = Phone::of_provider();
    let old = a_case(&phone.world).assigned();
    let mut new = old.clone();
    new.status = CaseStatus::Accepted;
    new.version += 1;
    for records in [vec![case_record(&new)], vec![case_record(&old)]] {
        phone.receive(&with_records(records));
        assert_eq!(phone.workspace.case(old.id).unwrap().case, new);
    }
}

#[test]
fn a_change_that_comes_too_early_is_parked_until_the_gap_is_filled() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let step = |changes| phone.receive(&plan(Page { changes, ..page() }));
    phone.receive(&plan(Page {
        grants: vec![grant(case.id, 4)],
        ..page()
    }));
    step(vec![change(case.id, 7), change(case.id, 6)]);
    assert_eq!(next_seq(&phone, case.id), Some(5));
    assert!(phone.read(streams::any_parked));
    step(vec![change(case.id, 3), change(case.id, 5)]);
    assert_eq!(next_seq(&phone, case.id), Some(8));
    assert!(!phone.read(streams::any_parked));
}

#[test]
fn a_gap_that_stays_makes_the_phone_begin_anew() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let records = vec![case_record(&case)];
    phone.receive(&plan(Page {
        records: records.clone(),
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    for round in 0..3 {
        assert!(phone.read(settings::cursor).is_some(), "round {round}");
        phone.receive(&plan(Page {
            changes: vec![change(case.id, 5)],
            ..page()
        }));
    }
    assert_eq!(phone.read(settings::cursor), None);
    assert_eq!(phone.cases().len(), 1);
    phone.receive(&plan(Page {
        begins: true,
        records,
        grants: vec![grant(case.id, 5)],
        ..page()
    }));
    assert_eq!(next_seq(&phone, case.id), Some(6));
    assert_eq!(phone.read(settings::gap_rounds), 0);
}

#[test]
fn changes_of_a_stream_that_was_never_granted_are_not_a_gap() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    phone.receive(&plan(Page {
        changes: vec![change(case.id, 5)],
        ..page()
    }));
    assert!(!phone.read(streams::any_parked));
    assert_eq!(phone.read(settings::gap_rounds), 0);
}

#[test]
fn after_a_reset_what_the_feed_does_not_confirm_is_swept() {
    let phone = Phone::of_provider();
    let (stays, goes) = (a_case(&phone.world).assigned(), a_case(&phone.world).assigned());
    let document = phone.world.stored_document(goes.id);
    let records = vec![
        case_record(&stays),
        case_record(&goes),
        document_record(&document),
    ];
    let grants = vec![grant(stays.id, 1), grant(goes.id, 1)];
    phone.receive(&plan(Page {
        begins: true,
        records,
        grants,
        ..page()
    }));
    phone.workspace.accept(stays.id).unwrap();
    phone.receive(&Plan {
        step: Step::Reset(ResetReason::OtherGeneration),
        ..plan(page())
    });
    assert_eq!(phone.read(settings::cursor), None);
    // Still readable while the new feed comes in.
    assert_eq!(phone.cases().len(), 2);

    // Another history may count from lower numbers.
    let mut other = stays.clone();
    other.version = 1;
    let records = vec![case_record(&other)];
    let first = Page {
        begins: true,
        records,
        grants: vec![grant(stays.id, 1)],
        ends: false,
        ..page()
    };
    phone.receive(&plan(first));
    assert_eq!(phone.cases().len(), 2);
    let applied = phone.receive(&plan(Page {
        cursor: Some(cursor(2)),
        ..page()
    }));
    let left = phone.cases();
    assert_eq!(
        left.iter()
            .map(|case| (case.case_id, case.status))
            .collect::<Vec<_>>(),
        [(stays.id, CaseStatus::Accepted)]
    );
    assert_eq!(applied.paths.len(), 1);
    assert_eq!(phone.pending().len(), 1);
}

#[test]
fn what_is_gone_is_deleted_with_its_file_but_never_an_unsent_one() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let (fetched, sending) = (
        phone.world.stored_document(case.id),
        phone.world.stored_document(case.id),
    );
    phone.receive(&with_records(vec![
        case_record(&case),
        document_record(&fetched),
        document_record(&sending),
    ]));
    phone.write(|tx| files::progress(tx, sending.id, FileState::Uploading, 1));
    let gone = [&fetched, &sending]
        .map(|d| key(RecordKind::Document, d.id.as_uuid()))
        .to_vec();
    let applied = phone.receive(&plan(Page { gone, ..page() }));
    assert_eq!(applied.paths.len(), 1);
    assert!(applied.changes.contains(&Changed::Case(case.id)));
    assert_eq!(phone.workspace.case(case.id).unwrap().documents, []);
    assert!(phone.read(|conn| files::row(conn, sending.id)).is_some());
}

#[test]
fn the_file_of_a_withdrawn_document_is_deleted_and_an_unsent_one_is_staged_again() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let (mut fetched, mut sending) = (
        phone.world.stored_document(case.id),
        phone.world.stored_document(case.id),
    );
    phone.receive(&with_records(vec![
        case_record(&case),
        document_record(&fetched),
        document_record(&sending),
    ]));
    phone.write(|tx| files::progress(tx, sending.id, FileState::Uploading, 1));
    for document in [&mut fetched, &mut sending] {
        document.state = DocumentState::Withdrawn;
        document.version += 1;
    }
    let applied = phone.receive(&with_records(vec![
        document_record(&fetched),
        document_record(&sending),
    ]));
    assert_eq!(applied.paths.len(), 1);
    assert!(phone.read(|conn| files::row(conn, fetched.id)).is_none());
    // The server knows the old id as withdrawn.
    assert!(phone.read(|conn| files::row(conn, sending.id)).is_none());
    let staged = phone.workspace.staged_files().unwrap();
    assert_eq!(staged.len(), 1);
    assert_ne!(staged[0].document_id, sending.id);
    assert_eq!(phone.read(files::to_upload).len(), 0);
    // The upload that was going on does not bring the row back.
    assert!(!phone.write(|tx| files::progress(tx, sending.id, FileState::Uploading, 2)));
}

#[test]
fn a_file_that_was_withdrawn_on_this_phone_is_deleted_although_it_was_never_sent() {
    let phone = Phone::of_requester();
    let case = a_case(&phone.world).new_and_ready();
    phone.receive(&with_records(vec![case_record(&case)]));
    let workspace = &phone.workspace;
    let staged = workspace
        .stage_bytes(&photo(100), "scan.jpg", DocumentKind::Photo, &text("Scan"))
        .unwrap();
    workspace.add_document(case.id, staged.document_id).unwrap();
    workspace.withdraw_document(case.id, staged.document_id).unwrap();
    let withdrawn = Document {
        id: staged.document_id,
        state: DocumentState::Withdrawn,
        ..phone.world.stored_document(case.id)
    };
    let sent = phone.pending();
    assert_eq!(sent.len(), 2);
    let settled = sent
        .iter()
        .map(|envelope| (envelope.command_id, SettledOutcome::Applied));
    let applied = phone.receive(&Plan {
        settled: settled.collect(),
        ..with_records(vec![document_record(&withdrawn)])
    });
    assert_eq!(applied.paths.len(), 1);
    assert_eq!(phone.workspace.staged_files().unwrap(), []);
}

#[test]
fn only_a_providers_phone_plans_downloads_and_only_of_what_is_stored() {
    for (phone, planned) in [(Phone::of_provider(), true), (Phone::of_requester(), false)] {
        let case = a_case(&phone.world).assigned();
        let stored = phone.world.stored_document(case.id);
        let mut declared = phone.world.stored_document(case.id);
        declared.state = DocumentState::Declared;
        phone.receive(&with_records(vec![
            case_record(&case),
            document_record(&stored),
            document_record(&declared),
        ]));
        let state = |document| phone.read(|conn| files::row(conn, document)).map(|row| row.state);
        assert_eq!(state(stored.id), planned.then_some(FileState::WaitingDownload));
        assert_eq!(state(declared.id), None);
    }
}

#[test]
fn a_record_that_the_server_cannot_read_stays_is_counted_and_asked_for_again() {
    let phone = Phone::of_requester();
    let case = a_case(&phone.world).assigned();
    phone.receive(&with_records(vec![case_record(&case)]));
    let key = case_record(&case).key;

    // After a reset, too: what the feed could not confirm is not deleted.
    phone.write(start_over);
    phone.receive(&plan(Page {
        begins: true,
        unreadable: vec![key.clone()],
        ..page()
    }));
    assert_eq!(phone.workspace.case(case.id).unwrap().case, case);
    assert_eq!(phone.workspace.sync_status().unwrap().unreadable_records, 1);
    let local = phone.read(|conn| LocalState::load(conn, DeviceId::from_uuid(uuid::Uuid::nil())));
    assert_eq!(local.missing, std::slice::from_ref(&key));
    let mut machine = Machine::default();
    let asks = |machine: &mut Machine| machine.next_request(local.clone()).unwrap().missing;
    assert_eq!(asks(&mut machine), std::slice::from_ref(&key));
    assert_eq!(asks(&mut machine), [], "once in a cycle");

    phone.receive(&with_records(vec![case_record(&case)]));
    assert_eq!(phone.workspace.sync_status().unwrap().unreadable_records, 0);
    phone.receive(&plan(Page {
        unreadable: vec![key.clone()],
        ..page()
    }));
    phone.receive(&plan(Page {
        gone: vec![key.clone()],
        ..page()
    }));
    assert_eq!(phone.workspace.sync_status().unwrap().unreadable_records, 0);
    assert_eq!(phone.cases(), []);
}

#[test]
fn what_this_app_cannot_read_is_kept_raw_and_read_by_the_next_one() {
    let mut phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let newer = record(
        RecordKind::Case,
        case.id.as_uuid(),
        case.id,
        9,
        &"a case of a newer kind",
    );
    let mut unknown = newer.clone();
    unknown.key = RecordKey {
        kind: "appointment".to_owned(),
        id: uuid::Uuid::from_u128(1),
    };
    phone.receive(&with_records(vec![newer.clone(), unknown.clone()]));
    assert_eq!(phone.cases(), []);
    assert_eq!(phone.workspace.sync_status().unwrap().unreadable_records, 2);
    assert_eq!(phone.read(settings::cursor), Some(cursor(1)));

    // What only the next app understands: here, a body that this build happens to know, marked as unread.
    let readable = WireRecord {
        version: 10,
        ..case_record(&case)
    };
    phone.receive(&with_records(vec![readable]));
    phone.write(|tx| records::mark_known(tx, &newer.key, None));
    phone.reopen("1");
    assert_eq!(phone.cases(), []);
    phone.reopen("2");
    assert_eq!(phone.workspace.case(case.id).unwrap().case, case);
    assert_eq!(phone.workspace.sync_status().unwrap().unreadable_records, 1);
    let raw = phone.read(|conn| records::raw_after(conn, None, 100));
    assert!(
        raw.iter()
            .any(|(key, _, body)| *key == unknown.key && *body == *unknown.body)
    );
}

#[test]
fn a_providers_own_service_record_outlives_the_case() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).done();
    let provider_id: ProviderId = phone.world.provider;
    let service = ServiceRecord {
        case_id: case.id,
        ..a_service_record(&phone.world)
    };
    let own = record(
        RecordKind::ServiceRecord,
        service.id.as_uuid(),
        provider_id,
        1,
        &service,
    );
    phone.receive(&with_records(vec![case_record(&case), own]));
    phone.receive(&plan(Page {
        purge: vec![order(case.id, &phone.world)],
        ..page()
    }));
    assert_eq!(phone.cases(), []);
    assert_eq!(phone.workspace.service_records(None, 9).unwrap().rows, [service]);
}

#[test]
fn a_whole_answer_applied_twice_leaves_what_once_leaves() {
    let phone = Phone::of_provider();
    let (kept, purged) = (a_case(&phone.world).assigned(), a_case(&phone.world).assigned());
    phone.receive(&plan(Page {
        records: vec![case_record(&purged)],
        grants: vec![grant(purged.id, 2)],
        ..page()
    }));
    phone
        .perform(Command::AcceptCase(crate::cases::AcceptCase {
            case_id: purged.id,
        }))
        .unwrap();
    phone
        .perform(Command::StartReview(StartReview { case_id: purged.id }))
        .unwrap();
    let settled = phone
        .pending()
        .iter()
        .map(|e| refused(e.command_id, "assignment_superseded"))
        .collect();
    let records = vec![
        case_record(&kept),
        document_record(&phone.world.stored_document(kept.id)),
    ];
    let purge = vec![order(purged.id, &phone.world)];
    let grants = vec![grant(kept.id, 2)];
    let changes = vec![change(kept.id, 3), change(kept.id, 5)];
    let answer = Plan {
        settled,
        ..plan(Page {
            purge,
            grants,
            records,
            changes,
            ..page()
        })
    };
    phone.receive(&answer);
    let once = dump(&phone);
    phone.receive(&answer);
    assert_eq!(dump(&phone), once);
}

/// Everything that pages decide about.
fn dump(phone: &Phone) -> Vec<String> {
    let tables = [
        "record",
        "overlay",
        "outbox",
        "settled_command",
        "stream",
        "parked",
        "purge_ack",
        "notice",
        "kept_text",
        "file",
    ];
    let mut rows = Vec::new();
    for table in tables {
        let found: Vec<String> = phone.read(|conn| {
            let mut statement = conn.prepare(&format!("select * from {table} order by 1, 2"))?;
            let columns = statement.column_count();
            let read = |row: &rusqlite::Row<'_>| {
                let values: Result<Vec<rusqlite::types::Value>, _> =
                    (0..columns).map(|at| row.get(at)).collect();
                Ok(format!("{table} {:?}", values?))
            };
            let rows = statement.query_map([], read)?.collect::<Result<_, _>>()?;
            Ok(rows)
        });
        rows.extend(found);
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever the order of pages, and however often each comes, the newest version stands and no number is missing.
    #[test]
    fn shuffled_and_repeated_pages_end_in_the_same_store(
        pages in Just((0_u64..6).collect::<Vec<_>>()).prop_shuffle(),
        repeats in prop::collection::vec(0_usize..6, 0..6),
    ) {
        thread_local!(static PHONE: Phone = Phone::of_provider());
        PHONE.with(|phone| {
            let case = a_case(&phone.world).assigned();
            let start = Page { grants: vec![grant(case.id, 1)], ends: false, ..page() };
            phone.receive(&plan(start));
            let order: Vec<u64> = pages.iter().copied().chain(repeats.iter().map(|at| pages[*at])).collect();
            for n in order {
                let mut version = case.clone();
                version.version = n + 1;
                let changes = vec![change(case.id, n + 2)];
                phone.receive(&plan(Page { records: vec![case_record(&version)], changes, ends: false, ..page() }));
            }
            prop_assert_eq!(phone.workspace.case(case.id).unwrap().case.version, 6);
            prop_assert_eq!(next_seq(phone, case.id), Some(8));
            prop_assert!(!phone.read(streams::any_parked));
            Ok(())
        })?;
    }
}

#[test]
fn what_can_be_decoded_is_shown() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let mut newer = case_record(&case);
    newer.key.id = CaseId::generate(phone.world.now).as_uuid();
    newer.body = vec![0xff].into();
    let newer_id = newer.key.id;
    phone.receive(&plan(Page {
        records: vec![case_record(&case), newer],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    let is_shown = |id| phone.read(|conn| records::is_shown(conn, RecordKind::Case, id));
    assert!(is_shown(case.id.as_uuid()));
    assert!(!is_shown(newer_id), "of a newer version");
    assert!(phone.read(|conn| records::exists(conn, RecordKind::Case, newer_id)));
    assert!(!is_shown(CaseId::generate(phone.world.now).as_uuid()));
}
