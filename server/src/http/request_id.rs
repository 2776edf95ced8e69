//! Request ids: generated here, returned in `x-request-id`, and included in every log line and, as
//! `reference`, in every problem.
//!
//! The invariant: the log of a request contains its method, the route's template, status, duration and error
//! code; never a path, a query, a header or a body.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use mso_core::protocol::problem::{self, Problem};
use tokio::time::Instant;
use tracing::Instrument;

use super::error::{ApiError, Extension, Unreferenced};

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this request, for handlers that pass it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The outermost middleware layer.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let id = new_id();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %id, %method, route);
    request.extensions_mut().insert(RequestId(id.clone()));
    async move {
        let start = Instant::now();
        let mut response = refer(next.run(request).await, &id);
        if let Ok(value) = HeaderValue::try_from(&id) {
            response.headers_mut().insert(HEADER, value);
        }
        let status = response.status().as_u16();
        let duration_ms = start.elapsed().as_millis();
        let code = response
            .extensions()
            .get::<Unreferenced>()
            .map(|problem| problem.code.as_ref());
        tracing::info!(status, duration_ms, code, "answered");
        response
    }
    .instrument(span)
    .await
}

/// A problem with its extension members.
#[derive(serde::Serialize)]
struct Extended {
    #[serde(flatten)]
    problem: Problem,
    #[serde(flatten)]
    extension: Option<Extension>,
}

/// Adds the body of a problem, now that its reference is known. Errors from elsewhere (there should be none)
/// get one too.
fn refer(response: Response, id: &str) -> Response {
    let Some(unreferenced) = response.extensions().get::<Unreferenced>().cloned() else {
        return response;
    };
    let problem = Problem {
        status: unreferenced.status.as_u16(),
        title: title(&unreferenced.code),
        code: unreferenced.code.to_string(),
        detail: unreferenced.detail.map(|detail| detail.to_string()),
        reference: id.to_owned(),
    };
    let (mut parts, _) = response.into_parts();
    // Remove the length of the empty body, which axum sets in some cases and not in others.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(problem::MEDIA_TYPE),
    );
    parts
        .headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let body = Extended {
        problem,
        extension: unreferenced.extension,
    };
    match serde_json::to_vec(&body) {
        Ok(body) => Response::from_parts(parts, body.into()),
        Err(_) => ApiError::Internal.into_response(),
    }
}

/// `sign_in_needed` → `Sign in needed`.
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn new_id() -> String {
    let mut bytes = [0; 16];
    // A request id that is not random is inconvenient but not a risk.
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the operating system has no random bytes");
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
