//! The SQL of users, devices and sessions.
//!
//! Every function runs in a transaction of the system role. Times come from the clock that tests control, never
//! from `now()`.

use mso_core::actor::Acting;
use mso_core::crypto::{PublicKey, Sha256Hash};
use mso_core::ids::{DeviceId, InstitutionId, ProviderId, SessionId, UserId};
use mso_core::protocol::sessions::{CountedDevice, DeviceEnrolment};
use mso_core::time::Timestamp;
use uuid::Uuid;

use crate::database::{DatabaseError, Scoped, from_timestamp, to_timestamp};

/// A device and its key.
#[derive(Clone, Copy)]
pub(super) struct Device {
    pub(super) id: DeviceId,
    pub(super) user: UserId,
    pub(super) key: PublicKey,
    pub(super) standing: Standing,
}

/// Whether a device may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    /// May be used again after a sign-in.
    SignedOut,
    /// Never again.
    Revoked,
}

impl Device {
    pub(super) fn is_revoked(&self) -> bool {
        self.standing == Standing::Revoked
    }
}

/// A user who signs in.
pub(super) struct User {
    pub(super) id: UserId,
    pub(super) acting: Acting,
    pub(super) display_name: String,
    /// `None` for an invited user who has not chosen a password yet.
    pub(super) password_hash: Option<String>,
    pub(super) active: bool,
}

/// A session found by its access token.
pub(super) struct TokenSession {
    pub(super) id: SessionId,
    pub(super) user: UserId,
    pub(super) acting: Acting,
    pub(super) active: bool,
    /// Other than together with its device: a revoked device is to learn that it is revoked.
    pub(super) ended: bool,
    pub(super) token_expires_at: Timestamp,
    pub(super) device: Option<Device>,
    /// When the device last synced, as far as it was noted.
    pub(super) last_sync_at: Option<Timestamp>,
}

/// A session to refresh.
pub(super) struct RefreshSession {
    pub(super) user: UserId,
    pub(super) acting: Acting,
    pub(super) display_name: String,
    pub(super) active: bool,
    /// Other than together with its device, as in [`TokenSession`].
    pub(super) ended: bool,
    pub(super) generation: u32,
    pub(super) refreshed_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) device: Option<Device>,
}

fn acting(role: &str, institution: Option<Uuid>, provider: Option<Uuid>) -> Result<Acting, DatabaseError> {
    match (role, institution, provider) {
        ("requester", Some(id), None) => Ok(Acting::Requester {
            institution: InstitutionId::from_uuid(id),
        }),
        ("provider", None, Some(id)) => Ok(Acting::Provider {
            provider: ProviderId::from_uuid(id),
        }),
        ("admin", None, None) => Ok(Acting::Admin),
        _ => Err(DatabaseError::Corrupt("mso_user.role")),
    }
}

fn device(id: Uuid, user: Uuid, key: &[u8], state: &str) -> Result<Device, DatabaseError> {
    Ok(Device {
        id: DeviceId::from_uuid(id),
        user: UserId::from_uuid(user),
        key: PublicKey::from_bytes(key).map_err(|_| DatabaseError::Corrupt("device.sync_key"))?,
        standing: match state {
            "active" => Standing::Active,
            "signed_out" => Standing::SignedOut,
            "revoked" => Standing::Revoked,
            _ => return Err(DatabaseError::Corrupt("device.state")),
        },
    })
}

fn generation(stored: i32) -> Result<u32, DatabaseError> {
    u32::try_from(stored).map_err(|_| DatabaseError::Corrupt("session.refresh_generation"))
}

/// The user with this address, ignoring case.
pub(super) async fn user_of_email(tx: &mut Scoped, email: &str) -> Result<Option<User>, DatabaseError> {
    let row = sqlx::query!(
        "select id, role, institution_id, provider_id, display_name, password_hash, status
         from mso_user where lower(email) = lower($1)",
        email
    )
    .fetch_optional(tx.conn())
    .await?;
    let user = row.map(|row| {
        Ok::<_, DatabaseError>(User {
            id: UserId::from_uuid(row.id),
            acting: acting(&row.role, row.institution_id, row.provider_id)?,
            display_name: row.display_name,
            password_hash: row.password_hash,
            active: row.status == "active",
        })
    });
    user.transpose()
}

/// Locks a user's row, so that only one transaction at a time counts the user's devices.
pub(super) async fn lock_user(tx: &mut Scoped, user: UserId) -> Result<(), DatabaseError> {
    sqlx::query_scalar!("select id from mso_user where id = $1 for update", user.as_uuid())
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Adds the device unless its id is taken, and returns the device that has the id now.
pub(super) async fn enrol_device(
    tx: &mut Scoped,
    user: UserId,
    key: &PublicKey,
    enrolment: &DeviceEnrolment,
    now: Timestamp,
) -> Result<Device, DatabaseError> {
    sqlx::query!(
        "insert into device (id, user_id, sync_key, platform, app_version, name, enrolled_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing",
        enrolment.device_id.as_uuid(),
        user.as_uuid(),
        key.as_bytes().as_slice(),
        enrolment.platform,
        enrolment.app_version,
        enrolment.name,
        from_timestamp(now),
    )
    .execute(tx.conn())
    .await?;
    let id = enrolment.device_id.as_uuid();
    let row = sqlx::query!(
        "select user_id, sync_key, state from device where id = $1 for update",
        id
    )
    .fetch_one(tx.conn())
    .await?;
    device(id, row.user_id, &row.sync_key, &row.state)
}

/// Stores the device's description of itself, and that it is in use: one that signed out is active again.
pub(super) async fn describe_device(
    tx: &mut Scoped,
    enrolment: &DeviceEnrolment,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update device set platform = $2, app_version = $3, name = $4, state = 'active', signed_out_at = null
         where id = $1 and state in ('active', 'signed_out')",
        enrolment.device_id.as_uuid(),
        enrolment.platform,
        enrolment.app_version,
        enrolment.name,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The user's active devices other than this one, the one least recently used first.
pub(super) async fn other_devices(
    tx: &mut Scoped,
    user: UserId,
    than: DeviceId,
) -> Result<Vec<CountedDevice>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select id, name, greatest(last_sync_at, enrolled_at) as "last_used!" from device
           where user_id = $1 and id <> $2 and state = 'active' order by greatest(last_sync_at, enrolled_at), id"#,
        user.as_uuid(),
        than.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let counted = rows.into_iter().map(|row| CountedDevice {
        id: DeviceId::from_uuid(row.id),
        name: row.name,
        last_used: to_timestamp(row.last_used),
    });
    Ok(counted.collect())
}

pub(super) async fn insert_session(
    tx: &mut Scoped,
    session: SessionId,
    user: UserId,
    device: Option<DeviceId>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into session (id, user_id, device_id, refreshed_at, expires_at) values ($1, $2, $3, $4, $5)",
        session.as_uuid(),
        user.as_uuid(),
        device.map(DeviceId::as_uuid),
        from_timestamp(now),
        from_timestamp(expires_at),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores an access token and deletes the session's expired ones.
pub(super) async fn insert_access_token(
    tx: &mut Scoped,
    session: SessionId,
    hash: &Sha256Hash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "delete from access_token where session_id = $1 and expires_at <= $2",
        session.as_uuid(),
        from_timestamp(now)
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into access_token (sha256, session_id, expires_at) values ($1, $2, $3)",
        hash.as_bytes().as_slice(),
        session.as_uuid(),
        from_timestamp(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The session that an access token belongs to.
pub(super) async fn session_of_token(
    tx: &mut Scoped,
    hash: &Sha256Hash,
) -> Result<Option<TokenSession>, DatabaseError> {
    let row = sqlx::query_file!(
        "src/sessions/sql/find_session_of_token.sql",
        hash.as_bytes().as_slice()
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(TokenSession {
        id: SessionId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        acting: acting(&row.role, row.institution_id, row.provider_id)?,
        active: row.status == "active",
        ended: row.ended,
        token_expires_at: to_timestamp(row.expires_at),
        device: device_of(row.device_id, row.user_id, row.sync_key, row.device_state)?,
        last_sync_at: row.last_sync_at.map(to_timestamp),
    }))
}

/// Whether the session has not ended, and its user and device may act.
pub(super) async fn is_open(tx: &mut Scoped, id: SessionId) -> Result<bool, DatabaseError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
             select from session s join mso_user u on u.id = s.user_id left join device d on d.id = s.device_id
             where s.id = $1 and s.ended_at is null and u.status = 'active' and coalesce(d.state = 'active', true)
           ) as "open!""#,
        id.as_uuid(),
    );
    Ok(found.fetch_one(tx.conn()).await?)
}

/// A session to refresh, with its row locked.
pub(super) async fn lock_session(
    tx: &mut Scoped,
    id: SessionId,
) -> Result<Option<RefreshSession>, DatabaseError> {
    let row = sqlx::query_file!("src/sessions/sql/lock_session.sql", id.as_uuid())
        .fetch_optional(tx.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(RefreshSession {
        user: UserId::from_uuid(row.user_id),
        acting: acting(&row.role, row.institution_id, row.provider_id)?,
        display_name: row.display_name,
        active: row.status == "active",
        ended: row.ended,
        generation: generation(row.refresh_generation)?,
        refreshed_at: to_timestamp(row.refreshed_at),
        expires_at: to_timestamp(row.expires_at),
        device: device_of(row.device_id, row.user_id, row.sync_key, row.device_state)?,
    }))
}

fn device_of(
    id: Option<Uuid>,
    user: Uuid,
    key: Option<Vec<u8>>,
    state: Option<String>,
) -> Result<Option<Device>, DatabaseError> {
    match (id, key, state) {
        (Some(id), Some(key), Some(state)) => device(id, user, &key, &state).map(Some),
        (None, None, None) => Ok(None),
        _ => Err(DatabaseError::Corrupt("session.device_id")),
    }
}

/// Advances a session to its next refresh token.
pub(super) async fn advance_session(
    tx: &mut Scoped,
    session: SessionId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update session set refresh_generation = refresh_generation + 1, refreshed_at = $2, expires_at = $3
         where id = $1",
        session.as_uuid(),
        from_timestamp(now),
        from_timestamp(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
