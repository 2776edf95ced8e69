//! How sessions end: by signing out, by another sign-in on the same phone, with the phone, or by an admin.
//!
//! The invariant: a session that ended never begins again.

use mso_core::ids::{DeviceId, SessionId, UserId};
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::{DatabaseError, from_timestamp};

pub(super) async fn end_session(
    connection: &mut PgConnection,
    session: SessionId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update session set ended_at = $2 where id = $1 and ended_at is null",
        session.as_uuid(),
        from_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the phone's sessions: when it is revoked, and before it begins another, because a phone has one
/// session.
pub async fn end_sessions_of_device(
    connection: &mut PgConnection,
    device: DeviceId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update session set ended_at = $2 where device_id = $1 and ended_at is null",
        device.as_uuid(),
        from_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends all sessions of a user; returns how many there were.
pub async fn end_sessions_of_user(
    connection: &mut PgConnection,
    user: UserId,
    now: Timestamp,
) -> Result<u64, DatabaseError> {
    let ended = sqlx::query!(
        "update session set ended_at = $2 where user_id = $1 and ended_at is null",
        user.as_uuid(),
        from_timestamp(now)
    );
    Ok(ended.execute(connection).await?.rows_affected())
}

/// Stores that a phone signed out, with its sessions ended. It no longer counts against the limit.
pub(super) async fn sign_out_device(
    connection: &mut PgConnection,
    device: DeviceId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    end_sessions_of_device(connection, device, now).await?;
    sqlx::query!(
        "update device set state = 'signed_out', signed_out_at = $2 where id = $1 and state = 'active'",
        device.as_uuid(),
        from_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}
