//! `/v1/uploads`: tus 1.0 with core, creation and termination (`mso_core::protocol::uploads`).
//!
//! An upload belongs to its document: creating one stores nothing, and the upload of a declared document can be
//! queried at once.

use axum::extract::{self, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::documents::MAX_BYTES;
use mso_core::ids::DocumentId;
use mso_core::protocol::uploads::{METHOD_OVERRIDE, OFFSET_MEDIA_TYPE, TUS_VERSION, UPLOADS_PATH};
use mso_core::refusal::Refusal;
use tracing::Instrument;

use super::receive::{Patch, Upload};
use crate::State;
use crate::http::auth::{Caller, single};
use crate::http::body::is_media_type;
use crate::http::error::ApiError;
use crate::http::path::Id;

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");

/// Requires the protocol version in each request, and adds it to each response.
pub async fn protocol(request: Request, next: Next) -> Response {
    let ours = request.method() == Method::OPTIONS
        || single(request.headers(), TUS_RESUMABLE.as_str()) == Some(TUS_VERSION);
    let mut response = if ours {
        next.run(request).await
    } else {
        ApiError::UploadVersion.into_response()
    };
    response
        .headers_mut()
        .insert(TUS_RESUMABLE, HeaderValue::from_static(TUS_VERSION));
    response
}

/// `OPTIONS`: the server's capabilities.
pub async fn options() -> impl IntoResponse {
    let headers = [
        ("tus-version", TUS_VERSION.to_owned()),
        ("tus-extension", "creation,termination".to_owned()),
        ("tus-max-size", MAX_BYTES.to_string()),
    ];
    (StatusCode::NO_CONTENT, AppendHeaders(headers))
}

/// `POST /v1/uploads`: where to send the declared file's bytes, and how many have arrived.
pub async fn create(
    extract::State(state): extract::State<State>,
    Caller(actor): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = document_of(&headers)?;
    let upload = Upload::open(&state, &actor, id).await?;
    if number(&headers, &UPLOAD_LENGTH)? != upload.length() {
        return Err(ApiError::BadRequest("upload-length is not the declared size"));
    }
    let offset = upload.offset_after_check(&state).await?;
    let location = [
        (header::LOCATION, format!("{UPLOADS_PATH}/{id}")),
        (UPLOAD_OFFSET, offset.to_string()),
    ];
    Ok((StatusCode::CREATED, AppendHeaders(location)).into_response())
}

/// `HEAD /v1/uploads/{document_id}`: how many bytes are durably on disk.
pub async fn show(
    extract::State(state): extract::State<State>,
    Caller(actor): Caller,
    Id(id): Id<DocumentId>,
) -> Result<Response, ApiError> {
    let upload = Upload::open(&state, &actor, id).await?;
    let headers = [
        (
            UPLOAD_OFFSET,
            upload.offset_after_check(&state).await?.to_string(),
        ),
        (UPLOAD_LENGTH, upload.length().to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, AppendHeaders(headers)).into_response())
}

/// `PATCH /v1/uploads/{document_id}`: appends bytes.
pub async fn append(
    extract::State(state): extract::State<State>,
    Caller(actor): Caller,
    Id(id): Id<DocumentId>,
    request: Request,
) -> Result<Response, ApiError> {
    if !is_media_type(request.headers(), OFFSET_MEDIA_TYPE) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let length =
        single(request.headers(), header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    let patch = Patch {
        offset: number(request.headers(), &UPLOAD_OFFSET)?,
        length,
    };
    // In its own task: see `receive.rs`.
    let receiving = async move {
        Upload::open(&state, &actor, id)
            .await?
            .append(&state, patch, request.into_body())
            .await
    };
    let offset = tokio::spawn(receiving.in_current_span()).await??;
    Ok((
        StatusCode::NO_CONTENT,
        AppendHeaders([(UPLOAD_OFFSET, offset.to_string())]),
    )
        .into_response())
}

/// `DELETE /v1/uploads/{document_id}`: restarts the upload. A stored file stays.
pub async fn terminate(
    extract::State(state): extract::State<State>,
    Caller(actor): Caller,
    Id(id): Id<DocumentId>,
) -> Result<StatusCode, ApiError> {
    let upload = Upload::open(&state, &actor, id).await?;
    if upload.forget(&state).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::InvalidState.into())
    }
}

/// `POST /v1/uploads/{document_id}` with `X-HTTP-Method-Override`: PATCH or DELETE, for a caller behind a box that knows
/// only the old methods. The signature covers the field.
pub async fn overridden(
    state: extract::State<State>,
    caller: Caller,
    id: Id<DocumentId>,
    request: Request,
) -> Result<Response, ApiError> {
    match single(request.headers(), METHOD_OVERRIDE) {
        Some("PATCH") => append(state, caller, id, request).await,
        Some("DELETE") => Ok(terminate(state, caller, id).await?.into_response()),
        Some(_) | None => Err(ApiError::MethodNotAllowed),
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let text = single(headers, name.as_str()).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    text.and_then(|text| text.parse().ok())
        .ok_or(ApiError::BadRequest(
            "upload-length or upload-offset is no number",
        ))
}

/// The document that `Upload-Metadata` names: `document_id <base64>`, among other pairs.
fn document_of(headers: &HeaderMap) -> Result<DocumentId, ApiError> {
    let pairs = single(headers, "upload-metadata").unwrap_or_default().split(',');
    let id = pairs
        .filter_map(|pair| pair.trim().strip_prefix("document_id "))
        .find_map(|value| {
            let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
            text.parse().ok()
        });
    id.ok_or(ApiError::BadRequest("upload-metadata names no document_id"))
}
