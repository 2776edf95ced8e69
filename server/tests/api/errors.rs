//! A request that cannot be served gets an error code and an id to quote, and changes nothing.

use std::collections::BTreeMap;

use mso_core::refusal::Refusal;
use mso_server::http::error::status;
use serde_json::json;

use crate::harness::{Server, User};

#[tokio::test]
async fn an_address_that_does_not_exist_is_a_problem_too() {
    let server = Server::start().await;
    for path in ["/", "/v1", "/v1/nothing", "/v1/sessions/", "/v1/uploads/a/b"] {
        let problem = server.call("GET", path).send().await.refused(404, "not_found");
        assert_eq!(problem.title, "Not found");
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_know_is_refused() {
    let server = Server::start().await;
    for (method, path) in [
        ("PUT", "/v1/sessions"),
        ("GET", "/v1/commands"),
        ("POST", "/livez"),
    ] {
        let answer = server.call(method, path).send().await;
        answer.refused(405, "method_not_allowed");
        assert!(answer.header("allow").is_some(), "{method} {path}");
    }
    let upload = server
        .call("GET", "/v1/uploads")
        .header("tus-resumable", "1.0.0")
        .send()
        .await;
    upload.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_request_gets_an_id_of_its_own_whatever_it_brings() {
    let server = Server::start().await;
    let first = server
        .call("GET", "/livez")
        .header("x-request-id", "mine")
        .send()
        .await
        .ok(200);
    let second = server
        .call("GET", "/livez")
        .header("x-request-id", "mine")
        .send()
        .await
        .ok(200);
    let ids = [
        first.header("x-request-id").unwrap(),
        second.header("x-request-id").unwrap(),
    ];
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_before_anything_happens() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let before = (
        server.count("command_log").await,
        server.count("audit_entry").await,
        server.count("feed").await,
    );
    let deep = "[".repeat(100_000);
    let created = json!({ "type": "create_patient", "payload": {} }).to_string();
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        &deep,
        "\u{0}",
        r#"{"type":7}"#,
        &created,
        "\"\\ud800\"",
    ] {
        let call = amal
            .unsigned("POST", "/v1/commands")
            .header("content-type", "application/json")
            .body(body);
        call.send().await.refused(400, "bad_request");
        let call = server
            .call("POST", "/v1/sessions")
            .header("content-type", "application/json")
            .body(body);
        call.send().await.refused(400, "bad_request");
    }
    let call = amal
        .unsigned("POST", "/v1/commands")
        .header("content-type", "application/json");
    call.body([0xff, 0xfe]).send().await.refused(400, "bad_request");
    let after = (
        server.count("command_log").await,
        server.count("audit_entry").await,
        server.count("feed").await,
    );
    assert_eq!(before, after);
    assert_eq!(server.count("patient").await, 0);
}

#[tokio::test]
async fn a_command_of_a_newer_kind_asks_for_an_upgrade() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let body = json!({ "command_id": "01941f29-7c00-7000-8000-000000000000", "type": "teleport_case", "payload": {},
        "issued_at": server.now() });
    amal.post("/v1/commands", &body)
        .await
        .refused(426, "upgrade_required");
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    for media_type in ["text/plain", "application/cbor", "application/jsonp"] {
        let call = amal
            .unsigned("POST", "/v1/commands")
            .header("content-type", media_type)
            .body("{}");
        call.send().await.refused(415, "unsupported_media_type");
    }
    amal.unsigned("POST", "/v1/commands")
        .body("{}")
        .send()
        .await
        .refused(415, "unsupported_media_type");
    let call = amal
        .unsigned("POST", "/v1/commands")
        .header("content-type", "Application/JSON; charset=utf-8");
    call.body("{}").send().await.refused(400, "bad_request");
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let most = 1024 * 1024;
    for path in ["/v1/commands", "/v1/sessions"] {
        let call = amal
            .unsigned("POST", path)
            .header("content-type", "application/json");
        call.clone()
            .body(vec![b' '; most])
            .send()
            .await
            .refused(400, "bad_request");
        call.body(vec![b' '; most + 1])
            .send()
            .await
            .refused(413, "payload_too_large");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let call = amal
        .unsigned("POST", "/v1/commands")
        .json(&json!({ "type": "create_patient" }))
        .announced(10_000);
    drop(call.open().await);
    assert_eq!(server.count("patient").await, 0);
}

#[tokio::test]
async fn a_refusal_of_the_domain_is_a_problem_with_its_code() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let patient = amal.adds_patient().await;
    let again = json!({ "patient_id": patient, "name": { "family": "Haddad" }, "birth_date": "1958", "sex": "female" });
    let envelope = amal.envelope("create_patient", again);
    let problem = amal.commands(&envelope).await.refused(409, "patient_exists");
    assert_eq!(problem.detail, Some(format!("existing: {patient}")));
    // The same command again gets the same answer.
    amal.commands(&envelope).await.refused(409, "patient_exists");

    let other = amal.envelope(
        "verify_patient",
        json!({ "patient_id": mso_core::ids::PatientId::generate(server.now()), "method": "registry" }),
    );
    amal.commands(&other).await.refused(404, "not_found");
    let case = mso_core::ids::CaseId::generate(server.now());
    let forbidden = amal.envelope("accept_case", json!({ "case_id": case }));
    let status = amal.commands(&forbidden).await.status;
    assert!([403, 404].contains(&status), "{status}");
}

#[tokio::test]
async fn an_id_that_is_reserved_or_not_of_version_7_is_refused() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let patient = amal.adds_patient().await;
    for id in [
        "00000000-0000-8000-8000-000000000001",
        "00000000-0000-0000-0000-000000000000",
        "6f1b5c1e-4c1a-4a57-9d0e-2b7d0d3f9a11",
    ] {
        let person =
            json!({ "patient_id": id, "name": { "family": "New" }, "birth_date": "1958", "sex": "female" });
        let case = json!({ "case_id": id, "patient_id": patient, "request": amal.request() });
        for (kind, payload) in [("create_patient", person), ("submit_case", case)] {
            let envelope = amal.envelope(kind, payload);
            amal.commands(&envelope).await.refused(400, "bad_request");
        }
    }
    assert_eq!(
        (server.count("patient").await, server.count("mso_case").await),
        (1, 0)
    );
}

#[tokio::test]
async fn a_command_sent_twice_is_answered_as_replayed_and_done_once() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let id = mso_core::ids::PatientId::generate(server.now());
    let payload =
        json!({ "patient_id": id, "name": { "family": "Haddad" }, "birth_date": "1958", "sex": "female" });
    let envelope = amal.envelope("create_patient", payload);
    let first: serde_json::Value = amal.commands(&envelope).await.ok(200).json();
    let second: serde_json::Value = amal.commands(&envelope).await.ok(200).json();
    assert_eq!(first, json!({ "outcome": "applied" }));
    assert_eq!(
        second,
        json!({ "outcome": "replayed", "of": { "outcome": "applied" } })
    );
    assert_eq!(server.count("patient").await, 1);
}

#[tokio::test]
async fn the_server_says_that_it_lives_and_is_ready() {
    let server = Server::start().await;
    server.call("GET", "/livez").send().await.ok(200);
    let ready: serde_json::Value = server.call("GET", "/readyz").send().await.ok(200).json();
    assert_eq!(
        ready,
        json!({ "ready": true, "database": true, "objects": true, "watermark_age_s": 0 })
    );
    server.state.database.close().await;
    server.call("GET", "/livez").send().await.ok(200);
    let ready = server.call("GET", "/readyz").send().await.ok(503);
    assert_eq!(
        ready.json::<serde_json::Value>(),
        json!({ "ready": false, "database": false, "objects": true, "watermark_age_s": null })
    );
}

#[tokio::test]
async fn without_the_database_a_request_is_told_to_come_again() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    server.state.database.close().await;
    let answer = amal
        .get("/v1/documents/01941f29-7c00-7000-8000-000000000000/content")
        .await;
    answer.refused(503, "unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[test]
fn the_reference_of_refusals_has_every_code_once_with_its_status() {
    let mut told = BTreeMap::new();
    for line in include_str!("../../../docs/refusals.md").lines() {
        let Some((code, rest)) = line.strip_prefix("| `").and_then(|row| row.split_once("` | ")) else {
            continue;
        };
        let status = rest.split(' ').next().unwrap().parse::<u16>().unwrap();
        assert_eq!(told.insert(code, status), None, "twice: {code}");
    }
    for (code, told) in &told {
        let answered = status(code).map(|status| status.as_u16());
        assert_eq!(answered, Some(*told), "{code}");
    }
    for code in Refusal::CODES {
        assert!(told.contains_key(code), "not told: {code}");
    }
}
