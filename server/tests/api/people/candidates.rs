//! `GET /v1/cases/{id}/candidates`: the order of experts, and that the objections listed are those that the
//! command rule raises.

use mso_core::ids::{AssignmentId, CaseId, ProviderId};
use serde_json::{Value, json};

use super::{institution_id, profile};
use crate::harness::{Server, User};

async fn listed(user: &User<'_>, case: CaseId, query: &str) -> Value {
    user.get(&format!("/v1/cases/{case}/candidates{query}"))
        .await
        .ok(200)
        .json()
}

fn ids(page: &Value) -> Vec<String> {
    let candidates = page["candidates"].as_array().unwrap().iter();
    candidates
        .map(|candidate| candidate["provider_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn experts_come_in_the_order_in_which_to_ask_them_with_all_that_speaks_against_each() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let (noor, omar) = (server.provider_id("noor").await, server.provider_id("omar").await);
    let salma = ProviderId::generate(server.now());
    rima.does("create_provider", profile(salma)).await;
    let amal = User::in_session(&server, "amal").await;
    let first = amal.submits(Vec::new()).await;
    rima.assigns(&first, "omar").await;
    let case = amal.submits(Vec::new()).await;

    // Omar has a case of ten, Noor none; Salma has no user and no licence.
    let page = listed(&rima, case.id, "").await;
    assert_eq!(
        ids(&page),
        [noor.to_string(), omar.to_string(), salma.to_string()]
    );
    assert!(page.get("next").is_none());
    let [of_noor, of_omar, of_salma] = [0, 1, 2].map(|at| &page["candidates"][at]);
    assert_eq!(
        (
            of_noor["score"]["capacity"].as_u64(),
            of_omar["score"]["capacity"].as_u64()
        ),
        (Some(1000), Some(900))
    );
    assert_eq!(
        (&of_noor["warnings"], &of_noor["blockers"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        of_salma["blockers"],
        json!(["expert_inactive", "licence_invalid"])
    );

    // Noor goes on leave and belongs to the hospital: both are shown, and Omar comes first.
    let noor_user = User::in_session(&server, "noor").await;
    let away = json!({ "provider_id": noor, "availability": { "time_zone": "UTC", "accepting": true,
        "exceptions": [{ "from": "2026-11-20", "to": "2026-11-30", "kind": "leave" }] } });
    noor_user.does("set_availability", away).await;
    let mut edit: Value = rima.get(&format!("/v1/providers/{noor}")).await.ok(200).json();
    edit["provider_id"] = json!(noor);
    edit["seen_version"] = edit["version"].clone();
    edit["affiliations"] = json!([institution_id(&server, "amal").await]);
    rima.does("edit_provider", edit).await;
    let page = listed(&rima, case.id, "").await;
    assert_eq!(
        ids(&page),
        [omar.to_string(), noor.to_string(), salma.to_string()]
    );
    assert_eq!(
        page["candidates"][1]["warnings"],
        json!(["conflict_of_interest", "provider_on_leave"])
    );
    assert_eq!(
        page["candidates"][1]["next_available"],
        "2026-12-01T00:00:00.000Z"
    );

    // The objections in the list are those of the rule.
    for candidate in page["candidates"].as_array().unwrap() {
        let against = candidate["blockers"].as_array().unwrap().iter();
        let expected = against.chain(candidate["warnings"].as_array().unwrap()).next();
        let assign = json!({ "case_id": case.id, "assignment_id": AssignmentId::generate(server.now()),
                             "provider_id": candidate["provider_id"] });
        let answer: Value = rima.commands(&rima.envelope("assign_case", assign)).await.json();
        match expected {
            Some(code) => assert_eq!(&answer["code"], code),
            None => {
                assert_eq!(answer["outcome"], "applied");
                rima.does(
                    "unassign_case",
                    json!({ "case_id": case.id, "reason": "only trying" }),
                )
                .await;
            }
        }
    }
}

#[tokio::test]
async fn who_speaks_the_patients_language_comes_before_who_speaks_the_institutions() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let amal = User::in_session(&server, "amal").await;
    let patient = mso_core::ids::PatientId::generate(server.now());
    let create = json!({ "patient_id": patient, "name": { "family": "Haddad" }, "birth_date": "1958", "sex": "female",
        "identifiers": [{ "kind": "mrn", "issuer": "TH", "value": "1" }], "preferred_language": "ar" });
    amal.does("create_patient", create).await;
    amal.does(
        "verify_patient",
        json!({ "patient_id": patient, "method": "document_seen" }),
    )
    .await;
    let case = CaseId::generate(server.now());
    let submit =
        json!({ "case_id": case, "patient_id": patient, "request": amal.request(), "documents": [] });
    amal.does("submit_case", submit).await;
    let speaks = [("noor", json!(["en-GB"])), ("omar", json!(["ar-SY"]))];
    for (name, languages) in speaks {
        let id = server.provider_id(name).await;
        let mut edit: Value = rima.get(&format!("/v1/providers/{id}")).await.ok(200).json();
        edit["provider_id"] = json!(id);
        edit["seen_version"] = edit["version"].clone();
        edit["languages"] = languages;
        rima.does("edit_provider", edit).await;
    }
    let page = listed(&rima, case, "").await;
    let scores: Vec<_> = page["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| candidate["score"]["language"].as_u64().unwrap())
        .collect();
    assert_eq!(scores, [1000, 600]);
    assert_eq!(ids(&page)[0], server.provider_id("omar").await.to_string());
}

#[tokio::test]
async fn the_list_is_read_page_by_page_and_by_admins_only() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await.id;
    let whole = ids(&listed(&rima, case, "").await);
    let one = listed(&rima, case, "?limit=1").await;
    let next = one["next"].as_str().unwrap();
    let two = listed(&rima, case, &format!("?limit=1&cursor={next}")).await;
    assert_eq!([ids(&one), ids(&two)].concat(), whole);
    assert!(two.get("next").is_none());
    let path = format!("/v1/cases/{case}/candidates");
    rima.get(&format!("{path}?cursor=nonsense"))
        .await
        .refused(400, "bad_request");
    for name in ["amal", "noor"] {
        User::in_session(&server, name)
            .await
            .get(&path)
            .await
            .refused(404, "not_found");
    }
    let unknown = format!("/v1/cases/{}/candidates", CaseId::generate(server.now()));
    rima.get(&unknown).await.refused(404, "not_found");
}
