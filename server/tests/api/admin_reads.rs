//! What admins act on: `GET /v1/cases?status=…`, `?overdue=true`, and `/v1/cases/{id}/record`.

use mso_core::ids::{AssignmentId, IssueId};
use mso_server::jobs;
use serde_json::{Value, json};

use crate::harness::{Case, Server, User};

/// Sends an expert's command under the assignment.
async fn under(expert: &User<'_>, token: AssignmentId, kind: &str, payload: Value) -> Value {
    let mut envelope = expert.envelope(kind, payload);
    envelope.assignment_id = Some(token);
    expert.commands(&envelope).await.json()
}

async fn listed(user: &User<'_>, query: &str) -> Vec<Value> {
    let answer: Value = user.get(&format!("/v1/cases{query}")).await.ok(200).json();
    let cases = answer["cases"].as_array().unwrap().iter();
    cases.map(|case| case["id"].clone()).collect()
}

async fn record(admin: &User<'_>, case: &Case) -> Value {
    let path = format!("/v1/cases/{}/record", case.id);
    admin.get(&path).await.ok(200).json()
}

#[tokio::test]
async fn the_queue_is_listed_by_status_and_by_what_is_overdue() {
    let server = Server::start().await;
    let (amal, noor) = (
        User::in_session(&server, "amal").await,
        User::in_session(&server, "noor").await,
    );
    let rima = server.admin().await;
    let [waiting, given, rejected, closed] = [
        amal.submits(Vec::new()).await,
        amal.submits(Vec::new()).await,
        amal.submits(Vec::new()).await,
        amal.submits(Vec::new()).await,
    ];
    rima.assigns(&given, "noor").await;
    let token = rima.assigns(&rejected, "noor").await;
    let reject = json!({ "case_id": rejected.id, "reason": "no_capacity" });
    under(&noor, token, "reject_case", reject).await;
    amal.does(
        "withdraw_case",
        json!({ "case_id": closed.id, "reason": "seen elsewhere" }),
    )
    .await;

    let id = |case: &Case| json!(case.id);
    assert_eq!(listed(&rima, "?status=New").await, [id(&waiting)]);
    assert_eq!(listed(&rima, "?status=Assigned").await, [id(&given)]);
    assert_eq!(listed(&rima, "?status=Rejected").await, [id(&rejected)]);
    assert_eq!(listed(&amal, "?status=New").await, [id(&waiting)]);
    assert_eq!(listed(&noor, "?status=Assigned").await, [id(&given)]);
    assert_eq!(listed(&noor, "?status=New").await, Vec::<Value>::new());
    assert_eq!(
        listed(&User::in_session(&server, "basma").await, "?status=New").await,
        Vec::<Value>::new()
    );

    assert_eq!(listed(&rima, "?overdue=true").await, Vec::<Value>::new());
    server.later(25 * 60);
    jobs::round(&server.state).await.unwrap();
    let rima = server.admin().await;
    let amal = User::in_session(&server, "amal").await;
    assert_eq!(listed(&rima, "?overdue=true").await, [id(&given)]);
    assert_eq!(listed(&amal, "?overdue=true").await, [id(&given)]);

    for wrong in ["?status=Lost", "?overdue=perhaps", "?status=New&overdue=true"] {
        let answer = rima.get(&format!("/v1/cases{wrong}")).await;
        answer.refused(400, "bad_request");
    }
}

#[tokio::test]
async fn the_record_of_a_case_has_every_attempt_issue_and_kept_text_and_its_reading_is_audited() {
    let server = Server::start().await;
    let (amal, noor, omar) = (
        User::in_session(&server, "amal").await,
        User::in_session(&server, "noor").await,
        User::in_session(&server, "omar").await,
    );
    let rima = server.admin().await;
    let case = amal.submits(Vec::new()).await;
    let first = rima.assigns(&case, "noor").await;
    let reject = json!({ "case_id": case.id, "reason": "other", "text": "I treated her brother" });
    under(&noor, first, "reject_case", reject).await;
    let second = AssignmentId::generate(server.now());
    let again = json!({
        "case_id": case.id, "assignment_id": second, "provider_id": server.provider_id("noor").await,
        "overrides": [{ "rule": "rejected_before", "reason": "she asked for it" }],
    });
    rima.does("assign_case", again).await;
    let issue = IssueId::generate(server.now());
    let report = json!({
        "case_id": case.id, "issue_id": issue, "kind": "return", "text": "The list of drugs is missing.",
    });
    under(&noor, second, "report_issue", report).await;
    let answer = json!({ "case_id": case.id, "issue_id": issue, "text": "She takes none." });
    amal.does("answer_issue", answer).await;
    let delete = json!({ "case_id": case.id, "issue_id": issue });
    under(&noor, second, "delete_issue", delete).await;
    let cancel = json!({ "case_id": case.id, "reason": "The consent was taken back." });
    rima.does("cancel_case", cancel).await;

    let read = record(&rima, &case).await;
    assert_eq!(read["case"]["closure"], "cancelled");
    assert_eq!(read["case"]["closure_reason"], "The consent was taken back.");
    let [rejected, cancelled] = read["assignments"].as_array().unwrap().as_slice() else {
        panic!("two attempts: {read}");
    };
    assert_eq!(rejected["id"], json!(first));
    assert_eq!(rejected["end_reason"], "rejected");
    assert_eq!(rejected["end_text"], "I treated her brother");
    assert_eq!(cancelled["overrides"][0]["reason"], "she asked for it");
    assert_eq!(cancelled["end_reason"], "cancelled");
    assert_eq!(cancelled["display_name"], rejected["display_name"]);
    // Admins read a removed issue whole, and who removed it.
    let issue = &read["issues"][0];
    assert_eq!(issue["text"], "The list of drugs is missing.");
    assert_eq!(issue["state"], "deleted");
    assert_eq!(issue["by"], json!(noor.grant.user_id), "{issue}");

    let path = format!("/v1/cases/{}/record", case.id);
    amal.get(&path).await.refused(403, "forbidden");
    for stranger in [&noor, &omar] {
        stranger.get(&path).await.refused(404, "not_found");
    }
    // The requester reads why, and nothing of who was asked.
    let own: Value = amal.get(&format!("/v1/cases/{}", case.id)).await.ok(200).json();
    assert_eq!(own["closure_reason"], "The consent was taken back.");
    assert!(!own.to_string().contains("brother"), "{own}");

    let mut tx = server.database().await;
    let audited: Vec<(uuid::Uuid, String)> = sqlx::query_as(
        "select user_id, outcome from audit_entry where stream = $1 and action = 'read_case_record'",
    )
    .bind(case.id.as_uuid())
    .fetch_all(tx.conn())
    .await
    .unwrap();
    assert_eq!(audited, [(rima.grant.user_id.as_uuid(), "applied".to_owned())]);
}

#[tokio::test]
async fn an_opinion_that_came_too_late_is_read_by_admins_until_one_discards_it() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let noor = User::in_session(&server, "noor").await;
    let rima = server.admin().await;
    let case = amal.submits(Vec::new()).await;
    let token = rima.assigns(&case, "noor").await;
    rima.reassigns(&case, "omar").await;
    let opinion = json!({
        "case_id": case.id,
        "recommendation_id": mso_core::ids::RecommendationId::generate(server.now()),
        "content": mso_core::testing::Fixture::new().opinion(),
    });
    let refused = under(&noor, token, "submit_recommendation", opinion.clone()).await;
    assert_eq!(refused["code"], "assignment_superseded");

    let kept = record(&rima, &case).await["quarantine"][0].clone();
    assert_eq!(kept["author"], json!(noor.grant.user_id));
    assert_eq!(kept["assignment_id"], json!(token));
    assert_eq!(kept["refusal"], "assignment_superseded");
    assert_eq!(kept["command"]["payload"]["content"], opinion["content"]);
    let discard = json!({ "case_id": case.id, "quarantine_id": kept["id"] });
    rima.does("discard_quarantine", discard).await;
    let kept = &record(&rima, &case).await["quarantine"][0];
    assert!(kept["discarded_at"].is_string(), "{kept}");
}
