//! Bodies compressed with zstd, in both directions.

use mso_core::ids::PatientId;
use mso_core::protocol::compression::{self, ZSTD};
use mso_core::protocol::sync::Outcome;
use serde_json::json;

use super::*;
use crate::harness::{Call, Server};

const MAX_BODY: usize = 1024 * 1024;

fn call(phone: &Replica<'_>, coding: &str, body: Vec<u8>) -> Call {
    phone
        .user
        .unsigned("POST", "/v1/sync")
        .header("content-type", cbor::MEDIA_TYPE)
        .header("content-encoding", coding)
        .body(body)
}

#[tokio::test]
async fn a_phone_sends_and_receives_compressed_bodies() {
    let server = Server::start().await;
    let phone = Replica::of(server.requester("amal").await);
    let patients = (0..12).map(|n| {
        let payload = json!({
            "patient_id": PatientId::generate(server.now()), "name": { "family": format!("Haddad {n}") },
            "birth_date": "1958", "sex": "female",
            "identifiers": [{ "kind": "passport", "issuer": "SY", "value": format!("N {n}") }],
        });
        item(&phone.user.envelope("create_patient", payload))
    });
    let request = SyncRequest {
        push: patients.collect(),
        ..phone.request()
    };
    let body = cbor::encode(&request).unwrap();
    let compressed = compression::compress(&body).unwrap();
    assert!(compressed.len() * 2 < body.len());

    let call = call(&phone, ZSTD, compressed).header("accept-encoding", "gzip, zstd");
    let answer = phone.user.send(call).await.ok(200);
    assert_eq!(answer.header("content-encoding"), Some(ZSTD));
    assert_eq!(answer.header("content-type"), Some(cbor::MEDIA_TYPE));
    let content = compression::decompress(&answer.body, MAX_BODY).unwrap();
    let response: SyncResponse = cbor::decode(&content).unwrap();
    assert_eq!(response.results.len(), 12);
    assert!(
        response
            .results
            .iter()
            .all(|result| result.outcome == Outcome::Applied)
    );

    // Who does not ask for it receives the content as it is.
    let plain = phone.sends(&phone.request()).await.ok(200);
    assert_eq!(plain.header("content-encoding"), None);
    let plain: SyncResponse = cbor::decode(&plain.body).unwrap();
    assert!(plain.records.len() >= 12);
}

#[tokio::test]
async fn what_is_not_the_announced_coding_or_too_long_is_refused() {
    let server = Server::start().await;
    let phone = Replica::of(server.requester("amal").await);
    let bomb = compression::compress(&vec![0; 64 * MAX_BODY]).unwrap();
    assert!(bomb.len() < MAX_BODY / 16);
    let body = cbor::encode(&phone.request()).unwrap();
    for (coding, body, status, code) in [
        (ZSTD, bomb, 413, "payload_too_large"),
        (ZSTD, body.clone(), 400, "bad_request"),
        ("gzip", body.clone(), 415, "unsupported_media_type"),
        ("zstd, zstd", body, 415, "unsupported_media_type"),
    ] {
        phone
            .user
            .send(call(&phone, coding, body))
            .await
            .refused(status, code);
    }
}
