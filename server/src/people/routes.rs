//! `GET /v1/providers`, for admins who assign.

use axum::Json;
use axum::extract::State as Shared;
use mso_core::actor::Role;
use mso_core::refusal::Refusal;
use serde::Serialize;

use super::store::{self, ProviderSummary};
use crate::State;
use crate::http::auth::Caller;
use crate::http::error::ApiError;

/// The answer of `GET /v1/providers`.
#[derive(Debug, Serialize)]
pub struct Providers {
    providers: Vec<ProviderSummary>,
}

/// All experts. For anybody but an admin there is no such thing.
pub async fn list(Shared(state): Shared<State>, Caller(actor): Caller) -> Result<Json<Providers>, ApiError> {
    match actor.role() {
        Role::Admin => {}
        Role::Requester | Role::Provider | Role::System => return Err(Refusal::NotFound.into()),
    }
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let providers = store::list_providers(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Providers { providers }))
}
