//! Tables `outbox` and `settled_command`: confirmed commands that must reach the server, and their
//! results.
//!
//! Invariant: a row leaves the outbox only with the server's final answer. Nothing else deletes from
//! it, neither a purge nor a reset.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, Stored};
use crate::command::{Aggregate, CommandEnvelope};
use crate::ids::CommandId;
use crate::protocol::cbor;
use crate::protocol::sync::PushItem;
use crate::time::Timestamp;

/// How long a command's result is kept, in milliseconds: 30 days.
const SETTLED_KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

named! {
    /// Whether the server may have seen a command.
    pub enum OutboxState {
        /// Never sent.
        Waiting = "waiting",
        /// Sent at least once; the result is not known.
        Sent = "sent",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutboxRow {
    pub(crate) device_seq: u64,
    pub(crate) envelope: CommandEnvelope,
    pub(crate) state: OutboxState,
    pub(crate) attempts: u32,
}

fn parts(aggregate: Aggregate) -> (String, String) {
    let key = aggregate.key();
    (key.kind, key.id.to_string())
}

/// Adds a command as the exact bytes that will be sent, including on every retry.
pub(crate) fn insert(
    conn: &Connection,
    device_seq: i64,
    envelope: &CommandEnvelope,
) -> Result<(), StoreError> {
    let bytes = cbor::encode(envelope).map_err(|_| StoreError::Unreadable("command"))?;
    let (kind, id) = parts(envelope.command.aggregate());
    let depends_on: Vec<String> = envelope.depends_on.iter().map(ToString::to_string).collect();
    conn.prepare_cached(
        "insert into outbox
           (device_seq, command_id, command, aggregate_kind, aggregate_id, envelope, depends_on, issued_at, state)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting')",
    )?
    .execute(params![
        device_seq,
        Stored(envelope.command_id),
        envelope.command.spec().name,
        kind,
        id,
        bytes,
        depends_on.join(" "),
        envelope.issued_at.unix_millis()
    ])?;
    Ok(())
}

type RawRow = (i64, Vec<u8>, String, u32);

fn raw(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn read((device_seq, envelope, state, attempts): RawRow) -> Result<OutboxRow, StoreError> {
    Ok(OutboxRow {
        device_seq: u64::try_from(device_seq).map_err(|_| StoreError::Unreadable("device_seq"))?,
        envelope: cbor::decode(&envelope).map_err(|_| StoreError::Unreadable("command"))?,
        state: OutboxState::from_name(&state).ok_or(StoreError::Unreadable("outbox state"))?,
        attempts,
    })
}

/// All commands waiting for an answer, oldest first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<OutboxRow>, StoreError> {
    let mut statement =
        conn.prepare_cached("select device_seq, envelope, state, attempts from outbox order by device_seq")?;
    let rows: Vec<RawRow> = statement.query_map([], raw)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(read).collect()
}

/// The commands about one record that wait for an answer, oldest first.
pub(crate) fn of_aggregate(conn: &Connection, aggregate: Aggregate) -> Result<Vec<OutboxRow>, StoreError> {
    let (kind, id) = parts(aggregate);
    let mut statement = conn.prepare_cached(
        "select device_seq, envelope, state, attempts from outbox
         where aggregate_kind = ?1 and aggregate_id = ?2 order by device_seq",
    )?;
    let rows: Vec<RawRow> = statement.query_map([kind, id], raw)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(read).collect()
}

/// The command with this id, if it is still waiting for an answer.
pub(crate) fn find(conn: &Connection, id: CommandId) -> Result<Option<OutboxRow>, StoreError> {
    let mut statement = conn
        .prepare_cached("select device_seq, envelope, state, attempts from outbox where command_id = ?1")?;
    statement
        .query_row([Stored(id)], raw)
        .optional()?
        .map(read)
        .transpose()
}

/// The oldest `limit` commands in wire form.
pub(crate) fn to_push(conn: &Connection, limit: usize) -> Result<Vec<PushItem>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement =
        conn.prepare_cached("select command_id, envelope from outbox order by device_seq limit ?1")?;
    let items = statement.query_map([limit], |row| {
        Ok(PushItem {
            id: row.get::<_, Stored<CommandId>>(0)?.0,
            envelope: row.get::<_, Vec<u8>>(1)?.into(),
        })
    })?;
    Ok(items.collect::<Result<_, _>>()?)
}

/// Marks commands as sent: from now on the server may have seen them.
pub(crate) fn mark_sent(conn: &Connection, ids: &[CommandId]) -> Result<(), StoreError> {
    let mut statement = conn
        .prepare_cached("update outbox set state = 'sent', attempts = attempts + 1 where command_id = ?1")?;
    for id in ids {
        statement.execute([Stored(*id)])?;
    }
    Ok(())
}

/// The number of commands waiting for an answer.
pub(crate) fn count(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("select count(*) from outbox", [], |row| row.get(0))?)
}

/// Moves a command with a final answer from the outbox to the settled commands. Returns its row, or
/// `None` if it had already left the outbox.
pub(crate) fn settle(
    conn: &Connection,
    id: CommandId,
    refusal_code: Option<&str>,
    now: Timestamp,
) -> Result<Option<OutboxRow>, StoreError> {
    let Some(row) = find(conn, id)? else {
        return Ok(None);
    };
    let (kind, aggregate) = parts(row.envelope.command.aggregate());
    conn.prepare_cached(
        "insert or replace into settled_command
           (command_id, command, aggregate_kind, aggregate_id, refusal_code, settled_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        Stored(id),
        row.envelope.command.spec().name,
        kind,
        aggregate,
        refusal_code,
        now.unix_millis()
    ])?;
    conn.prepare_cached("delete from outbox where command_id = ?1")?
        .execute([Stored(id)])?;
    Ok(Some(row))
}

/// Deletes the results of commands settled more than 30 days ago.
pub(crate) fn forget_old(conn: &Connection, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("delete from settled_command where settled_at < ?1")?
        .execute([now.plus_millis(-SETTLED_KEPT_MILLIS).unix_millis()])?;
    Ok(())
}
