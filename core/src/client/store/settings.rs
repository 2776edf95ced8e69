//! Single values: the cursor, the last `device_seq`, the app's version, the time of the last successful
//! sync.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::StoreError;
use crate::protocol::sync::Cursor;
use crate::time::Timestamp;

const CURSOR: &str = "cursor";
const DEVICE_SEQ: &str = "device_seq";
const APP_VERSION: &str = "app_version";
const LAST_SYNC_AT: &str = "last_sync_at";
const SERVER_TIME: &str = "server_time";
const LAST_ERROR: &str = "last_error";
const BOOTSTRAPPING: &str = "bootstrapping";
const GAP_ROUNDS: &str = "gap_rounds";

fn get<T: FromSql>(conn: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    let mut statement = conn.prepare_cached("select value from setting where key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn set(conn: &Connection, key: &str, value: impl ToSql) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into setting (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value",
    )?
    .execute(params![key, value])?;
    Ok(())
}

fn remove(conn: &Connection, key: &str) -> Result<(), StoreError> {
    conn.prepare_cached("delete from setting where key = ?1")?
        .execute([key])?;
    Ok(())
}

/// The phone's position in the feed.
pub(crate) fn cursor(conn: &Connection) -> Result<Option<Cursor>, StoreError> {
    Ok(get::<Vec<u8>>(conn, CURSOR)?.map(|bytes| Cursor(bytes.into())))
}

/// Sets the position in the feed; `None` resets it to the start.
pub(crate) fn set_cursor(conn: &Connection, cursor: Option<&Cursor>) -> Result<(), StoreError> {
    match cursor {
        Some(cursor) => set(conn, CURSOR, cursor.0.as_slice()),
        None => remove(conn, CURSOR),
    }
}

/// The next sequence number for this device's commands; never reused, even after the outbox is empty.
pub(crate) fn next_device_seq(conn: &Connection) -> Result<i64, StoreError> {
    let next = get::<i64>(conn, DEVICE_SEQ)?.unwrap_or(0) + 1;
    set(conn, DEVICE_SEQ, next)?;
    Ok(next)
}

/// The version of the app that last used the store.
pub(crate) fn app_version(conn: &Connection) -> Result<Option<String>, StoreError> {
    get(conn, APP_VERSION)
}

pub(crate) fn set_app_version(conn: &Connection, version: &str) -> Result<(), StoreError> {
    set(conn, APP_VERSION, version)
}

/// When the phone was last up to date with the server.
pub(crate) fn last_sync_at(conn: &Connection) -> Result<Option<Timestamp>, StoreError> {
    Ok(get(conn, LAST_SYNC_AT)?.map(Timestamp::from_unix_millis))
}

/// Records that the phone is up to date with the server, and clears the last error.
pub(crate) fn set_last_sync_at(conn: &Connection, at: Timestamp) -> Result<(), StoreError> {
    remove(conn, LAST_ERROR)?;
    set(conn, LAST_SYNC_AT, at.unix_millis())
}

/// The server's clock in its last answer.
pub(crate) fn server_time(conn: &Connection) -> Result<Option<Timestamp>, StoreError> {
    Ok(get(conn, SERVER_TIME)?.map(Timestamp::from_unix_millis))
}

pub(crate) fn set_server_time(conn: &Connection, at: Timestamp) -> Result<(), StoreError> {
    set(conn, SERVER_TIME, at.unix_millis())
}

/// The code of the last error since sync last succeeded.
pub(crate) fn last_error(conn: &Connection) -> Result<Option<String>, StoreError> {
    get(conn, LAST_ERROR)
}

/// Records an error. A code, never content.
pub(crate) fn set_last_error(conn: &Connection, code: &str) -> Result<(), StoreError> {
    set(conn, LAST_ERROR, code)
}

/// Whether the feed is being read from the start.
pub(crate) fn is_bootstrapping(conn: &Connection) -> Result<bool, StoreError> {
    Ok(get::<bool>(conn, BOOTSTRAPPING)?.unwrap_or(false))
}

pub(crate) fn set_bootstrapping(conn: &Connection, on: bool) -> Result<(), StoreError> {
    set(conn, BOOTSTRAPPING, on)
}

/// The number of consecutive catch-ups that ended with a gap in a stream.
pub(crate) fn gap_rounds(conn: &Connection) -> Result<u32, StoreError> {
    Ok(get(conn, GAP_ROUNDS)?.unwrap_or(0))
}

pub(crate) fn set_gap_rounds(conn: &Connection, rounds: u32) -> Result<(), StoreError> {
    set(conn, GAP_ROUNDS, rounds)
}
