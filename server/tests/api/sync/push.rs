//! Commands pushed with a sync request.

use mso_core::ids::{CaseId, CommandId};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::{Outcome, PushItem, SettledOutcome, SyncRequest};
use serde_bytes::ByteBuf;
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{IDLE_MILLIS, Replica, changes, item};
use crate::harness::{Case, Server};

#[tokio::test]
async fn what_a_command_touched_comes_with_its_answer() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    let assignment = rima.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;

    let mut accept = noor.user.envelope("accept_case", json!({ "case_id": case.id }));
    accept.assignment_id = Some(assignment);
    let answer = noor.pushes(&[accept.clone()]).await;
    assert_eq!(answer.results[0].outcome, Outcome::Applied);
    let key = Replica::key(RecordKind::Case, case.id.as_uuid());
    assert!(answer.records.iter().any(|record| record.key == key));

    // The response was lost: the same bytes again.
    let answer = noor.pushes(&[accept]).await;
    assert_eq!(
        answer.results[0].outcome,
        Outcome::Replayed {
            of: SettledOutcome::Applied
        }
    );
    assert!(answer.records.iter().any(|record| record.key == key));
    noor.catches_up().await;
}

#[tokio::test]
async fn a_command_that_cannot_be_read_spoils_nothing_beside_it() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let patient = mso_core::ids::PatientId::generate(server.now());
    let payload = json!({
        "patient_id": patient, "name": { "family": "Haddad" }, "birth_date": "1958", "sex": "female",
        "identifiers": [{ "kind": "passport", "issuer": "SY", "value": "N 1" }],
    });
    let good = amal.user.envelope("create_patient", payload);
    let verify = amal.user.envelope(
        "verify_patient",
        json!({ "patient_id": patient, "method": "document_seen" }),
    );
    let other = CommandId::generate(server.now());
    let newer = json!({ "type": "read_palm", "payload": {}, "command_id": other, "issued_at": server.now() });
    let mut bytes = Vec::new();
    ciborium::into_writer(&newer, &mut bytes).unwrap();
    let push = vec![
        PushItem {
            id: CommandId::generate(server.now()),
            envelope: ByteBuf::from(b"noise".to_vec()),
            aggregate: None,
        },
        item(&good),
        PushItem {
            id: other,
            envelope: ByteBuf::from(bytes),
            // So that what comes after it on the record does not overtake it.
            aggregate: item(&verify).aggregate,
        },
        // Under an id other than its own.
        PushItem {
            id: CommandId::generate(server.now()),
            ..item(&good)
        },
        item(&verify),
    ];
    let request = SyncRequest {
        push,
        ..amal.request()
    };
    let answer = amal.round(&request).await;
    let codes: Vec<_> = answer
        .results
        .iter()
        .map(|result| match &result.outcome {
            Outcome::Applied => "applied",
            Outcome::Refused { refusal } => refusal.code.as_str(),
            Outcome::Held { code, .. } => code.as_str(),
            Outcome::Retry => "retry",
            Outcome::Replayed { .. } | Outcome::Unknown => "other",
        })
        .collect();
    assert_eq!(
        codes,
        [
            "bad_request",
            "applied",
            "unknown_command",
            "bad_request",
            "retry"
        ]
    );
    let ids: Vec<_> = request.push.iter().map(|item| item.id).collect();
    assert_eq!(
        answer.results.iter().map(|result| result.id).collect::<Vec<_>>(),
        ids
    );
    amal.catches_up().await;
    assert_eq!(amal.all(RecordKind::Patient).len(), 1);
}

#[tokio::test]
async fn a_late_accept_is_refused_and_the_case_purged_in_one_round_trip() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case: Case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    let assignment = rima.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    rima.reassigns(&case, "omar").await;

    let mut accept = noor.user.envelope("accept_case", json!({ "case_id": case.id }));
    accept.assignment_id = Some(assignment);
    let answer = noor.pushes(&[accept]).await;
    let Outcome::Refused { refusal } = &answer.results[0].outcome else {
        panic!("{answer:?}")
    };
    assert_eq!(refusal.code, "assignment_superseded");
    noor.catches_up().await;
    let orders: Vec<_> = noor.heard.iter().flat_map(|page| &page.purge).collect();
    assert_eq!(orders.len(), 1);
    assert_eq!(noor.all(RecordKind::Case).len(), 0);
}

#[tokio::test]
async fn a_case_nobody_knows_and_one_of_others_are_the_same() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    let assignment = rima.assigns(&case, "noor").await;
    let mut omar = Replica::of(server.provider("omar").await);
    let mut codes = Vec::new();
    for id in [case.id, CaseId::generate(server.now())] {
        let mut accept = omar.user.envelope("accept_case", json!({ "case_id": id }));
        accept.assignment_id = Some(assignment);
        let answer = omar.pushes(&[accept]).await;
        let Outcome::Refused { refusal } = &answer.results[0].outcome else {
            panic!("{answer:?}")
        };
        codes.push(refusal.code.clone());
    }
    assert_eq!(codes, ["not_found", "not_found"]);
}

#[tokio::test]
async fn the_difference_between_a_devices_clock_and_the_servers_is_recorded() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    for (hours, expected) in [(3, Some(3 * 3_600)), (-30_000_000, None)] {
        let patient = mso_core::ids::PatientId::generate(server.now());
        let payload = json!({
            "patient_id": patient, "name": { "family": "Haddad" }, "birth_date": "1958", "sex": "female",
            "identifiers": [{ "kind": "passport", "issuer": "SY", "value": patient.to_string() }],
        });
        let mut creates = amal.user.envelope("create_patient", payload);
        creates.issued_at = server.now().plus_hours(hours);
        let answer = amal.pushes(&[creates.clone()]).await;
        assert_eq!(answer.results[0].outcome, Outcome::Applied);
        let mut superuser = server.superuser.connect().await.unwrap();
        let ahead: Option<i64> = sqlx::query_scalar(
            "select extract(epoch from issued_at - at)::bigint from command_log where command_id = $1",
        )
        .bind(creates.command_id.as_uuid())
        .fetch_one(&mut superuser)
        .await
        .unwrap();
        superuser.close().await.unwrap();
        assert_eq!(ahead, expected);
    }
}

#[tokio::test]
async fn a_push_that_takes_too_long_is_cut_and_goes_on_at_once() {
    let server = Server::start_with(|state| state.push_time = std::time::Duration::ZERO).await;
    let mut amal = Replica::of(server.requester("amal").await);
    let new = |number: u8| {
        let patient = mso_core::ids::PatientId::generate(server.now());
        let payload = json!({
            "patient_id": patient, "name": { "family": "Haddad" }, "birth_date": format!("19{number}"), "sex": "female",
        });
        amal.user.envelope("create_patient", payload)
    };
    let mut left: Vec<_> = (50..53).map(new).collect();
    let mut rounds = 0;
    while !left.is_empty() {
        let answer = amal.pushes(&left).await;
        rounds += 1;
        assert_eq!(answer.results.len(), left.len());
        assert_eq!(answer.cut, left.len() > 1);
        let retry = answer
            .results
            .iter()
            .filter(|result| result.outcome == Outcome::Retry);
        assert_eq!(
            retry.count(),
            left.len() - 1,
            "one at a time: {:?}",
            answer.results
        );
        assert_eq!(answer.next_after_ms == 0, left.len() > 1 || answer.more);
        let settled = answer
            .results
            .iter()
            .position(|result| result.outcome == Outcome::Applied);
        left.remove(settled.unwrap());
    }
    assert_eq!(rounds, 3);
    assert_eq!(server.count("patient").await, 3);
}

#[tokio::test]
async fn what_an_open_transaction_holds_back_comes_when_it_ends() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    amal.catches_up().await;
    let mut foreign = server.superuser.connect().await.unwrap();
    let mut open = foreign.begin().await.unwrap();
    sqlx::query("select pg_current_xact_id()")
        .execute(&mut *open)
        .await
        .unwrap();
    amal.user.submits(Vec::new()).await;

    let held_back = amal.round(&amal.request()).await;
    assert!(held_back.changes.is_empty());
    assert!(!held_back.more && held_back.next_after_ms > 0 && held_back.next_after_ms < IDLE_MILLIS);
    let ready: serde_json::Value = server.call("GET", "/readyz").send().await.ok(200).json();
    assert!(ready["watermark_age_s"].is_u64(), "{ready}");

    // The other tests share the cluster, and would wait for it too.
    open.rollback().await.unwrap();
    assert!(!changes(&amal.catches_up().await).is_empty());
}
