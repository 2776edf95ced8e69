//! Refreshing: issues a new pair of tokens for the newest refresh token.
//!
//! The previous token is accepted too, for a while: its response may have been lost, and an honest phone must
//! not be signed out for that. It gets the same refresh token again. Any older token was used by two different
//! parties, so the session ends for both.

use axum::http::request::Parts;
use mso_core::actor::{Actor, Origin};
use mso_core::ids::SessionId;
use mso_core::protocol::sessions::{Refresh, SessionGrant};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;

use super::authenticate::verify;
use super::sign_in::{Doing, Who, grant, note, session_end};
use super::store::{self, RefreshSession};
use super::{SignedIn, ending};
use crate::State;
use crate::http::auth::signed_parts;
use crate::http::error::ApiError;

/// How long a phone, which authenticates by its signature, may repeat a refresh.
const DEVICE_GRACE_MILLIS: i64 = 24 * 3600 * 1000;
/// How long a browser or program, which has nothing but its token, may repeat a refresh.
const SESSION_GRACE_MILLIS: i64 = 60 * 1000;

enum Presented {
    /// The newest token.
    Current,
    /// The previous token, recent enough to be the retry of a request whose response was lost.
    Repeated,
    /// A token that must have been copied.
    Reused,
}

/// Exchanges a refresh token for a new pair of tokens.
pub(super) async fn refresh(
    state: &State,
    parts: &Parts,
    request: Refresh,
) -> Result<SessionGrant, ApiError> {
    let (id, generation) = state
        .secret
        .read_refresh_token(&request.refresh_token)
        .ok_or(ApiError::SignInNeeded)?;
    let now = state.clock.now();
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    let session = store::lock_session(&mut tx, id)
        .await?
        .ok_or(ApiError::SignInNeeded)?;
    allow(&session, parts, now)?;
    let next = match presented(&session, generation, now) {
        Presented::Current => {
            store::advance_session(&mut tx, id, now, session_end(now)).await?;
            generation.saturating_add(1)
        }
        Presented::Repeated => session.generation,
        Presented::Reused => {
            ending::end_session(tx.conn(), id, now).await?;
            note(&mut tx, &holder(&session, id), Doing::Reuse, now, parts).await?;
            tx.commit().await?;
            tracing::warn!(session.id = %id, "a refresh token was used again: the session is ended");
            return Err(ApiError::SignInNeeded);
        }
    };
    let who = Who {
        user: session.user,
        acting: session.acting,
        display_name: session.display_name,
    };
    let grant = grant(state, &mut tx, id, next, who, now).await?;
    tx.commit().await?;
    Ok(grant)
}

/// Checks that this request may refresh the session at all.
fn allow(session: &RefreshSession, parts: &Parts, now: Timestamp) -> Result<(), ApiError> {
    let revoked = !session.active || session.device.as_ref().is_some_and(store::Device::is_revoked);
    // A revoked phone that was off for longer than a session lasts is still to learn what to delete.
    if session.ended || (session.expires_at <= now && !revoked) {
        return Err(ApiError::SignInNeeded);
    }
    if let Some(device) = &session.device {
        let signed = signed_parts(&parts.method, parts.uri.path(), &parts.headers);
        if signed.content_digest.is_none() {
            return Err(ApiError::SignatureInvalid);
        }
        verify(&signed, parts, device.id, &device.key, now)?;
    }
    if revoked {
        return Err(Refusal::ActorRevoked.into());
    }
    Ok(())
}

fn presented(session: &RefreshSession, generation: u32, now: Timestamp) -> Presented {
    let grace = if session.device.is_some() {
        DEVICE_GRACE_MILLIS
    } else {
        SESSION_GRACE_MILLIS
    };
    if generation == session.generation {
        Presented::Current
    } else if generation.checked_add(1) == Some(session.generation)
        && now.millis_since(session.refreshed_at) <= grace
    {
        Presented::Repeated
    } else {
        Presented::Reused
    }
}

/// The caller who holds the session.
fn holder(session: &RefreshSession, id: SessionId) -> SignedIn {
    let origin = session
        .device
        .map_or(Origin::Session(id), |device| Origin::Device(device.id));
    SignedIn {
        actor: Actor {
            user: session.user,
            acting: session.acting,
            origin,
        },
        session: id,
    }
}
