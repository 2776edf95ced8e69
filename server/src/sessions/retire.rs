//! Giving up a phone at sign-in: the way in for a user who has the maximum number of phones and none at hand.
//!
//! The invariant: the password was right, and the rule of `RevokeDevice` decides, as it does for the command.

use axum::http::request::Parts;
use mso_core::actor::Actor;
use mso_core::command::Operation;
use mso_core::facts::{Context, Fact, Facts};
use mso_core::ids::DeviceId;
use mso_core::people::RevokeDevice;
use mso_core::text::Reason;
use mso_core::time::Timestamp;

use crate::audit::{self, Act};
use crate::database::Scoped;
use crate::http::error::ApiError;
use crate::http::request_id::RequestId;
use crate::people::{store, write};

/// Revokes another phone of the user who signs in.
pub(super) async fn retire(
    tx: &mut Scoped,
    actor: &Actor,
    device: DeviceId,
    now: Timestamp,
    parts: &Parts,
) -> Result<(), ApiError> {
    if actor.device() == Some(device) {
        return Err(ApiError::BadRequest("a phone cannot give itself up"));
    }
    let command = RevokeDevice {
        user_id: actor.user,
        device_id: device,
        reason: Reason::new("given up for another phone").map_err(|_| ApiError::Internal)?,
    };
    let facts = Facts {
        device: Fact::Known(store::lock_device(tx.conn(), actor, device).await?),
        ..Facts::default()
    };
    let ctx = Context {
        actor: *actor,
        now,
        assignment_id: None,
    };
    let decision = command.decide(&facts, &ctx)?;
    write::device(tx.conn(), &decision, now).await?;
    let act = Act {
        actor: *actor,
        at: now,
        action: RevokeDevice::SPEC.name.to_owned(),
        entity: "device".to_owned(),
        entity_id: device.as_uuid(),
        outcome: "applied".to_owned(),
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
        payload: None,
    };
    Ok(audit::append(tx.conn(), actor.user.into(), &act).await?)
}
