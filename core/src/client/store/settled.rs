//! Table `settled_command`: how commands ended, for 30 days.
//!
//! Invariant: a row holds nothing that a person entered, because it outlives the case. Of a command that created its record
//! there is a hash, by which the same one is known when it comes again.

use rusqlite::{Connection, OptionalExtension, params};

use super::outbox::{self, OutboxRow};
use super::{StoreError, Stored};
use crate::command::{Aggregate, Command};
use crate::crypto::Sha256Hash;
use crate::ids::CommandId;
use crate::protocol::cbor;
use crate::time::Timestamp;

/// How long a command's result is kept, in milliseconds: 30 days.
const SETTLED_KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

/// Moves a command with a final answer from the outbox to the settled commands. Returns its row, or
/// `None` if it had already left the outbox.
pub(crate) fn settle(
    conn: &Connection,
    id: CommandId,
    refusal_code: Option<&str>,
    server_time: Timestamp,
) -> Result<Option<OutboxRow>, StoreError> {
    let Some(row) = outbox::find(conn, id)? else {
        return Ok(None);
    };
    let command = row.envelope.as_ref().map(|envelope| &envelope.command);
    let creates = command.filter(|command| command.spec().creates);
    let content = creates.map(content).transpose()?;
    conn.prepare_cached(
        "insert or replace into settled_command
           (command_id, command, aggregate_kind, aggregate_id, refusal_code, settled_at, content)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        Stored(id),
        row.command,
        row.aggregate.kind,
        Stored(row.aggregate.id),
        refusal_code,
        server_time.unix_millis(),
        content.map(Stored)
    ])?;
    outbox::remove(conn, id)?;
    Ok(Some(row))
}

/// Deletes the results of commands settled more than 30 days ago, by the server's clock.
pub(crate) fn forget_old(conn: &Connection, server_time: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("delete from settled_command where settled_at < ?1")?
        .execute([server_time.plus_millis(-SETTLED_KEPT_MILLIS).unix_millis()])?;
    Ok(())
}

/// The hash of what a command asks for.
pub(crate) fn content(command: &Command) -> Result<Sha256Hash, StoreError> {
    let bytes = cbor::encode(command).map_err(|_| StoreError::Unreadable("command"))?;
    Ok(Sha256Hash::of(&bytes))
}

/// The content of the applied command of this name that created the record.
pub(crate) fn creation(
    conn: &Connection,
    name: &str,
    aggregate: Aggregate,
) -> Result<Option<Sha256Hash>, StoreError> {
    let key = aggregate.key();
    let mut statement = conn.prepare_cached(
        "select content from settled_command
         where aggregate_kind = ?1 and aggregate_id = ?2 and command = ?3 and refusal_code is null
           and content is not null",
    )?;
    let found = statement.query_row(params![key.kind, Stored(key.id), name], |row| {
        row.get::<_, Stored<Sha256Hash>>(0)
    });
    Ok(found.optional()?.map(|content| content.0))
}
