//! The SQL of table `session`: a single row with the phone's user, signing key and tokens.
//!
//! Invariant: the user stays until they sign out, even if their tokens are no longer accepted, so that
//! an offline phone keeps working. A second user is never added beside them.

use rusqlite::{Connection, Row, Transaction, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{StoreError, Stored};
use crate::actor::{Acting, Actor, Origin};
use crate::client::session::Session;
use crate::crypto::SigningKey;
use crate::ids::{DeviceId, InstitutionId, ProviderId};
use crate::protocol::sessions::SessionGrant;
use crate::time::Timestamp;

/// The phone's id and signing key.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) key: SigningKey,
}

/// The latest tokens.
pub(crate) struct Tokens {
    pub(crate) access: Zeroizing<String>,
    pub(crate) access_expires_at: Timestamp,
    pub(crate) refresh: Zeroizing<String>,
}

fn one<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    rows.next()?.map(read).transpose()
}

/// The phone's id and key, once generated.
pub(crate) fn device(conn: &Connection) -> Result<Option<Device>, StoreError> {
    one(
        conn,
        "select device_id, device_seed from session where device_seed is not null",
        |row| {
            let seed = Zeroizing::new(row.get::<_, Vec<u8>>("device_seed")?);
            let seed = seed
                .as_slice()
                .try_into()
                .map_err(|_| StoreError::Unreadable("device seed"))?;
            let id = row.get::<_, Stored<_>>("device_id")?.0;
            Ok(Device {
                id,
                key: SigningKey::from_seed(seed),
            })
        },
    )
}

/// Stores a new device's id and key.
pub(crate) fn keep_device(tx: &Transaction<'_>, device: &Device) -> Result<(), StoreError> {
    tx.execute(
        "insert into session (only_one, device_id, device_seed) values (1, ?1, ?2)
         on conflict (only_one) do update set device_id = excluded.device_id, device_seed = excluded.device_seed",
        params![Stored(device.id), device.key.seed().as_slice()],
    )?;
    Ok(())
}

/// Stores the result of a sign-in or a refresh.
pub(crate) fn keep_grant(
    tx: &Transaction<'_>,
    grant: &SessionGrant,
    server_url: &str,
) -> Result<(), StoreError> {
    let (role, party) = match grant.acting {
        Acting::Requester { institution } => ("requester", Some(institution.as_uuid())),
        Acting::Provider { provider } => ("provider", Some(provider.as_uuid())),
        Acting::Admin => ("admin", None),
        Acting::System => ("system", None),
    };
    tx.execute(
        "update session set user_id = ?1, role = ?2, party_id = ?3, display_name = ?4, session_id = ?5,
                            access_token = ?6, access_expires_at = ?7, refresh_token = ?8, server_url = ?9",
        params![
            Stored(grant.user_id),
            role,
            party.map(Stored),
            grant.display_name,
            Stored(grant.session_id),
            grant.access_token,
            grant.access_expires_at.unix_millis(),
            grant.refresh_token,
            server_url,
        ],
    )?;
    Ok(())
}

/// The signed-in user.
pub(crate) fn current(conn: &Connection) -> Result<Option<Session>, StoreError> {
    one(conn, "select * from session where user_id is not null", |row| {
        let device = row.get::<_, Stored<_>>("device_id")?.0;
        let party = row
            .get::<_, Option<Stored<Uuid>>>("party_id")?
            .map(|party| party.0);
        let acting = match (row.get::<_, String>("role")?.as_str(), party) {
            ("requester", Some(id)) => Acting::Requester {
                institution: InstitutionId::from_uuid(id),
            },
            ("provider", Some(id)) => Acting::Provider {
                provider: ProviderId::from_uuid(id),
            },
            ("admin", None) => Acting::Admin,
            _ => return Err(StoreError::Unreadable("role")),
        };
        Ok(Session {
            actor: Actor {
                user: row.get::<_, Stored<_>>("user_id")?.0,
                acting,
                origin: Origin::Device(device),
            },
            session_id: row.get::<_, Stored<_>>("session_id")?.0,
            display_name: row.get("display_name")?,
        })
    })
}

/// The latest tokens, while a user is signed in.
pub(crate) fn tokens(conn: &Connection) -> Result<Option<Tokens>, StoreError> {
    one(
        conn,
        "select * from session where access_token is not null and refresh_token is not null",
        |row| {
            Ok(Tokens {
                access: Zeroizing::new(row.get("access_token")?),
                access_expires_at: Timestamp::from_unix_millis(row.get("access_expires_at")?),
                refresh: Zeroizing::new(row.get("refresh_token")?),
            })
        },
    )
}

/// Deletes user, tokens and the device's key. The next sign-in enrols a new device.
pub(crate) fn forget(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("delete from session", [])?;
    Ok(())
}
