//! The SQL of phones, as shown to people. Their keys are read where requests are authenticated.

use mso_core::actor::{Acting, Actor};
use mso_core::ids::{DeviceId, UserId};
use mso_core::people::{Device, DeviceState};
use mso_core::text::Text;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::parse::text;
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

struct Row {
    id: Uuid,
    user_id: Uuid,
    platform: String,
    app_version: String,
    name: String,
    state: String,
    enrolled_at: OffsetDateTime,
    last_sync_at: Option<OffsetDateTime>,
    signed_out_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    revoked_reason: Option<String>,
}

impl Row {
    fn device(self) -> Result<Device, DatabaseError> {
        let state = match self.state.as_str() {
            "active" => DeviceState::Active,
            "signed_out" => DeviceState::SignedOut {
                at: self
                    .signed_out_at
                    .map(to_timestamp)
                    .ok_or(DatabaseError::Corrupt("device.signed_out_at"))?,
            },
            "revoked" => DeviceState::Revoked {
                reason: self
                    .revoked_reason
                    .map(|reason| text(&reason, "device.revoked_reason"))
                    .transpose()?,
                at: self.revoked_at.map(to_timestamp),
            },
            _ => return Err(DatabaseError::Corrupt("device.state")),
        };
        Ok(Device {
            id: DeviceId::from_uuid(self.id),
            user_id: UserId::from_uuid(self.user_id),
            name: self.name,
            platform: self.platform,
            app_version: self.app_version,
            enrolled_at: to_timestamp(self.enrolled_at),
            last_sync_at: self.last_sync_at.map(to_timestamp),
            state,
        })
    }
}

/// The phone, locked: the caller's own, or any phone for admins.
pub async fn lock_device(
    connection: &mut PgConnection,
    actor: &Actor,
    id: DeviceId,
) -> Result<Option<Device>, DatabaseError> {
    let own = match actor.acting {
        Acting::Requester { .. } | Acting::Provider { .. } => Some(actor.user.as_uuid()),
        Acting::Admin | Acting::System => None,
    };
    let row = sqlx::query_as!(
        Row,
        "select id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, signed_out_at,
                revoked_at, revoked_reason
         from device where id = $1 and ($2::uuid is null or user_id = $2) for update",
        id.as_uuid(),
        own,
    );
    row.fetch_optional(connection).await?.map(Row::device).transpose()
}

/// A user's phones, newest first.
pub async fn devices(connection: &mut PgConnection, user: UserId) -> Result<Vec<Device>, DatabaseError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, signed_out_at,
                revoked_at, revoked_reason
         from device where user_id = $1 order by enrolled_at desc, id",
        user.as_uuid(),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter().map(Row::device).collect()
}

/// Writes whether a phone is revoked. Signing in and out is written by `sessions`.
pub async fn update_device(connection: &mut PgConnection, device: &Device) -> Result<(), DatabaseError> {
    let DeviceState::Revoked { reason, at } = &device.state else {
        return Ok(());
    };
    sqlx::query!(
        "update device set state = 'revoked', revoked_reason = $2, revoked_at = $3 where id = $1",
        device.id.as_uuid(),
        reason.as_ref().map(Text::as_str),
        at.map(from_timestamp),
    )
    .execute(connection)
    .await?;
    Ok(())
}
