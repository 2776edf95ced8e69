//! Experts: profile, licences, availability, and what each means for an assignment.

use mso_core::ids::{AssignmentId, ProviderId, UserId};
use serde_json::{Value, json};

use super::{institution_id, profile, redeems, token};
use crate::harness::{Case, PASSWORD, Server, User};

fn assign(server: &Server, case: &Case, provider: ProviderId, overrides: Value) -> Value {
    json!({ "case_id": case.id, "assignment_id": AssignmentId::generate(server.now()), "provider_id": provider,
            "overrides": overrides })
}

#[tokio::test]
async fn a_new_expert_can_be_assigned_once_an_admin_has_checked_a_licence() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let id = ProviderId::generate(server.now());
    rima.does("create_provider", profile(id)).await;
    let invite = json!({ "user_id": UserId::generate(server.now()), "email": "salma@example.org",
                         "display_name": "Dr Salma Aziz", "position": { "role": "provider", "provider_id": id } });
    rima.does("invite_user", invite).await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await;
    rima.is_refused(
        "assign_case",
        assign(&server, &case, id, json!([])),
        409,
        "expert_inactive",
    )
    .await;

    redeems(&server, &token(&server, "salma").await, PASSWORD)
        .await
        .ok(204);
    rima.is_refused(
        "assign_case",
        assign(&server, &case, id, json!([])),
        409,
        "licence_invalid",
    )
    .await;
    let salma = User::in_session(&server, "salma").await;
    let mut licence = json!({ "provider_id": id, "number": "L-7", "authority": "Council", "country": "SY",
                              "valid": { "from": "2026-01-01", "to": "2026-11-23" } });
    salma.does("add_licence", licence.clone()).await;
    let own: Value = salma.get(&format!("/v1/providers/{id}")).await.ok(200).json();
    assert_eq!(own["licences"][0]["number"], "L-7");
    assert!(own["licences"][0].get("verified").is_none());
    rima.is_refused(
        "assign_case",
        assign(&server, &case, id, json!([])),
        409,
        "licence_invalid",
    )
    .await;
    let named = json!({ "provider_id": id, "number": "L-7", "authority": "Council" });
    salma
        .is_refused("verify_licence", named.clone(), 403, "forbidden")
        .await;
    rima.does("verify_licence", named.clone()).await;
    // Only an admin may replace what an admin has verified.
    licence["valid"]["to"] = json!("2030-12-31");
    salma
        .is_refused("add_licence", licence, 409, "licence_exists")
        .await;
    let own: Value = salma.get(&format!("/v1/providers/{id}")).await.ok(200).json();
    let check = own["licences"][0]["verified"].as_object().unwrap();
    assert!(check.contains_key("at") && !check.contains_key("by"));

    // The licence is valid while it is its last day somewhere on Earth, and not longer.
    rima.does("assign_case", assign(&server, &case, id, json!([])))
        .await;
    let later = amal.submits(Vec::new()).await;
    server.later(26 * 60);
    let rima = server.admin().await;
    rima.is_refused(
        "assign_case",
        assign(&server, &later, id, json!([])),
        409,
        "licence_invalid",
    )
    .await;
    let mut revoke = named;
    revoke["reason"] = json!("withdrawn by the council");
    rima.does("revoke_licence", revoke).await;
}

#[tokio::test]
async fn an_expert_on_leave_is_assigned_only_over_a_reason() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await;
    let noor = User::in_session(&server, "noor").await;
    let id = server.provider_id("noor").await;
    let availability = |exceptions: Value, accepting: bool| {
        json!({ "provider_id": id, "availability": {
            "time_zone": "America/Vancouver", "weekly": [{ "days": ["monday"], "from": "09:00", "to": "17:00" }],
            "exceptions": exceptions, "accepting": accepting } })
    };
    // In Vancouver it is 02:00 on the 23rd.
    let away = json!([{ "from": "2026-11-23", "to": "2026-11-24", "kind": "leave" }]);
    noor.does("set_availability", availability(away, true)).await;
    let rima = server.admin().await;
    let refused = |overrides: Value, code: &'static str, status: u16| {
        let command = assign(&server, &case, id, overrides);
        let rima = &rima;
        async move { rima.is_refused("assign_case", command, status, code).await }
    };
    refused(json!([]), "provider_on_leave", 409).await;
    refused(
        json!([{ "rule": "provider_full", "reason": "agreed" }]),
        "provider_on_leave",
        409,
    )
    .await;
    let silent = assign(&server, &case, id, json!([{ "rule": "provider_on_leave" }]));
    let answer: Value = rima.commands(&rima.envelope("assign_case", silent)).await.json();
    assert_eq!(answer["code"], "override_reason_required");

    // Outside the weekly window but not away: windows never prevent an assignment.
    let elsewhen = json!([{ "from": "2026-11-22", "to": "2026-11-22", "kind": "leave" }]);
    noor.does("set_availability", availability(elsewhen, false)).await;
    refused(json!([]), "provider_on_leave", 409).await;
    let reason = json!([{ "rule": "provider_on_leave", "reason": "agreed by phone" }]);
    rima.does("assign_case", assign(&server, &case, id, reason)).await;
    noor.does("set_availability", availability(json!([]), true)).await;
    let next = amal.submits(Vec::new()).await;
    rima.does("assign_case", assign(&server, &next, id, json!([])))
        .await;
}

#[tokio::test]
async fn an_expert_takes_no_more_cases_than_agreed_and_fewer_urgent_ones() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let id = server.provider_id("noor").await;
    let path = format!("/v1/providers/{id}");
    let mut edit: Value = rima.get(&path).await.ok(200).json();
    edit["provider_id"] = json!(id);
    edit["seen_version"] = edit["version"].clone();
    edit["capacity"] = json!({ "max_open": 2, "max_urgent": 0 });
    rima.does("edit_provider", edit.clone()).await;
    edit["capacity"] = json!({ "max_open": 3, "max_urgent": 0 });
    rima.is_refused("edit_provider", edit, 409, "stale_state").await;

    let amal = User::in_session(&server, "amal").await;
    let patient = amal.adds_patient().await;
    let mut request = amal.request();
    request["urgency"] = json!({ "level": "urgent", "reason": "getting worse by the hour" });
    let urgent = mso_core::ids::CaseId::generate(server.now());
    let submit = json!({ "case_id": urgent, "patient_id": patient, "request": request, "documents": [] });
    amal.does("submit_case", submit).await;
    let urgent = Case { id: urgent };
    rima.is_refused(
        "assign_case",
        assign(&server, &urgent, id, json!([])),
        409,
        "provider_full",
    )
    .await;
    for _ in 0..2 {
        let case = amal.submits(Vec::new()).await;
        rima.does("assign_case", assign(&server, &case, id, json!([])))
            .await;
    }
    let case = amal.submits(Vec::new()).await;
    rima.is_refused(
        "assign_case",
        assign(&server, &case, id, json!([])),
        409,
        "provider_full",
    )
    .await;
}

#[tokio::test]
async fn an_expert_of_the_asking_institution_is_in_conflict_until_that_ends() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let id = server.provider_id("noor").await;
    let path = format!("/v1/providers/{id}");
    let affiliated = |profile: &Value, with: Value| {
        let mut edit = profile.clone();
        edit["provider_id"] = json!(id);
        edit["seen_version"] = edit["version"].clone();
        edit["affiliations"] = with;
        edit
    };
    let profile: Value = rima.get(&path).await.ok(200).json();
    let nowhere = affiliated(&profile, json!([ProviderId::generate(server.now())]));
    rima.is_refused("edit_provider", nowhere, 404, "not_found").await;
    let own = json!([institution_id(&server, "amal").await]);
    rima.does("edit_provider", affiliated(&profile, own)).await;
    let case = User::in_session(&server, "amal").await.submits(Vec::new()).await;
    rima.is_refused(
        "assign_case",
        assign(&server, &case, id, json!([])),
        409,
        "conflict_of_interest",
    )
    .await;
    let profile: Value = rima.get(&path).await.ok(200).json();
    rima.does("edit_provider", affiliated(&profile, json!([]))).await;
    rima.does("assign_case", assign(&server, &case, id, json!([])))
        .await;
}

#[tokio::test]
async fn a_requester_reads_the_public_part_of_an_expert_who_has_accepted() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    let assignment = rima.assigns(&case, "noor").await;
    let path = format!("/v1/providers/{}", server.provider_id("noor").await);
    amal.get(&path).await.refused(404, "not_found");
    let noor = crate::sync::Replica::of(server.provider("noor").await);
    noor.acts(assignment, "accept_case", json!({ "case_id": case.id }))
        .await;
    let public: Value = amal.get(&path).await.ok(200).json();
    server.later(1);
    let question = json!({
        "case_id": case.id, "issue_id": mso_core::ids::IssueId::generate(server.now()),
        "kind": "return", "text": "Which drugs are taken, and since when?",
    });
    noor.acts(assignment, "report_issue", question).await;
    let returned: Value = amal.get(&path).await.ok(200).json();
    assert_eq!(returned, public, "a return does not hide who has accepted");
    let mut fields: Vec<_> = public.as_object().unwrap().keys().cloned().collect();
    fields.sort_unstable();
    assert_eq!(fields, ["display_name", "id", "languages", "specialties"]);
    assert_eq!(public["specialties"], json!(["cardiology"]));
    User::in_session(&server, "basma")
        .await
        .get(&path)
        .await
        .refused(404, "not_found");
    User::in_session(&server, "omar")
        .await
        .get(&path)
        .await
        .refused(404, "not_found");
}
