//! The caller's own phones: `/v1/devices`.
//!
//! Everybody reads and revokes only their own; another user's phone is "not found". The invariant: revoking runs
//! through the command `RevokeDevice`, with its rule, log and audit.

use axum::Json;
use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use mso_core::actor::Actor;
use mso_core::command::CommandEnvelope;
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{CommandId, DeviceId};
use mso_core::people::{Device, DeviceState, RevokeDevice};
use mso_core::protocol::cbor;
use mso_core::protocol::sessions::{OwnDevice, OwnDevices};
use mso_core::text::Reason;

use super::store;
use crate::State;
use crate::commands::execute::execute;
use crate::commands::{Request, applied};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::path::Id;
use crate::http::request_id::RequestId;

/// `GET /v1/devices`
pub async fn list(Shared(state): Shared<State>, Caller(actor): Caller) -> Result<Json<OwnDevices>, ApiError> {
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let devices = store::devices(tx.conn(), actor.user).await?;
    tx.commit().await?;
    let devices = devices.into_iter().filter_map(|device| shown(device, &actor));
    Ok(Json(OwnDevices {
        devices: devices.collect(),
    }))
}

/// `DELETE /v1/devices/{device_id}`
pub async fn retire(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(request_id): Extension<RequestId>,
    Id(device_id): Id<DeviceId>,
) -> Result<StatusCode, ApiError> {
    let now = state.clock.now();
    let command = RevokeDevice {
        user_id: actor.user,
        device_id,
        reason: Reason::new("given up by its owner").map_err(|_| ApiError::Internal)?,
    };
    let envelope = CommandEnvelope {
        command_id: CommandId::generate(now),
        command: command.into(),
        assignment_id: None,
        base_version: None,
        device_seq: None,
        issued_at: now,
        depends_on: Vec::new(),
    };
    let request = Request {
        command_id: envelope.command_id,
        request_sha256: Sha256Hash::of(&cbor::encode(&envelope).map_err(|_| ApiError::Internal)?),
        envelope,
        request_id: Some(request_id.0),
    };
    applied(execute(&state, &actor, request).await?.outcome)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A phone that is signed in, as its owner sees it.
fn shown(device: Device, caller: &Actor) -> Option<OwnDevice> {
    let Device {
        id,
        user_id,
        name,
        platform,
        app_version,
        enrolled_at,
        last_sync_at,
        state,
    } = device;
    (user_id == caller.user && state == DeviceState::Active).then(|| OwnDevice {
        id,
        name,
        platform,
        app_version,
        enrolled_at,
        last_sync_at,
        current: caller.device() == Some(id),
    })
}
