//! Table `chat_device`: this phone's keys for chats. One row.

use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use crate::chat::Signed;
use crate::client::chat::keys::ChatKeys;
use crate::client::store::{StoreError, Stored};
use crate::crypto::SigningKey;
use crate::crypto::hpke::{X25519Secret, XWingSecret};
use crate::ids::DeviceId;
use crate::time::Timestamp;

/// Whether the server has this phone's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Published {
    New,
    Stored,
    /// The code with which it was refused.
    Refused(String),
}

impl Published {
    const NEW: &'static str = "new";
    const STORED: &'static str = "stored";

    fn of(name: String) -> Self {
        match name.as_str() {
            Self::NEW => Self::New,
            Self::STORED => Self::Stored,
            _ => Self::Refused(name),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::New => Self::NEW,
            Self::Stored => Self::STORED,
            Self::Refused(code) => code,
        }
    }
}

/// The keys, if they were made.
pub(crate) fn keys(conn: &Connection) -> Result<Option<(ChatKeys, Published)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select identity_seed, signing_seed, x25519_secret, xwing_secret, certificate, published from chat_device",
    )?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let secret = |column: &str| -> Result<Zeroizing<[u8; 32]>, StoreError> {
        let bytes = Zeroizing::new(row.get::<_, Vec<u8>>(column)?);
        let bytes = bytes.as_slice().try_into();
        bytes
            .map(Zeroizing::new)
            .map_err(|_| StoreError::Unreadable("chat key"))
    };
    let unreadable = |_| StoreError::Unreadable("chat key");
    let certificate: Vec<u8> = row.get("certificate")?;
    let keys = ChatKeys {
        identity: SigningKey::from_seed(&*secret("identity_seed")?),
        signing: SigningKey::from_seed(&*secret("signing_seed")?),
        x25519: X25519Secret::from_bytes(secret("x25519_secret")?.as_slice()).map_err(unreadable)?,
        xwing: XWingSecret::from_bytes(secret("xwing_secret")?.as_slice()).map_err(unreadable)?,
        certificate: Signed::decode(&certificate).map_err(|_| StoreError::Unreadable("chat certificate"))?,
    };
    Ok(Some((keys, Published::of(row.get("published")?))))
}

/// What the server said to the certificate, if there is one.
pub(crate) fn published(conn: &Connection) -> Result<Option<Published>, StoreError> {
    let mut statement = conn.prepare_cached("select published from chat_device")?;
    let mut rows = statement.query([])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?.map(Published::of))
}

/// The device that the keys are of, without reading them.
pub(crate) fn device_id(conn: &Connection) -> Result<Option<DeviceId>, StoreError> {
    let mut statement = conn.prepare_cached("select device_id from chat_device")?;
    let mut rows = statement.query([])?;
    let found = rows.next()?.map(|row| row.get::<_, Stored<DeviceId>>(0));
    Ok(found.transpose()?.map(|id| id.0))
}

/// Stores new keys, in place of any others.
pub(crate) fn put(conn: &Connection, keys: &ChatKeys) -> Result<(), StoreError> {
    let device = keys.certificate.value();
    conn.prepare_cached(
        "insert or replace into chat_device
           (only_one, user_id, device_id, identity_seed, signing_seed, x25519_secret, xwing_secret, certificate, published)
         values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        Stored(device.user_id),
        Stored(device.device_id),
        keys.identity.seed().as_slice(),
        keys.signing.seed().as_slice(),
        keys.x25519.as_bytes().as_slice(),
        keys.xwing.as_bytes().as_slice(),
        keys.certificate.encode(),
        Published::NEW,
    ])?;
    Ok(())
}

/// Stores what the server said to the certificate, at this time of its clock.
pub(crate) fn set_published(
    conn: &Connection,
    published: &Published,
    server_time: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached("update chat_device set published = ?1, answered_at = ?2")?
        .execute(params![published.name(), server_time.unix_millis()])?;
    Ok(())
}

/// Whether there is a certificate of this device that the server has, or refused after this time of its clock.
pub(crate) fn is_answered(
    conn: &Connection,
    device_id: Option<DeviceId>,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "select 1 from chat_device
         where device_id = ?1 and (published = ?2 or published <> ?3 and answered_at >= ?4)",
    )?;
    Ok(statement.exists(params![
        device_id.map(Stored),
        Published::STORED,
        Published::NEW,
        since.unix_millis()
    ])?)
}
