//! Table `draft`: refused commands, kept for their author.
//!
//! Invariant: a row holds the complete command, so that nothing has to be typed again. It is deleted when its author sends
//! or discards it; an expert's also 30 days after the refusal, by the server's clock (D-30).

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::outbox::{OutboxRow, ids, joined};
use super::{StoreError, Stored};
use crate::command::{Command, CommandEnvelope};
use crate::ids::{CommandId, PatientId};
use crate::protocol::cbor;
use crate::refusal::RefusalRecord;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DraftRow {
    pub(crate) command_id: CommandId,
    /// The operation's name.
    pub(crate) operation: String,
    /// Earlier commands that this one depends on.
    pub(crate) depends_on: Vec<CommandId>,
    pub(crate) refusal: RefusalRecord,
    /// By the server's clock.
    pub(crate) refused_at: Timestamp,
    /// By the server's clock; `None`: without limit.
    pub(crate) kept_until: Option<Timestamp>,
    /// `None`: in a form that this build cannot decode.
    pub(crate) command: Option<Command>,
}

/// Keeps a refused command.
pub(crate) fn keep(
    conn: &Connection,
    row: &OutboxRow,
    refusal: &RefusalRecord,
    refused_at: Timestamp,
    kept_until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let device_seq = i64::try_from(row.device_seq).map_err(|_| StoreError::Unreadable("device_seq"))?;
    let fields = refusal.fields.iter().chain(&refusal.field);
    conn.prepare_cached(
        "insert or ignore into draft (command_id, device_seq, command, envelope, depends_on, code, existing, fields,
                                      refused_at, kept_until)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        Stored(row.command_id),
        device_seq,
        row.command,
        row.bytes,
        joined(&row.depends_on),
        refusal.code,
        refusal.existing.map(Stored),
        joined(fields),
        refused_at.unix_millis(),
        kept_until.map(Timestamp::unix_millis)
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<DraftRow, StoreError> {
    let envelope: Option<CommandEnvelope> = cbor::decode(&row.get::<_, Vec<u8>>("envelope")?).ok();
    let (mut operation, mut depends_on) = (
        row.get::<_, String>("command")?,
        ids(&row.get::<_, String>("depends_on")?)?,
    );
    if let Some(envelope) = &envelope
        && operation.is_empty()
    {
        // Refused before the table had these columns.
        envelope.command.name().clone_into(&mut operation);
        depends_on.clone_from(&envelope.depends_on);
    }
    let existing = row.get::<_, Option<Stored<PatientId>>>("existing")?;
    Ok(DraftRow {
        command_id: row.get::<_, Stored<_>>("command_id")?.0,
        operation,
        depends_on,
        refusal: RefusalRecord {
            code: row.get("code")?,
            field: None,
            fields: ids(&row.get::<_, String>("fields")?)?,
            existing: existing.map(|id| id.0),
        },
        refused_at: Timestamp::from_unix_millis(row.get("refused_at")?),
        kept_until: row
            .get::<_, Option<i64>>("kept_until")?
            .map(Timestamp::from_unix_millis),
        command: envelope.map(|envelope| envelope.command),
    })
}

/// All drafts, in the order in which the commands were given.
pub(crate) fn all(conn: &Connection) -> Result<Vec<DraftRow>, StoreError> {
    let mut statement = conn.prepare_cached("select * from draft order by device_seq")?;
    statement.query_and_then([], read)?.collect()
}

pub(crate) fn is_kept(conn: &Connection, id: CommandId) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("select 1 from draft where command_id = ?1")?;
    let found = statement.query_row([Stored(id)], |_| Ok(())).optional()?;
    Ok(found.is_some())
}

pub(crate) fn count(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("select count(*) from draft", [], |row| row.get(0))?)
}

/// Deletes a draft that was sent or discarded.
pub(crate) fn delete(conn: &Connection, id: CommandId) -> Result<(), StoreError> {
    conn.prepare_cached("delete from draft where command_id = ?1")?
        .execute([Stored(id)])?;
    Ok(())
}

/// Deletes drafts whose time has passed by the server's clock.
pub(crate) fn forget_old(conn: &Connection, server_time: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("delete from draft where kept_until < ?1")?
        .execute([server_time.unix_millis()])?;
    Ok(())
}
