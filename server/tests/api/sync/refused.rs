//! Requests that are not served, and cursors that are no longer valid.

use mso_core::protocol::cbor;
use mso_core::protocol::sync::{Cursor, ResetReason, SyncRequest, SyncResponse};
use serde_bytes::ByteBuf;

use super::Replica;
use crate::harness::{Phone, Server, User};

#[tokio::test]
async fn only_a_phone_syncs_and_only_for_itself() {
    let server = Server::start().await;
    let phone = Replica::of(server.requester("amal").await);
    let other = Phone::new(&server);
    let request = SyncRequest {
        device: other.id,
        ..phone.request()
    };
    phone.sends(&request).await.refused(403, "forbidden");

    let browser = User::in_session(&server, "amal").await;
    let body = cbor::encode(&phone.request()).unwrap();
    let call = browser
        .unsigned("POST", "/v1/sync")
        .header("content-type", cbor::MEDIA_TYPE)
        .body(body.clone());
    browser.send(call).await.refused(403, "forbidden");

    let call = server
        .call("POST", "/v1/sync")
        .header("content-type", cbor::MEDIA_TYPE)
        .body(body);
    call.send().await.refused(401, "sign_in_needed");
}

#[tokio::test]
async fn another_protocol_is_told_to_upgrade() {
    let server = Server::start().await;
    let phone = Replica::of(server.requester("amal").await);
    let request = SyncRequest {
        proto: 99,
        ..phone.request()
    };
    phone.sends(&request).await.refused(426, "upgrade_required");
}

#[tokio::test]
async fn malformed_requests_change_nothing() {
    let server = Server::start().await;
    let phone = Replica::of(server.requester("amal").await);
    for body in [
        b"".to_vec(),
        b"noise".to_vec(),
        vec![0x9f; 4_000],
        cbor::encode(&"text").unwrap(),
    ] {
        let call = phone
            .user
            .unsigned("POST", "/v1/sync")
            .header("content-type", cbor::MEDIA_TYPE)
            .body(body);
        phone.user.send(call).await.refused(400, "bad_request");
    }
    let call = phone
        .user
        .unsigned("POST", "/v1/sync")
        .header("content-type", "text/plain");
    phone
        .user
        .send(call.body(cbor::encode(&phone.request()).unwrap()))
        .await
        .refused(415, "unsupported_media_type");
    let item = super::item(&phone.user.envelope(
        "start_review",
        serde_json::json!({ "case_id": phone.user.grant.user_id }),
    ));
    let request = SyncRequest {
        push: vec![item; 101],
        ..phone.request()
    };
    phone.sends(&request).await.refused(400, "bad_request");
    assert_eq!(server.count("command_log").await, 0);
}

#[tokio::test]
async fn a_forged_cursor_is_refused_and_one_of_another_history_starts_over() {
    let server = Server::start().await;
    let mut phone = Replica::of(server.requester("amal").await);
    phone.catches_up().await;
    let forged = Some(Cursor(ByteBuf::from(b"forged".to_vec())));
    let request = SyncRequest {
        cursor: forged,
        ..phone.request()
    };
    phone.sends(&request).await.refused(400, "bad_request");

    let mut tx = server.database().await;
    sqlx::query("update deployment set generation = generation + 1")
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let answer = phone.sends(&phone.request()).await.ok(200);
    let response: SyncResponse = cbor::decode(&answer.body).unwrap();
    assert_eq!(response.reset, Some(ResetReason::OtherGeneration));
    assert!(response.more && response.changes.is_empty() && response.grants.is_empty());

    phone.cursor = None;
    phone.catches_up().await;
}
