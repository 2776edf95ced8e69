//! `GET /v1/patients`, `POST /v1/patients/search`, `GET /v1/patients/{id}`.

use mso_core::ids::PatientId;
use mso_core::testing::Fixture;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, User};

async fn adds(user: &User<'_>, family: &str, given: &str, number: &str) -> PatientId {
    let patient_id = PatientId::generate(user.server.now());
    let payload = json!({
        "patient_id": patient_id, "name": { "family": family, "given": given }, "birth_date": "1958", "sex": "female",
        "identifiers": [{ "kind": "mrn", "issuer": "DH", "value": number }],
    });
    user.does("create_patient", payload).await;
    patient_id
}

fn ids(answer: Answer) -> Vec<String> {
    let answer: Value = answer.ok(200).json();
    let patients = answer["patients"].as_array().unwrap().iter();
    patients
        .map(|patient| patient["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn found(user: &User<'_>, query: &str) -> Vec<String> {
    ids(user.post("/v1/patients/search", &json!({ "query": query })).await)
}

fn named(patients: &[PatientId]) -> Vec<String> {
    patients.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn patients_are_found_by_beginnings_of_names_in_any_script_or_by_a_whole_number() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let haddad = adds(&amal, "Ḥaddād", "Amal", "H-1").await;
    let arabic = adds(&amal, "حداد", "أمـل", "H-2").await;
    let korean = adds(&amal, "김", "희중", "H-3").await;
    let greek = adds(&amal, "Παπαδόπουλος", "Διονύσιος", "H-4").await;
    let percent = adds(&amal, "50% Club", "A\\B", "H-5").await;
    for (query, expected) in [
        ("haddad", vec![haddad]),
        ("am hadd", vec![haddad]),
        ("HADD AMAL", vec![haddad]),
        ("addad", vec![]),
        ("امل", vec![arabic]),
        ("희중", vec![korean]),
        ("ΠΑΠΑΔ", vec![greek]),
        ("h-3", vec![korean]),
        ("h-", vec![haddad]),
        ("h-33", vec![]),
        ("%", vec![]),
        ("_", vec![]),
        ("50%", vec![percent]),
        ("haddad h-1", vec![]),
    ] {
        assert_eq!(found(&amal, query).await, named(&expected), "{query}");
    }
    for query in ["", "  "] {
        let body = json!({ "query": query });
        amal.post("/v1/patients/search", &body)
            .await
            .refused(400, "bad_request");
    }
}

#[tokio::test]
async fn each_institution_lists_its_own_by_name_and_an_admin_all_or_those_of_one() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let basma = User::in_session(&server, "basma").await;
    let rima = server.admin().await;
    let (c, a) = (
        adds(&amal, "Carim", "Z", "1").await,
        adds(&amal, "Aziz", "Z", "2").await,
    );
    let b = adds(&basma, "Badr", "Z", "1").await;
    assert_eq!(ids(amal.get("/v1/patients").await), named(&[a, c]));
    assert_eq!(ids(basma.get("/v1/patients").await), named(&[b]));
    assert_eq!(ids(rima.get("/v1/patients").await), named(&[a, b, c]));
    assert_eq!(found(&basma, "aziz").await, Vec::<String>::new());
    assert_eq!(found(&rima, "z").await, named(&[a, b, c]));

    let read: Value = rima.get(&format!("/v1/patients/{b}")).await.ok(200).json();
    let institution = read["institution_id"].as_str().unwrap();
    let path = format!("/v1/patients?institution_id={institution}");
    assert_eq!(ids(rima.get(&path).await), named(&[b]));
    // Whatever a requester asks for, they get their own institution.
    assert_eq!(ids(amal.get(&path).await), named(&[a, c]));
    let body = json!({ "query": "1", "institution_id": institution });
    assert_eq!(ids(rima.post("/v1/patients/search", &body).await), named(&[b]));

    let page: Value = rima.get("/v1/patients?limit=2").await.ok(200).json();
    assert_eq!(page["patients"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    assert_eq!(next, b.to_string(), "a place is an id and no name");
    let rest: Value = rima
        .get(&format!("/v1/patients?limit=2&cursor={next}"))
        .await
        .ok(200)
        .json();
    assert_eq!(rest["patients"][0]["id"], c.to_string());
    assert!(rest.get("next").is_none());
    // A patient outside the caller's scope as the cursor yields an empty page.
    assert!(ids(amal.get(&format!("/v1/patients?cursor={b}")).await).is_empty());
    rima.get("/v1/patients?cursor=nonsense")
        .await
        .refused(400, "bad_request");
}

#[tokio::test]
async fn a_patient_is_read_whole_in_the_own_institution_and_by_admins_and_by_nobody_else() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let world = Fixture {
        now: server.now(),
        ..Fixture::new()
    };
    let create = world.create_patient_like(&world.patient_with_everything());
    amal.does("create_patient", serde_json::to_value(&create).unwrap())
        .await;
    let path = format!("/v1/patients/{}", create.patient_id);
    let mut expected = serde_json::to_value(&create).unwrap();
    let expected = expected.as_object_mut().unwrap();
    expected.remove("patient_id");
    let rima = server.admin().await;
    for reader in [&amal, &rima] {
        let read: Value = reader.get(&path).await.ok(200).json();
        for (field, value) in expected.iter() {
            assert_eq!(&read[field], value, "{field}");
        }
    }
    for outsider in ["basma", "noor", "omar"] {
        let outsider = User::in_session(&server, outsider).await;
        outsider.get(&path).await.refused(404, "not_found");
    }
    amal.get("/v1/patients/no-id").await.refused(404, "not_found");
    server
        .call("GET", &path)
        .send()
        .await
        .refused(401, "sign_in_needed");
}

#[tokio::test]
async fn a_merged_record_is_found_as_its_survivor_and_read_as_it_is() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let survivor = adds(&amal, "Haddad", "Amal", "1").await;
    let duplicate = adds(&amal, "Hadad", "Amal", "2").await;
    let rima = server.admin().await;
    let merge = json!({ "patient_id": duplicate, "survivor_id": survivor, "reason": "Registered twice." });
    rima.does("merge_patients", merge).await;
    for query in ["haddad", "hadad", "1", "2", "amal"] {
        assert_eq!(found(&amal, query).await, named(&[survivor]), "{query}");
    }
    assert_eq!(ids(amal.get("/v1/patients").await), named(&[survivor]));
    let read: Value = amal
        .get(&format!("/v1/patients/{duplicate}"))
        .await
        .ok(200)
        .json();
    assert_eq!(read["duplicate_of"], survivor.to_string());
}

#[tokio::test]
async fn a_refused_edit_names_the_fields_and_not_what_they_say() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let id = adds(&amal, "Haddad", "Amal", "1").await;
    let edit = |number: &str| json!({ "patient_id": id, "edits": [{ "field": "phone", "value": number, "seen": 0 }] });
    amal.does("edit_patient", edit("+4930123456")).await;
    let answer = amal
        .commands(&amal.envelope("edit_patient", edit("+4930999999")))
        .await;
    let problem = answer.refused(409, "field_conflict");
    assert_eq!(problem.detail.as_deref(), Some("fields: phone"));
}
