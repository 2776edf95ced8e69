//! Institutions: created, changed, deactivated and read.

use mso_core::ids::{InstitutionId, PatientId};
use serde_json::{Value, json};

use super::{institution, institution_id};
use crate::harness::{Server, User};

#[tokio::test]
async fn an_institution_is_made_changed_and_listed_by_admins() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let id = InstitutionId::generate(server.now());
    rima.does("create_institution", institution(id, "NC-1")).await;
    // Creating it twice creates one.
    rima.does("create_institution", institution(id, "NC-1")).await;

    let path = format!("/v1/institutions/{id}");
    let read: Value = rima.get(&path).await.ok(200).json();
    assert_eq!(
        (&read["names"]["ar"], &read["active"], &read["version"]),
        (&json!("عيادة جديدة"), &json!(true), &json!(1))
    );

    let mut edit = institution(id, "NC-1");
    edit["address"] = json!("3 New Street");
    edit["seen_version"] = json!(1);
    rima.does("edit_institution", edit.clone()).await;
    assert_eq!(rima.version(&path).await, 2);
    edit["address"] = json!("4 Old Street");
    rima.is_refused("edit_institution", edit, 409, "stale_state")
        .await;

    let (mut names, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let query = if cursor.is_empty() {
            String::new()
        } else {
            format!("&cursor={cursor}")
        };
        let page: Value = rima
            .get(&format!("/v1/institutions?limit=1{query}"))
            .await
            .ok(200)
            .json();
        names.push(
            page["institutions"][0]["names"]["en"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(names, ["New Clinic", "Other Clinic", "Tishreen Hospital"]);
    rima.get("/v1/institutions?cursor=nonsense")
        .await
        .refused(400, "bad_request");
}

#[tokio::test]
async fn a_registration_number_is_one_institutions_in_its_country() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let new = || InstitutionId::generate(server.now());
    rima.does("create_institution", institution(new(), "NC-1")).await;
    let twice = institution(new(), "NC-1");
    rima.is_refused("create_institution", twice, 409, "institution_exists")
        .await;
    let mut abroad = institution(new(), "NC-1");
    abroad["country"] = json!("JO");
    rima.does("create_institution", abroad).await;
    let mut unnamed = institution(new(), "NC-2");
    unnamed["language"] = json!("fr");
    rima.is_refused("create_institution", unnamed, 422, "name_missing")
        .await;
    let mut nowhere = json!({ "type": "create_institution", "payload": institution(new(), "NC-3") });
    for (field, wrong) in [
        ("country", "XX"),
        ("time_zone", "Europe/Atlantis"),
        ("currency", "EURO"),
        ("type", "bank"),
    ] {
        nowhere["payload"] = institution(new(), "NC-3");
        nowhere["payload"][field] = json!(wrong);
        nowhere["command_id"] = json!(mso_core::ids::CommandId::generate(server.now()));
        nowhere["issued_at"] = json!(server.now());
        rima.post("/v1/commands", &nowhere)
            .await
            .refused(400, "bad_request");
    }
}

#[tokio::test]
async fn people_of_an_inactive_institution_submit_nothing_and_their_open_cases_go_on() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await;
    let patient = amal.adds_patient().await;
    let rima = server.admin().await;
    let id = institution_id(&server, "amal").await;
    rima.does(
        "deactivate_institution",
        json!({ "institution_id": id, "reason": "the canary of reasons" }),
    )
    .await;

    let submit = |patient: PatientId| {
        json!({ "case_id": mso_core::ids::CaseId::generate(server.now()), "patient_id": patient,
                "request": amal.request(), "documents": [] })
    };
    amal.is_refused("submit_case", submit(patient), 409, "institution_inactive")
        .await;
    rima.assigns(&case, "noor").await;
    let own = amal.get(&format!("/v1/institutions/{id}")).await.ok(200);
    assert!(
        !String::from_utf8_lossy(&own.body).contains("canary"),
        "the reason is an admin's words"
    );
    assert_eq!(own.json::<Value>()["active"], false);

    rima.does("reactivate_institution", json!({ "institution_id": id }))
        .await;
    amal.does("submit_case", submit(patient)).await;
}

#[tokio::test]
async fn an_institutions_own_deadlines_hold_for_its_cases() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let rima = server.admin().await;
    let id = institution_id(&server, "amal").await;
    let path = format!("/v1/institutions/{id}");
    let read: Value = rima.get(&path).await.ok(200).json();
    let mut edit = read.clone();
    edit["institution_id"] = json!(id);
    edit["seen_version"] = read["version"].clone();
    let spans = |hours: u16| {
        let span = json!({ "hours": hours });
        json!({ "accept": span, "start": span, "finish": span, "answer": span })
    };
    edit["deadlines"] =
        json!({ "routine": spans(3), "urgent": spans(1), "read": { "hours": 24 }, "window_days": 0 });
    rima.is_refused("edit_institution", edit.clone(), 422, "deadlines_invalid")
        .await;
    edit["deadlines"]["window_days"] = json!(10);
    rima.does("edit_institution", edit).await;

    let case = amal.submits(Vec::new()).await;
    rima.assigns(&case, "noor").await;
    let read: Value = rima.get(&format!("/v1/cases/{}", case.id)).await.ok(200).json();
    let due = read["due"]["accept_by"]
        .as_str()
        .unwrap()
        .parse::<mso_core::time::Timestamp>();
    assert_eq!(due.unwrap(), server.now().plus_hours(3));
}

#[tokio::test]
async fn requesters_read_the_own_institution_and_nobody_elses() {
    let server = Server::start().await;
    let (first, second) = (
        institution_id(&server, "amal").await,
        institution_id(&server, "basma").await,
    );
    let amal = User::in_session(&server, "amal").await;
    let own: Value = amal
        .get(&format!("/v1/institutions/{first}"))
        .await
        .ok(200)
        .json();
    assert_eq!(own["name"], "Tishreen Hospital");
    assert_eq!(own["deadlines"]["window_days"], 30);
    amal.get(&format!("/v1/institutions/{second}"))
        .await
        .refused(404, "not_found");
    amal.get("/v1/institutions").await.refused(404, "not_found");
    let noor = User::in_session(&server, "noor").await;
    noor.get(&format!("/v1/institutions/{first}"))
        .await
        .refused(404, "not_found");
}
