//! Bodies. A request's is of a known media type, of bounded size and, if the request is signed, with the signed bytes; the
//! digest is of the bytes as sent, and so of the compressed ones (RFC 9530, 2).
//!
//! Upload bodies are streamed instead, in `documents::uploads`. The invariant: no other module reads a whole
//! body, so no handler can forget the digest.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mso_core::protocol::compression::{self, DecompressError};
use mso_core::protocol::{cbor, signature};
use serde::de::DeserializeOwned;

use super::auth::{Signed, single};
use super::error::ApiError;
use crate::State;

/// Maximum bytes of a body that is read whole, compressed or not: commands and sync.
pub const MAX_BODY: usize = 1024 * 1024;

const JSON: &str = "application/json";

/// A JSON body, decoded.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A JSON body as received, for handlers that hash the bytes.
#[derive(Debug)]
pub struct JsonBytes(pub Bytes);

/// A CBOR body, decoded.
#[derive(Debug)]
pub struct Cbor<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        // serde_json limits the nesting depth itself. Its message quotes the input, so it is not passed on.
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_| ApiError::BadRequest("not the json expected"))
    }
}

impl FromRequest<State> for JsonBytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        read(request, state, JSON).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<State> for Cbor<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        let bytes = read(request, state, cbor::MEDIA_TYPE).await?;
        cbor::decode(&bytes)
            .map(Self)
            .map_err(|_| ApiError::BadRequest("not the cbor expected"))
    }
}

async fn read(request: Request, state: &State, media_type: &str) -> Result<Bytes, ApiError> {
    if !is_media_type(request.headers(), media_type) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let compressed = match single(request.headers(), header::CONTENT_ENCODING.as_str()) {
        None => false,
        Some(coding) if coding.eq_ignore_ascii_case(compression::ZSTD) => true,
        Some(_) => return Err(ApiError::UnsupportedMediaType),
    };
    let digest = single(request.headers(), "content-digest").map(str::to_owned);
    let signed = request.extensions().get::<Signed>().is_some();
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
        match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::PayloadTooLarge,
            _ => ApiError::BadRequest("the body broke off"),
        }
    })?;
    match digest {
        Some(digest) if digest == signature::content_digest(&bytes) => {}
        None if !signed || bytes.is_empty() => {}
        Some(_) | None => return Err(ApiError::SignatureInvalid),
    }
    if !compressed {
        return Ok(bytes);
    }
    match compression::decompress(&bytes, MAX_BODY) {
        Ok(content) => Ok(content.into()),
        Err(DecompressError::TooLong) => Err(ApiError::PayloadTooLarge),
        Err(DecompressError::Damaged) => Err(ApiError::BadRequest("not the zstd announced")),
    }
}

/// A CBOR response, compressed if the request accepts that and it is long.
pub fn cbor_response(request: &HeaderMap, body: Vec<u8>) -> Response {
    let accepted = single(request, header::ACCEPT_ENCODING.as_str()).is_some_and(compression::accepts);
    let media_type = (header::CONTENT_TYPE, cbor::MEDIA_TYPE);
    match accepted.then(|| compression::compress(&body)).flatten() {
        Some(compressed) => {
            let coding = (header::CONTENT_ENCODING, compression::ZSTD);
            ([media_type, coding], compressed).into_response()
        }
        None => ([media_type], body).into_response(),
    }
}

/// Whether `Content-Type` is this media type, whatever its parameters.
#[must_use]
pub fn is_media_type(headers: &HeaderMap, media_type: &str) -> bool {
    let given = single(headers, header::CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    given.is_some_and(|given| given.trim().eq_ignore_ascii_case(media_type))
}
