//! A revoked phone, or the phone of a user who is out, is told what to delete, and nothing else.

use std::collections::BTreeSet;

use mso_core::command::CommandEnvelope;
use mso_core::ids::{IssueId, PurgeId, StreamId};
use mso_core::protocol::sync::{PurgeOrder, PurgesOwed, REASON_REVOKED, SyncRequest};
use serde_json::{Value, json};

use super::{Replica, item};
use crate::harness::{Phone, Server, User};

/// The orders in answer to a sync of a phone that is out; nothing else may be in it.
async fn owed(phone: &Replica<'_>, purged: Vec<PurgeId>) -> Vec<PurgeOrder> {
    let request = SyncRequest {
        purged,
        ..phone.request()
    };
    let answer = phone.sends(&request).await;
    answer.refused(401, "actor_revoked");
    let mut members: Vec<String> = answer
        .json::<serde_json::Map<String, Value>>()
        .keys()
        .cloned()
        .collect();
    members.sort_unstable();
    assert_eq!(members, ["code", "purge", "reference", "status", "title"]);
    answer.json::<PurgesOwed>().purge
}

fn streams(orders: &[PurgeOrder]) -> BTreeSet<StreamId> {
    orders.iter().map(|order| order.stream).collect()
}

fn ids(orders: &[PurgeOrder]) -> Vec<PurgeId> {
    orders.iter().map(|order| order.id).collect()
}

#[tokio::test]
async fn a_revoked_phone_is_told_to_delete_all_it_holds_until_it_reports_that_it_did() {
    let server = Server::start().await;
    let mut lost = Replica::of(server.requester("amal").await);
    let mut kept = Replica::of(User::on_phone(&server, "amal", Phone::new(&server)).await);
    let mut colleague = Replica::of(server.requester("adam").await);
    let case = lost.user.submits(Vec::new()).await;
    for phone in [&mut lost, &mut kept, &mut colleague] {
        phone.catches_up().await;
    }
    let held: BTreeSet<StreamId> = lost.heads.keys().copied().collect();
    assert!(held.contains(&StreamId::from(case.id)));
    server.later(1);
    let path = format!("/v1/devices/{}", lost.user.phone.as_ref().unwrap().id);
    kept.user.send(kept.user.unsigned("DELETE", &path)).await.ok(204);
    server.later(24 * 60);

    let orders = owed(&lost, Vec::new()).await;
    assert_eq!(streams(&orders), held);
    assert!(orders.iter().all(|order| order.reason == REASON_REVOKED));
    assert_eq!(owed(&lost, Vec::new()).await, orders, "the same until reported");
    let (done, rest) = orders.split_at(1);
    assert_eq!(owed(&lost, ids(done)).await, rest);
    assert_eq!(owed(&lost, ids(rest)).await, []);
    assert_eq!(owed(&lost, Vec::new()).await, []);

    // Nobody else is told to delete anything.
    colleague.user = User::on_phone(&server, "adam", colleague.user.phone.take().unwrap()).await;
    let adam = colleague.catches_up().await;
    assert!(adam.iter().all(|page| page.purge.is_empty()));
    kept.user = User::on_phone(&server, "amal", kept.user.phone.take().unwrap()).await;
    let pages = kept.catches_up().await;
    assert!(pages.iter().all(|page| page.purge.is_empty()));
    let mut tx = server.database().await;
    let audited = "select count(*) from audit_entry where action = 'confirm_purge' and device_id = $1";
    let audited: i64 = sqlx::query_scalar(audited)
        .bind(lost.user.phone.as_ref().unwrap().id.as_uuid())
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(usize::try_from(audited), Ok(orders.len()));
}

/// The natural order for an operator: first the password or the sessions, then the device. And a phone may be off for long.
#[tokio::test]
async fn a_phone_whose_session_ended_before_or_long_ago_is_told_to_delete_too() {
    let server = Server::start().await;
    let mut lost = Replica::of(server.requester("amal").await);
    lost.user.submits(Vec::new()).await;
    lost.catches_up().await;
    let held: BTreeSet<StreamId> = lost.heads.keys().copied().collect();
    let (device, refresh_token) = (
        lost.user.phone.as_ref().unwrap().id,
        lost.user.grant.refresh_token.clone(),
    );
    let end = "update session set ended_at = $2 where device_id = $1";
    let mut tx = server.database().await;
    let ended_at = mso_server::database::from_timestamp(server.now());
    let ended = sqlx::query(end)
        .bind(device.as_uuid())
        .bind(ended_at)
        .execute(tx.conn())
        .await
        .unwrap();
    assert_eq!(ended.rows_affected(), 1);
    tx.commit().await.unwrap();
    lost.sends(&lost.request()).await.refused(401, "sign_in_needed");

    server.later(1);
    let rima = server.admin().await;
    let whom = lost.user.grant.user_id;
    rima.does(
        "revoke_device",
        json!({ "user_id": whom, "device_id": device, "reason": "Left in a taxi." }),
    )
    .await;
    server.later(45 * 24 * 60);
    lost.user
        .refresh(&refresh_token)
        .await
        .refused(401, "actor_revoked");
    assert_eq!(streams(&owed(&lost, Vec::new()).await), held);
}

#[tokio::test]
async fn a_text_that_cannot_be_kept_does_not_keep_a_revoked_phone_from_deleting() {
    let server = Server::start().await;
    let case = server.requester("amal").await.submits(Vec::new()).await;
    let rima = server.admin().await;
    let assignment = rima.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    server
        .tampers(
            "update mso_case set request = request - 'clinical_question' where id = $1",
            case.id.as_uuid(),
        )
        .await;
    rima.does(
        "suspend_user",
        json!({ "user_id": noor.user.grant.user_id, "reason": "under inquiry" }),
    )
    .await;
    let question = CommandEnvelope {
        assignment_id: Some(assignment),
        ..noor.user.envelope(
            "report_issue",
            json!({
                "case_id": case.id, "issue_id": IssueId::generate(server.now()), "kind": "return",
                "text": "Which drugs are taken, and since when?",
            }),
        )
    };
    let request = SyncRequest {
        push: vec![item(&question)],
        ..noor.request()
    };
    let answer = noor.sends(&request).await;
    answer.refused(401, "actor_revoked");
    assert!(!answer.json::<PurgesOwed>().purge.is_empty());
}

#[tokio::test]
async fn a_suspended_experts_phone_deletes_and_begins_anew_when_the_expert_is_back() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    let held: BTreeSet<StreamId> = noor.heads.keys().copied().collect();
    let whom = noor.user.grant.user_id;
    // Also within the minute in which other syncs of the phone are not noted.
    for seconds in [60, 60, 5, 5] {
        server.seconds_later(seconds);
        rima.does(
            "suspend_user",
            json!({ "user_id": whom, "reason": "under inquiry" }),
        )
        .await;
        let orders = owed(&noor, Vec::new()).await;
        assert_eq!(streams(&orders), held);
        server.seconds_later(seconds);
        assert_eq!(owed(&noor, ids(&orders)).await, []);
        rima.does("reactivate_user", json!({ "user_id": whom })).await;
        server.seconds_later(seconds);

        let phone = noor.user.phone.take().unwrap();
        noor = Replica::of(User::on_phone(&server, "noor", phone).await);
        noor.catches_up().await;
        assert_eq!(noor.heads.keys().copied().collect::<BTreeSet<_>>(), held);
        assert!(noor.heard.iter().all(|page| page.purge.is_empty()));
    }
}
