//! Resolves the bearer token and, on a phone, the signature of a request to an [`Actor`].
//!
//! The invariant: a session that belongs to a device is worthless without that device's signature over this
//! very request.

use axum::http::header;
use axum::http::request::Parts;
use mso_core::actor::{Actor, Origin};
use mso_core::crypto::PublicKey;
use mso_core::ids::{DeviceId, SessionId};
use mso_core::protocol::signature::{SignatureError, SignedParts};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;

use super::{store, tokens};
use crate::State;
use crate::database::DatabaseError;
use crate::http::auth::{signature_fields, signed_parts, single};
use crate::http::error::ApiError;

/// An authenticated caller.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    pub actor: Actor,
    pub session: SessionId,
}

/// A caller whose token and signature are valid.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub signed_in: SignedIn,
    /// The phone was revoked, or the user may not act now.
    pub revoked: bool,
    /// When the phone last synced, as far as it was noted.
    pub last_sync_at: Option<Timestamp>,
}

/// Authenticates the caller of a request, or returns what is missing.
pub async fn authenticate(state: &State, parts: &Parts) -> Result<SignedIn, ApiError> {
    let known = recognise(state, parts).await?;
    if known.revoked {
        return Err(Refusal::ActorRevoked.into());
    }
    Ok(known.signed_in)
}

/// Like `authenticate`, but recognises revoked callers too. Their access token does not expire, because they
/// cannot get another one.
pub async fn recognise(state: &State, parts: &Parts) -> Result<Known, ApiError> {
    let authorization =
        single(&parts.headers, header::AUTHORIZATION.as_str()).ok_or(ApiError::SignInNeeded)?;
    let token = authorization
        .strip_prefix("Bearer ")
        .ok_or(ApiError::SignInNeeded)?;
    let mut tx = state.database.begin_scoped_by_key(&Actor::SYSTEM).await?;
    let found = store::session_of_token(&mut tx, &tokens::access_token_hash(token)).await?;
    tx.commit().await?;
    let session = found.ok_or(ApiError::SignInNeeded)?;
    let now = state.clock.now();
    let revoked = !session.active || session.device.as_ref().is_some_and(store::Device::is_revoked);
    if session.ended || (session.token_expires_at <= now && !revoked) {
        return Err(ApiError::SignInNeeded);
    }
    let origin = match session.device {
        Some(device) => {
            let signed = signed_parts(&parts.method, parts.uri.path(), &parts.headers);
            verify(&signed, parts, device.id, &device.key, now)?;
            Origin::Device(device.id)
        }
        None => Origin::Session(session.id),
    };
    let actor = Actor {
        user: session.user,
        acting: session.acting,
        origin,
    };
    let signed_in = SignedIn {
        actor,
        session: session.id,
    };
    Ok(Known {
        signed_in,
        revoked,
        last_sync_at: session.last_sync_at,
    })
}

/// Whether a session that was authenticated before still is: for requests that last longer than a moment.
pub async fn is_open(state: &State, session: SessionId) -> Result<bool, DatabaseError> {
    let mut tx = state.database.begin_scoped_by_key(&Actor::SYSTEM).await?;
    let is_open = store::is_open(&mut tx, session).await?;
    tx.commit().await?;
    Ok(is_open)
}

/// Checks that the request's signature fields cover these parts, match this key and are recent.
pub(super) fn verify(
    signed: &SignedParts<'_>,
    parts: &Parts,
    device: DeviceId,
    key: &PublicKey,
    now: Timestamp,
) -> Result<(), ApiError> {
    let fields = signature_fields(&parts.headers).ok_or(ApiError::SignatureInvalid)?;
    signed
        .verify(&fields, device, key, now)
        .map_err(|error| match error {
            SignatureError::Expired => ApiError::SignatureExpired,
            SignatureError::Malformed | SignatureError::Mismatch => ApiError::SignatureInvalid,
        })
}
