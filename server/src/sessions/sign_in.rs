//! Signing in: email address and password and, on a phone, proof that it holds its key.
//!
//! The invariant: while a password is being hashed, no read or lock lasts longer than a statement.

use axum::http::request::Parts;
use mso_core::actor::{Acting, Actor, Origin};
use mso_core::ids::{DeviceId, SessionId, UserId};
use mso_core::protocol::sessions::{SessionGrant, SignInReplacing};
use mso_core::refusal::Refusal;
use mso_core::text;
use mso_core::time::Timestamp;

use super::enrol::Enrolling;
use super::{PasswordError, SecretError, SignedIn, ending, store, tokens};
use crate::State;
use crate::audit::{self, Act};
use crate::database::{DatabaseError, Scoped};
use crate::http::error::ApiError;
use crate::http::request_id::RequestId;

/// Lifetime of an access token.
const ACCESS_MILLIS: i64 = 15 * 60 * 1000;
/// Lifetime of a session that is not refreshed.
const SESSION_HOURS: i64 = 30 * 24;

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        tracing::warn!(%error, "a password was not hashed or checked");
        match error {
            PasswordError::Busy => Self::Unavailable,
            PasswordError::Broken => Self::Internal,
            PasswordError::Unfit => Self::PasswordUnfit,
        }
    }
}

impl From<SecretError> for ApiError {
    fn from(error: SecretError) -> Self {
        tracing::error!(%error, "no token was made");
        Self::Internal
    }
}

/// Signs in, and enrols the device if the request presents one.
pub(super) async fn sign_in(
    state: &State,
    parts: &Parts,
    SignInReplacing {
        sign_in: request,
        retire,
    }: SignInReplacing,
) -> Result<SessionGrant, ApiError> {
    let now = state.clock.now();
    if retire.is_some() && request.device.is_none() {
        return Err(ApiError::BadRequest("only a phone takes the place of another"));
    }
    let enrolling = request
        .device
        .map(|device| Enrolling::check(device, parts, now))
        .transpose()?;
    let user = user_of(state, &request.email).await?;

    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = state.passwords.check(request.password, stored).await?;
    let user = user.filter(|_| right).ok_or(ApiError::SignInFailed)?;
    if !user.active {
        return Err(Refusal::ActorRevoked.into());
    }

    let device = enrolling.as_ref().map(Enrolling::device);
    let session = SessionId::generate(now);
    let who = Who {
        user: user.id,
        acting: user.acting,
        display_name: user.display_name,
    };
    let origin = device.map_or(Origin::Session(session), Origin::Device);
    let actor = Actor {
        user: who.user,
        acting: who.acting,
        origin,
    };
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    if let Some(enrolling) = &enrolling {
        enrolling.enrol(&mut tx, &actor, retire, now, parts).await?;
    }
    let grant = begin(state, &mut tx, session, device, who, now).await?;
    note(&mut tx, &SignedIn { actor, session }, Doing::SignIn, now, parts).await?;
    tx.commit().await?;
    Ok(grant)
}

/// The user with this address, in its canonical form or as it may have been stored before that existed.
/// PostgreSQL accepts no text with a NUL, so no user has such an address.
async fn user_of(state: &State, email: &str) -> Result<Option<store::User>, DatabaseError> {
    if email.contains('\0') {
        return Ok(None);
    }
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    let (canonical, typed) = (text::email(email), email.trim());
    let mut user = store::user_of_email(&mut tx, &canonical).await?;
    if user.is_none() && typed.to_lowercase() != canonical {
        user = store::user_of_email(&mut tx, typed).await?;
    }
    tx.commit().await?;
    Ok(user)
}

/// The user that a grant is for.
pub(super) struct Who {
    pub(super) user: UserId,
    pub(super) acting: Acting,
    pub(super) display_name: String,
}

async fn begin(
    state: &State,
    tx: &mut Scoped,
    session: SessionId,
    device: Option<DeviceId>,
    who: Who,
    now: Timestamp,
) -> Result<SessionGrant, ApiError> {
    if let Some(device) = device {
        ending::end_sessions_of_device(tx.conn(), device, now).await?;
    }
    store::insert_session(tx, session, who.user, device, now, session_end(now)).await?;
    grant(state, tx, session, 0, who, now).await
}

/// Session events that are audited.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing {
    SignIn,
    SignOut,
    /// The session was ended because two parties used a refresh token.
    Reuse,
}

/// Appends to the user's own audit chain.
pub(super) async fn note(
    tx: &mut Scoped,
    signed_in: &SignedIn,
    doing: Doing,
    now: Timestamp,
    parts: &Parts,
) -> Result<(), DatabaseError> {
    let (action, outcome) = match doing {
        Doing::SignIn => ("sign_in", "applied"),
        Doing::SignOut => ("sign_out", "applied"),
        Doing::Reuse => ("refresh_session", "refresh_token_reused"),
    };
    let act = Act {
        actor: signed_in.actor,
        at: now,
        action: action.to_owned(),
        entity: "session".to_owned(),
        entity_id: signed_in.session.as_uuid(),
        outcome: outcome.to_owned(),
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
        payload: None,
    };
    audit::append(tx.conn(), signed_in.actor.user.into(), &act).await
}

/// When a session that begins or is refreshed now expires.
pub(super) const fn session_end(now: Timestamp) -> Timestamp {
    now.plus_hours(SESSION_HOURS)
}

/// Issues a new access token and the refresh token of this generation.
pub(super) async fn grant(
    state: &State,
    tx: &mut Scoped,
    session: SessionId,
    generation: u32,
    who: Who,
    now: Timestamp,
) -> Result<SessionGrant, ApiError> {
    let (access_token, hash) = tokens::new_access_token()?;
    let access_expires_at = now.plus_millis(ACCESS_MILLIS);
    store::insert_access_token(tx, session, &hash, now, access_expires_at).await?;
    Ok(SessionGrant {
        session_id: session,
        user_id: who.user,
        acting: who.acting,
        display_name: who.display_name,
        access_token,
        access_expires_at,
        refresh_token: state.secret.refresh_token(session, generation),
    })
}
