//! `POST /v1/sessions/refresh`: tokens rotate, a lost response is tolerated, a copied token is detected.

use mso_core::protocol::sessions::SessionGrant;

use super::SOME_FILE;
use crate::harness::{Phone, Server, User};

#[tokio::test]
async fn a_refresh_token_gives_new_tokens_and_a_new_refresh_token() {
    let server = Server::start().await;
    for amal in [
        server.requester("amal").await,
        User::in_session(&server, "amal").await,
    ] {
        server.later(20);
        let next: SessionGrant = amal.refresh(&amal.grant.refresh_token).await.ok(200).json();
        assert_ne!(next.refresh_token, amal.grant.refresh_token);
        let amal = User { grant: next, ..amal };
        amal.get(SOME_FILE).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_phone_that_lost_the_reply_gets_the_same_refresh_token_again_for_a_day() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let first: SessionGrant = amal.refresh(&amal.grant.refresh_token).await.ok(200).json();
    server.later(23 * 60);
    let again: SessionGrant = amal.refresh(&amal.grant.refresh_token).await.ok(200).json();
    assert_eq!(first.refresh_token, again.refresh_token);
    let amal = User { grant: again, ..amal };
    amal.get(SOME_FILE).await.refused(404, "not_found");
    amal.refresh(&first.refresh_token).await.ok(200);
}

#[tokio::test]
async fn a_browser_may_repeat_a_refresh_for_a_minute_only() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    amal.refresh(&amal.grant.refresh_token).await.ok(200);
    server.later(1);
    amal.refresh(&amal.grant.refresh_token).await.ok(200);
    server.later(1);
    amal.refresh(&amal.grant.refresh_token)
        .await
        .refused(401, "sign_in_needed");
}

#[tokio::test]
async fn an_older_refresh_token_used_again_ends_the_session_for_both() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let oldest = amal.grant.refresh_token.clone();
    let second: SessionGrant = amal.refresh(&oldest).await.ok(200).json();
    let third: SessionGrant = amal.refresh(&second.refresh_token).await.ok(200).json();
    amal.refresh(&oldest).await.refused(401, "sign_in_needed");
    amal.refresh(&third.refresh_token)
        .await
        .refused(401, "sign_in_needed");
    let amal = User { grant: third, ..amal };
    amal.get(SOME_FILE).await.refused(401, "sign_in_needed");
}

#[tokio::test]
async fn a_stolen_refresh_token_is_worth_nothing_without_the_phone() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let token = amal.grant.refresh_token.clone();
    let thief = User {
        server: &server,
        grant: amal.grant.clone(),
        phone: None,
    };
    thief.refresh(&token).await.refused(401, "signature_invalid");
    let thief = User {
        phone: Some(Phone {
            id: amal.phone.as_ref().unwrap().id,
            ..Phone::new(&server)
        }),
        ..thief
    };
    thief.refresh(&token).await.refused(401, "signature_invalid");
    thief.refresh("AAAA").await.refused(401, "sign_in_needed");
    amal.refresh(&token).await.ok(200);
}

#[tokio::test]
async fn a_session_that_is_not_refreshed_for_a_month_ends() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    server.later(30 * 24 * 60);
    amal.refresh(&amal.grant.refresh_token)
        .await
        .refused(401, "sign_in_needed");
}
