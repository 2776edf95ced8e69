use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::*;
use crate::client::testing::server::{EMAIL, PASSWORD, Server};
use crate::client::testing::store_and_files::{open, signed_in};
use crate::client::transport::Transport;
use crate::ids::UserId;

fn sync() -> HttpRequest {
    HttpRequest::new(Method::Post, "/v1/uploads").content("application/cbor", "x")
}

/// A signed request that the server answers with 404 once it has accepted the signature and the token.
fn ask() -> HttpRequest {
    HttpRequest::new(Method::Get, "/v1/documents/none/content")
}

fn status(error: &CallError) -> u16 {
    if let CallError::Problem { status, .. } = error {
        *status
    } else {
        0
    }
}

/// The number of refreshes and of all requests.
fn asked(server: &Server) -> (u32, usize) {
    let state = server.state();
    (state.refreshes, state.seen.len())
}

#[tokio::test]
async fn the_device_key_is_kept_before_the_server_hears_of_it() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    server.state().unreachable = true;
    let error = sign_in(&shared, EMAIL, PASSWORD, None).await.unwrap_err();
    assert!(matches!(error, CallError::Transport(TransportError::Unreachable)));
    let made = shared.store().read(rows::device).unwrap().unwrap();
    assert_eq!(shared.store().read(current).unwrap(), None);
    drop(shared);

    let shared = open(directory.path(), &server);
    server.state().unreachable = false;
    let session = sign_in(&shared, EMAIL, PASSWORD, None).await.unwrap();
    assert_eq!(session.actor.device(), Some(made.id));
    assert_eq!(server.state().keys[&made.id], made.key.public());
    assert_eq!(shared.store().read(current).unwrap(), Some(session));
}

#[tokio::test]
async fn a_wrong_password_is_a_problem_with_a_code() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let error = sign_in(&shared, EMAIL, "wrong", None).await.unwrap_err();
    let CallError::Problem {
        status: 401,
        code,
        reference,
        body: _,
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!((code.as_str(), reference.as_str()), ("sign_in_failed", "r-1"));
}

#[tokio::test]
async fn an_access_token_is_replaced_before_it_ends() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    assert_eq!(status(&signed_send(&shared, ask()).await.unwrap_err()), 404);
    assert_eq!(server.state().refreshes, 0);
    server.clock.advance_millis(14 * 60_000 + 1);
    assert_eq!(status(&signed_send(&shared, ask()).await.unwrap_err()), 404);
    assert_eq!(server.state().refreshes, 1);
    let seen = server.state().seen.clone();
    assert_eq!(
        seen[seen.len() - 2..],
        ["POST /v1/sessions/refresh", "GET /v1/documents/none/content"]
    );
}

#[tokio::test]
async fn a_refused_access_token_is_replaced_once_and_the_request_repeated() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    server.state().access = "revoked early".to_owned();
    assert_eq!(status(&signed_send(&shared, ask()).await.unwrap_err()), 404);
    assert_eq!(server.state().refreshes, 1);
}

#[tokio::test]
async fn a_lost_reply_to_a_refresh_signs_nobody_out() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    server.clock.advance_millis(20 * 60_000);
    server.state().lose_refresh = true;
    let error = signed_send(&shared, ask()).await.unwrap_err();
    assert!(matches!(error, CallError::Transport(TransportError::Interrupted)));
    drop(shared);
    let shared = open(directory.path(), &server);
    assert_eq!(status(&signed_send(&shared, ask()).await.unwrap_err()), 404);
    assert_eq!(server.state().refreshes, 1);
}

#[tokio::test]
async fn many_requests_at_once_refresh_once() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    server.clock.advance_millis(20 * 60_000);
    let all = futures::future::join_all((0..8).map(|_| signed_send(&shared, ask()))).await;
    assert!(
        all.iter()
            .all(|answer| status(answer.as_ref().unwrap_err()) == 404)
    );
    assert_eq!(server.state().refreshes, 1);
}

#[tokio::test]
async fn an_ended_session_needs_a_sign_in_and_keeps_its_user() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let user = server.state().user;
    server.state().access = "ended".to_owned();
    server.state().refresh = "ended".to_owned();
    assert!(matches!(
        signed_send(&shared, sync()).await,
        Err(CallError::SignInNeeded)
    ));
    let session = shared.store().read(current).unwrap().unwrap();
    assert_eq!(Some(session.actor.user), user);
    assert_eq!(
        sign_in(&shared, EMAIL, PASSWORD, None)
            .await
            .unwrap()
            .actor
            .origin,
        session.actor.origin
    );
}

#[tokio::test]
async fn another_user_cannot_sign_in_over_the_first_ones_data() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let before = shared.store().read(current).unwrap();
    server.state().user = Some(UserId::generate(shared.now().plus_millis(1)));
    assert!(matches!(
        sign_in(&shared, EMAIL, PASSWORD, None).await,
        Err(CallError::OtherUser)
    ));
    assert_eq!(server.state().seen.last().unwrap(), "DELETE /v1/sessions/current");
    assert_eq!(shared.store().read(current).unwrap(), before);
}

#[tokio::test]
async fn signing_out_forgets_user_and_key_also_without_a_network() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let first = shared.store().read(rows::device).unwrap().unwrap().id;
    server.state().unreachable = true;
    sign_out(&shared).await.unwrap();
    assert_eq!(shared.store().read(current).unwrap(), None);
    assert!(matches!(
        signed_send(&shared, ask()).await,
        Err(CallError::SignInNeeded)
    ));
    server.state().unreachable = false;
    let second = sign_in(&shared, EMAIL, PASSWORD, None)
        .await
        .unwrap()
        .actor
        .device();
    assert_ne!(second, Some(first));
}

#[tokio::test]
async fn an_answer_without_a_problem_still_says_its_status() {
    let page = HttpResponse::new(502, vec![], "<html>");
    assert!(
        matches!(checked(page).await, Err(CallError::Problem { status: 502, code, .. }) if code == "http_502")
    );
    let old = HttpResponse::new(426, vec![], "");
    assert!(matches!(checked(old).await, Err(CallError::UpdateNeeded)));
}

#[test]
fn requests_can_be_sent_from_any_thread() {
    fn sendable<T: Send>(_: &T) {}
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    sendable(&signed_send(&shared, ask()));
    sendable(&sign_in(&shared, EMAIL, PASSWORD, None));
    sendable(&sign_out(&shared));
}

#[tokio::test]
async fn a_phone_with_a_wrong_clock_learns_the_servers_time_and_goes_on() {
    const DAY: i64 = 24 * 3_600_000;
    for error in [6 * 60_000, -6 * 60_000, 400 * DAY, -400 * DAY] {
        let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
        server.state().clock_error = error;
        let shared = signed_in(directory.path(), &server).await;
        assert_eq!(server.state().seen, ["POST /v1/sessions"; 2], "{error}");
        // From here on every signature is accepted at once, and the token's age follows the server's
        // clock.
        for _ in 0..3 {
            assert_eq!(status(&signed_send(&shared, ask()).await.unwrap_err()), 404);
        }
        assert_eq!(asked(&server), (0, 5), "{error}");
        // The clock is corrected, and the difference is learnt again.
        server.state().clock_error = 0;
        assert_eq!(status(&signed_send(&shared, ask()).await.unwrap_err()), 404);
        assert_eq!(shared.server_now().millis_since(shared.now()).abs() / 1_000, 0);
    }
}

#[tokio::test]
async fn a_wrong_clock_that_cannot_be_corrected_is_told_and_no_reason_to_sign_in() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    server.state().clock_error = 6 * 60_000;
    server.state().dateless = true;
    let error = signed_send(&shared, ask()).await.unwrap_err();
    assert!(matches!(error, CallError::Problem { status: 401, code, .. } if code == "signature_expired"));
    assert_eq!(asked(&server), (0, 2));
}

/// Holds the answer to the next refresh back.
struct SlowRefresh {
    server: Arc<Server>,
    held: AtomicBool,
    go: tokio::sync::Notify,
}

impl Transport for SlowRefresh {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        async move {
            let is_refresh = request.path == REFRESH;
            let answer = self.server.send(request).await;
            if is_refresh && self.held.swap(false, Ordering::SeqCst) {
                self.go.notified().await;
            }
            answer
        }
        .boxed()
    }
}

#[tokio::test]
async fn a_refresh_under_way_does_not_undo_a_new_sign_in() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let mut shared = signed_in(directory.path(), &server).await;
    let slow = Arc::new(SlowRefresh {
        server: server.clone(),
        held: AtomicBool::new(true),
        go: tokio::sync::Notify::new(),
    });
    shared.transport = slow.clone();
    server.clock.advance_millis(20 * 60_000);
    let (behind, ()) = tokio::join!(signed_send(&shared, ask()), async {
        tokio::task::yield_now().await;
        sign_in(&shared, EMAIL, PASSWORD, None).await.unwrap();
        slow.go.notify_one();
    });
    for answer in [behind, signed_send(&shared, ask()).await] {
        let error = answer.err().unwrap();
        assert!(matches!(error, CallError::Problem { status: 404, .. }), "{error}");
    }
}
