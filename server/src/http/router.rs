//! All routes of the server.
//!
//! The invariant: every request, even for an unknown path, gets a request id, and every error is a problem.

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
use crate::{
    State, cases, catalogue, commands, invoices, live, notifications, patients, people, sessions, sync,
};

/// The routes and their handlers.
pub fn app(state: State) -> Router {
    let addresses = Router::new()
        .route("/v1/sessions", post(sessions::routes::create))
        .route("/v1/sessions/refresh", post(sessions::routes::renew))
        .route("/v1/sessions/current", delete(sessions::routes::end))
        .route("/v1/commands", post(commands::routes::create))
        .route("/v1/sync", post(sync::routes::sync))
        .route("/v1/live", get(live::routes::live))
        .route("/v1/cases", get(cases::routes::list))
        .route("/v1/cases/{case_id}", get(cases::routes::get))
        .route("/v1/cases/{case_id}/record", get(cases::routes::record))
        .route(
            "/v1/cases/{case_id}/candidates",
            get(catalogue::routes::candidates),
        )
        .route("/v1/patients", get(patients::routes::list))
        .route("/v1/patients/search", post(patients::routes::search))
        .route("/v1/patients/{patient_id}", get(patients::routes::get))
        .route("/v1/specialties", get(catalogue::routes::specialties))
        .route("/v1/price-lists", get(catalogue::routes::price_lists))
        .route("/v1/institutions", get(people::routes::institutions))
        .route(
            "/v1/institutions/{institution_id}",
            get(people::routes::institution),
        )
        .route("/v1/users", get(people::routes::users))
        .route("/v1/users/{user_id}", get(people::routes::user))
        .route("/v1/notifications", get(notifications::routes::list))
        .route("/v1/providers", get(people::routes::providers))
        .route("/v1/providers/{provider_id}", get(people::routes::provider))
        .route("/v1/colleagues", get(people::routes::colleagues))
        .route("/v1/me", get(people::routes::me))
        .route("/v1/devices", get(people::devices::list))
        .route("/v1/devices/{device_id}", delete(people::devices::retire))
        .route("/v1/unconfirmed-purges", get(sync::unconfirmed::list))
        .route("/v1/invites/redeem", post(people::invites::redeem))
        .route("/v1/invoices", get(invoices::routes::list))
        .route("/v1/invoices/{invoice_id}", get(invoices::routes::get))
        .route("/v1/service-records", get(invoices::routes::list_services))
        .route("/v1/documents/{document_id}/content", get(downloads::content))
        .merge(upload_routes())
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz));
    answered(addresses).with_state(state)
}

/// The layers that apply to every request.
fn answered<S: Clone + Send + Sync + 'static>(addresses: Router<S>) -> Router<S> {
    addresses
        .fallback(any(|| async { ApiError::NoSuchRoute }))
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request_id::layer))
}

/// tus 1.0: `mso_core::protocol::uploads`.
fn upload_routes() -> Router<State> {
    Router::new()
        .route("/v1/uploads", post(uploads::create).options(uploads::options))
        .route(
            "/v1/uploads/{document_id}",
            axum::routing::head(uploads::show)
                .patch(uploads::append)
                .post(uploads::overridden)
                .delete(uploads::terminate)
                .options(uploads::options),
        )
        .layer(from_fn(uploads::protocol))
}

/// The runtime has already written the panic to standard error. Its text may quote anything, so it is not
/// passed on.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use mso_core::protocol::problem::Problem;
    use tower::ServiceExt;

    use super::*;

    fn get_request(uri: &str) -> Request<Body> {
        Request::get(uri)
            .header("authorization", "Bearer secret-token")
            .body(Body::empty())
            .unwrap()
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_with_a_reference_and_nothing_else() {
        let app = answered(Router::new().route("/", get(|| async { panic!("Amal Haddad") as () })));
        let response = app.oneshot(get_request("/")).await.unwrap();
        let id = response
            .headers()
            .get("x-request-id")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let problem: Problem =
            serde_json::from_slice(&to_bytes(response.into_body(), 9_999).await.unwrap()).unwrap();
        assert_eq!(
            (problem.status, problem.code.as_str(), problem.detail),
            (500, "internal", None)
        );
        assert_eq!(problem.reference, id);
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_log_tells_the_route_and_the_outcome_but_no_path_query_or_token() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish();
        let logging = tracing::subscriber::set_default(subscriber);
        let app =
            answered(Router::new().route("/v1/cases/{case_id}", get(|| async { ApiError::SignInNeeded })));
        app.oneshot(get_request("/v1/cases/secret-id?name=secret-name"))
            .await
            .unwrap();
        drop(logging);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for told in [
            "/v1/cases/{case_id}",
            "\"method\":\"GET\"",
            "\"status\":401",
            "duration_ms",
            "sign_in_needed",
        ] {
            assert!(log.contains(told), "{told} in {log}");
        }
        assert!(!log.contains("secret"), "{log}");
    }
}
