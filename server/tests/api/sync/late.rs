//! Commands that arrive from a revoked phone (R15).

use mso_core::command::CommandEnvelope;
use mso_core::ids::IssueId;
use mso_core::protocol::sync::SyncRequest;
use serde_json::json;

use super::{Replica, item};
use crate::harness::Server;

fn pushing(phone: &Replica<'_>, envelopes: &[CommandEnvelope]) -> SyncRequest {
    SyncRequest {
        push: envelopes.iter().map(item).collect(),
        ..phone.request()
    }
}

#[tokio::test]
async fn what_a_requester_wrote_about_a_patient_on_a_revoked_phone_is_kept_for_admins() {
    let server = Server::start().await;
    let phone = Replica::of(server.requester("amal").await);
    let case = phone.user.submits(Vec::new()).await;
    let other = server.requester("basma").await.submits(Vec::new()).await;
    let edit = |case_id| {
        let mut request = phone.user.request();
        request["question"] = json!("Is an operation needed before the summer, or can she wait?");
        let edit = json!({ "case_id": case_id, "request": request });
        phone.user.envelope("edit_case_details", edit)
    };
    let read = json!({ "case_id": case.id });
    let sent = [
        edit(case.id),
        edit(other.id),
        phone.user.envelope("mark_recommendation_read", read),
    ];
    let mut tx = server.database().await;
    sqlx::query("update device set state = 'revoked' where user_id = $1")
        .bind(phone.user.grant.user_id.as_uuid())
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for _again in 0..2 {
        let answer = phone.sends(&pushing(&phone, &sent)).await;
        answer.refused(401, "actor_revoked");
    }
    let rima = server.admin().await;
    let record: serde_json::Value = rima
        .get(&format!("/v1/cases/{}/record", case.id))
        .await
        .ok(200)
        .json();
    let kept = record["quarantine"].as_array().unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0]["refusal"], "actor_revoked");
    assert_eq!(kept[0]["command_id"], json!(sent[0].command_id));
    let mut tx = server.database().await;
    let all: i64 = sqlx::query_scalar("select count(*) from quarantine")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(
        all, 1,
        "neither another institution's case nor what says nothing of a patient"
    );
}

#[tokio::test]
async fn the_words_of_a_revoked_phone_are_kept_once_though_its_token_has_ended_and_nothing_is_done() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let foreign = amal.submits(Vec::new()).await;
    let assignment = server.admin().await.assigns(&case, "noor").await;
    let noor = Replica::of(server.provider("noor").await);
    let mut accept = noor.user.envelope("accept_case", json!({ "case_id": case.id }));
    let text = "Which drugs are taken, and since when?";
    let asks = |case_id| {
        let issue_id = IssueId::generate(server.now());
        json!({ "case_id": case_id, "issue_id": issue_id, "kind": "return", "text": text })
    };
    let mut question = noor.user.envelope("report_issue", asks(case.id));
    accept.assignment_id = Some(assignment);
    question.assignment_id = Some(assignment);
    let strangers = noor.user.envelope("report_issue", asks(foreign.id));
    let sent = [accept, question, strangers];

    let mut tx = server.database().await;
    let revoke = sqlx::query("update device set state = 'revoked' where user_id = $1");
    revoke
        .bind(noor.user.grant.user_id.as_uuid())
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    server.later(24 * 60);
    for _again in 0..2 {
        let answer = noor.sends(&pushing(&noor, &sent)).await;
        answer.refused(401, "actor_revoked");
    }
    let mut tx = server.database().await;
    let kept: Vec<(uuid::Uuid, String)> = sqlx::query_as("select case_id, refusal from quarantine")
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(kept, [(case.id.as_uuid(), "actor_revoked".to_owned())]);
    let names: Vec<String> = sqlx::query_scalar("select name from command_log where user_id = $1")
        .bind(noor.user.grant.user_id.as_uuid())
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(names, Vec::<String>::new(), "no answer is settled");
}
