//! Table `refused_command`: commands that the server refused and their author may resume.
//!
//! Invariant: a row holds the complete command, so that nothing has to be typed again, and is deleted
//! after 30 days.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, Stored};
use crate::command::CommandEnvelope;
use crate::ids::{CommandId, PatientId};
use crate::protocol::cbor;
use crate::refusal::RefusalRecord;
use crate::time::Timestamp;

/// How long a refused command is kept, in milliseconds: 30 days.
const KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RefusedRow {
    pub(crate) envelope: CommandEnvelope,
    pub(crate) refusal: RefusalRecord,
    pub(crate) refused_at: Timestamp,
}

pub(crate) fn keep(
    conn: &Connection,
    device_seq: u64,
    envelope: &CommandEnvelope,
    refusal: &RefusalRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let bytes = cbor::encode(envelope).map_err(|_| StoreError::Unreadable("command"))?;
    let device_seq = i64::try_from(device_seq).map_err(|_| StoreError::Unreadable("device_seq"))?;
    conn.prepare_cached(
        "insert or ignore into refused_command (command_id, device_seq, envelope, code, existing, fields, refused_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        Stored(envelope.command_id),
        device_seq,
        bytes,
        refusal.code,
        refusal.existing.map(Stored),
        refusal.fields.join(" "),
        now.unix_millis()
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<RefusedRow, StoreError> {
    let envelope: Vec<u8> = row.get("envelope")?;
    let fields: String = row.get("fields")?;
    Ok(RefusedRow {
        envelope: cbor::decode(&envelope).map_err(|_| StoreError::Unreadable("command"))?,
        refusal: RefusalRecord {
            code: row.get("code")?,
            field: None,
            fields: fields.split_whitespace().map(str::to_owned).collect(),
            existing: row
                .get::<_, Option<Stored<PatientId>>>("existing")?
                .map(|id| id.0),
        },
        refused_at: Timestamp::from_unix_millis(row.get("refused_at")?),
    })
}

/// All refused commands, in the order in which they were given.
pub(crate) fn all(conn: &Connection) -> Result<Vec<RefusedRow>, StoreError> {
    let mut statement = conn.prepare_cached("select * from refused_command order by device_seq")?;
    statement.query_and_then([], read)?.collect()
}

pub(crate) fn is_kept(conn: &Connection, id: CommandId) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("select 1 from refused_command where command_id = ?1")?;
    Ok(statement
        .query_row([Stored(id)], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Deletes a command that was resumed or abandoned.
pub(crate) fn delete(conn: &Connection, id: CommandId) -> Result<(), StoreError> {
    conn.prepare_cached("delete from refused_command where command_id = ?1")?
        .execute([Stored(id)])?;
    Ok(())
}

/// Deletes commands refused more than 30 days ago.
pub(crate) fn forget_old(conn: &Connection, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("delete from refused_command where refused_at < ?1")?
        .execute([now.plus_millis(-KEPT_MILLIS).unix_millis()])?;
    Ok(())
}
