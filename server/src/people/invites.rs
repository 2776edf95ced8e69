//! Joining by a link: `POST /v1/invites/redeem` with its token and a new password.
//!
//! A token is the invitation's id and a MAC of it under the server's secret ([`crate::sessions::tokens`]), so
//! that the database holds nothing that a link could be built from. The invariants: a token is valid once;
//! every invalid token gets the same answer.

use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use mso_core::actor::{Actor, Origin};
use mso_core::ids::{InviteId, UserId};
use mso_core::people::User;
use mso_core::private::Private;
use serde::Deserialize;

use super::{store, write};
use crate::State;
use crate::audit::{self, Act};
use crate::database::Scoped;
use crate::feed::Touched;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::request_id::RequestId;
use crate::live::News;

/// Body of `POST /v1/invites/redeem`.
#[derive(Debug, Deserialize)]
pub struct Redeem {
    token: Private<String>,
    password: Private<String>,
}

/// Sets the user's password, after which the user may sign in.
pub async fn redeem(
    Shared(state): Shared<State>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Json(request): Json<Redeem>,
) -> Result<StatusCode, ApiError> {
    let invite = state.secret.read_invite_token(request.token.reveal());
    let invite = invite.ok_or(ApiError::InviteInvalid)?;
    // Checked before the costly hashing, and again under lock.
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    guest(&state, &mut tx, invite).await?;
    drop(tx);
    let hash = state.passwords.make(request.password.into_inner()).await?;

    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    let user = guest(&state, &mut tx, invite).await?;
    let touched = come_in(&state, &mut tx, invite, &user, &hash, request_id).await?;
    tx.commit().await?;
    state.live.tell(&News::of(&touched), None);
    Ok(StatusCode::NO_CONTENT)
}

/// The user that the invitation is for, as they are once it is redeemed.
async fn guest(state: &State, tx: &mut Scoped, id: InviteId) -> Result<User, ApiError> {
    let Some((user, invite)) = store::lock_invite(tx.conn(), id).await? else {
        return Err(ApiError::InviteInvalid);
    };
    let user = store::lock_user(tx.conn(), user)
        .await?
        .ok_or(ApiError::InviteInvalid)?;
    invite
        .redeem(&user, state.clock.now())
        .ok_or(ApiError::InviteInvalid)
}

async fn come_in(
    state: &State,
    tx: &mut Scoped,
    invite: InviteId,
    user: &User,
    hash: &str,
    request_id: String,
) -> Result<Touched, ApiError> {
    let now = state.clock.now();
    // The password first: without one, the schema allows no user to be active.
    store::set_password(tx.conn(), user.id, hash).await?;
    store::update_user(tx.conn(), user, now).await?;
    store::spend_invite(tx.conn(), invite, now).await?;
    let mut touched = Touched::default();
    write::note_colleague(user, &mut touched);
    touched.write(tx.conn()).await?;
    let act = Act {
        actor: Actor {
            user: user.id,
            acting: user.position.acting(),
            origin: Origin::Server,
        },
        at: now,
        action: "redeem_invite".to_owned(),
        entity: "user".to_owned(),
        entity_id: UserId::as_uuid(user.id),
        outcome: "applied".to_owned(),
        request_id: Some(request_id),
        payload: None,
    };
    audit::append(tx.conn(), user.id.into(), &act).await?;
    Ok(touched)
}
