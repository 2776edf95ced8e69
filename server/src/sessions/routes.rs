//! Handlers of `/v1/sessions`.

use axum::Json as JsonAnswer;
use axum::extract;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use mso_core::actor::Actor;
use mso_core::protocol::sessions::{Refresh, SessionGrant, SignInReplacing};
use serde::de::DeserializeOwned;

use super::refresh::refresh;
use super::sign_in::{Doing, note, sign_in};
use super::{SignedIn, ending};
use crate::State;
use crate::http::body::Json;
use crate::http::error::ApiError;

/// `POST /v1/sessions`
pub async fn create(
    extract::State(state): extract::State<State>,
    WithParts(parts, request): WithParts<SignInReplacing>,
) -> Result<(StatusCode, JsonAnswer<SessionGrant>), ApiError> {
    let grant = sign_in(&state, &parts, request).await?;
    Ok((StatusCode::CREATED, JsonAnswer(grant)))
}

/// `POST /v1/sessions/refresh`
pub async fn renew(
    extract::State(state): extract::State<State>,
    WithParts(parts, request): WithParts<Refresh>,
) -> Result<JsonAnswer<SessionGrant>, ApiError> {
    refresh(&state, &parts, request).await.map(JsonAnswer)
}

/// `DELETE /v1/sessions/current`: ends the session. The phone that it belongs to no longer counts.
pub async fn end(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let (parts, _) = request.into_parts();
    let now = state.clock.now();
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    ending::end_session(tx.conn(), signed_in.session, now).await?;
    if let Some(device) = signed_in.actor.device() {
        ending::sign_out_device(tx.conn(), device, now).await?;
    }
    note(&mut tx, &signed_in, Doing::SignOut, now, &parts).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A body together with the rest of its request. At sign-in the caller is not known yet, so the handler checks
/// the signature.
pub struct WithParts<T>(Parts, T);

impl<T: DeserializeOwned> FromRequest<State> for WithParts<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let Json(value) = Json::from_request(Request::from_parts(parts.clone(), body), state).await?;
        Ok(Self(parts, value))
    }
}
