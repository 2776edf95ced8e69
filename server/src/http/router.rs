//! Every address of the server, on one page.
//!
//! Not here: what an address does. The invariant: whatever happens, also to a request for an address that does not
//! exist, it is answered with a request id, and an error as a problem.

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::error::ApiError;
use super::{body, health, request_id};
use crate::documents::{downloads, uploads};
use crate::{State, cases, commands, people, sessions, sync};

/// The server's addresses and what answers them.
pub fn app(state: State) -> Router {
    Router::new()
        .route("/v1/sessions", post(sessions::routes::create))
        .route("/v1/sessions/refresh", post(sessions::routes::renew))
        .route("/v1/sessions/current", delete(sessions::routes::end))
        .route("/v1/commands", post(commands::routes::create))
        .route("/v1/sync", post(sync::routes::sync))
        .route("/v1/cases", get(cases::routes::list))
        .route("/v1/cases/{case_id}", get(cases::routes::get))
        .route("/v1/providers", get(people::routes::list))
        .route("/v1/documents/{document_id}/content", get(downloads::content))
        .merge(upload_routes())
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .fallback(any(|| async { ApiError::NoSuchRoute }))
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request_id::layer))
        .with_state(state)
}

/// tus 1.0: `mso_core::protocol::uploads`.
fn upload_routes() -> Router<State> {
    Router::new()
        .route("/v1/uploads", post(uploads::create).options(uploads::options))
        .route(
            "/v1/uploads/{document_id}",
            axum::routing::head(uploads::show)
                .patch(uploads::append)
                .delete(uploads::terminate)
                .options(uploads::options),
        )
        .layer(from_fn(uploads::protocol))
}

/// The panic itself has been written to standard error by the runtime; its text may quote anything, so it goes no
/// further.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::Internal.into_response()
}
