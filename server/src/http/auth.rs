//! The caller: the extractors that every handler behind the sign-in starts with. Tokens and signatures are
//! checked in `sessions::authenticate`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use mso_core::actor::Actor;
use mso_core::protocol::signature::{self, SignatureFields, SignedParts};
use mso_core::protocol::uploads::METHOD_OVERRIDE;
use mso_core::time::Timestamp;

use super::error::ApiError;
use crate::State;
use crate::sessions::{self, Known, SignedIn};

/// The caller, identified by token and, on a phone, by signature.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub Actor);

/// The caller of `/v1/sync`, the only route that accepts requests from a revoked phone.
#[derive(Debug, Clone, Copy)]
pub struct SyncCaller {
    pub actor: Actor,
    /// The phone was revoked, or the user may not act now.
    pub revoked: bool,
    /// When the phone last synced, as far as it was noted.
    pub last_sync_at: Option<Timestamp>,
}

impl FromRequestParts<State> for SyncCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let Known {
            signed_in,
            revoked,
            last_sync_at,
        } = sessions::recognise(state, parts).await?;
        if signed_in.actor.device().is_some() {
            parts.extensions.insert(Signed);
        }
        let actor = signed_in.actor;
        Ok(Self {
            actor,
            revoked,
            last_sync_at,
        })
    }
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let signed_in = sessions::authenticate(state, parts).await?;
        if signed_in.actor.device().is_some() {
            parts.extensions.insert(Signed);
        }
        Ok(signed_in)
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        SignedIn::from_request_parts(parts, state)
            .await
            .map(|signed_in| Self(signed_in.actor))
    }
}

/// Marks a request whose signature was checked, so that its body must be the signed one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed;

/// The value of a header field that occurs once; `None` if it is missing, repeated or not ASCII.
#[must_use]
pub fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.to_str().ok())?
}

/// The parts of this request that a phone signs (`mso_core::protocol::signature`).
#[must_use]
pub fn signed_parts<'a>(method: &'a Method, path: &'a str, headers: &'a HeaderMap) -> SignedParts<'a> {
    let method_override = single(headers, METHOD_OVERRIDE);
    let upload = signature::is_upload(method.as_str(), method_override);
    SignedParts {
        method: method.as_str(),
        path,
        method_override,
        content_digest: if upload {
            None
        } else {
            single(headers, "content-digest")
        },
        upload_offset: if upload {
            single(headers, "upload-offset")
        } else {
            None
        },
        authorization: single(headers, header::AUTHORIZATION.as_str()),
    }
}

/// The two header fields of a signature, if both are present.
#[must_use]
pub fn signature_fields(headers: &HeaderMap) -> Option<SignatureFields> {
    Some(SignatureFields {
        signature_input: single(headers, "signature-input")?.to_owned(),
        signature: single(headers, "signature")?.to_owned(),
    })
}
