//! What an expert receives of a patient: the current name, birth date, sex and language, and nothing else.

use mso_core::ids::PatientId;
use mso_core::protocol::records::{CaseRecord, Record};
use mso_core::testing::Fixture;
use serde_json::{Value, json};

use crate::harness::Server;
use crate::sync::Replica;

/// The values of the fields that no expert may see.
const PRIVATE: [&str; 12] = [
    "T22000129",
    "2031-08-01",
    "passport is in renewal",
    "+49301234567",
    "amal.haddad@example.org",
    "Heidestraße",
    "Köln",
    "Karim",
    "+49307654321",
    "guardian",
    "verification",
    "nationality",
];

fn cases(phone: &Replica<'_>) -> Vec<CaseRecord> {
    let decode = |record: &mso_core::protocol::sync::WireRecord| {
        let kind = mso_core::protocol::records::RecordKind::from_name(&record.key.kind)?;
        let Record::Case(case) = Record::decode(kind, &record.body)? else {
            return None;
        };
        Some(case)
    };
    phone.records.values().filter_map(decode).collect()
}

#[tokio::test]
async fn an_expert_is_sent_the_clinical_part_and_every_change_of_it() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let mut noor = Replica::of(server.provider("noor").await);
    let rima = server.admin().await;
    let world = Fixture {
        now: server.now(),
        ..Fixture::new()
    };
    let whole = world.patient_with_everything();
    let create = world.create_patient_like(&whole);
    let patient: PatientId = create.patient_id;
    amal.does("create_patient", serde_json::to_value(&create).unwrap())
        .await;
    amal.does(
        "verify_patient",
        json!({ "patient_id": patient, "method": "registry" }),
    )
    .await;
    let case = amal.submits_for(patient, Vec::new()).await;
    rima.assigns(&case, "noor").await;
    noor.catches_up().await;

    let [record] = &cases(&noor)[..] else {
        panic!("one case")
    };
    assert_eq!(record.patient.as_ref(), Some(&whole.clinical()));
    let seen: Value = noor
        .user
        .get(&format!("/v1/cases/{}", case.id))
        .await
        .ok(200)
        .json();
    let fields: Vec<_> = seen["patient"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["birth_date", "name", "preferred_language", "sex"]);

    let edit = |field: &str, value: Value, seen: u64| json!({ "patient_id": patient, "edits": [{ "field": field, "value": value, "seen": seen }] });
    server.later(1);
    amal.does("edit_patient", edit("phone", json!("+4930999999"), 0))
        .await;
    let name = json!({ "family": "Khoury", "given": "Amal" });
    server.later(1);
    amal.does("edit_patient", edit("name", name, 0)).await;
    noor.catches_up().await;
    let [record] = &cases(&noor)[..] else {
        panic!("one case")
    };
    assert_eq!(record.patient.as_ref().unwrap().name.display(), "Amal Khoury");

    let said = noor.heard.iter().flat_map(|page| &page.records);
    for record in said {
        let bytes = String::from_utf8_lossy(&record.body);
        for private in PRIVATE.iter().chain(&["+4930999999"]) {
            assert!(!bytes.contains(private), "{private} in a {}", record.key.kind);
        }
    }
    for path in [format!("/v1/patients/{patient}"), "/v1/patients".to_owned()] {
        noor.user.get(&path).await.refused(404, "not_found");
    }
    noor.user
        .post("/v1/patients/search", &json!({ "query": "haddad" }))
        .await
        .refused(404, "not_found");
}
