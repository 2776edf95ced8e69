//! Table `outbox`: confirmed commands that must reach the server. How they ended is in `settled`.
//!
//! Invariant: a row leaves the outbox with the server's final answer, or when its author takes back a held command,
//! which then is a draft. Nothing else deletes from it, neither a purge nor a reset.

use std::str::FromStr;

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::{StoreError, Stored};
use crate::command::{Aggregate, CommandEnvelope};
use crate::ids::{CommandId, DocumentId};
use crate::protocol::cbor;
use crate::protocol::sync::{HeldUp, PushItem, RecordKey};
use crate::time::Timestamp;

named! {
    /// Whether the server may have seen a command.
    pub enum OutboxState {
        /// Never sent.
        Waiting = "waiting",
        /// Sent at least once; the result is not known.
        Sent = "sent",
        /// The server cannot process it. It stays, and is tried again after a while.
        Held = "held",
    }
}

/// Why a command has not been answered, or a file does not get on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A stable code, such as `unknown_command`, `server_busy` or, for a file, `interrupted`.
    pub code: String,
    /// The reference to quote to support; empty if there is none.
    pub reference: String,
    /// Since when, by the phone's clock.
    pub since: Timestamp,
}

impl Trouble {
    /// From the columns `trouble_code`, `trouble_reference` and `trouble_since`.
    pub(crate) fn read(row: &Row<'_>) -> Result<Option<Self>, StoreError> {
        let Some(code) = row.get("trouble_code")? else {
            return Ok(None);
        };
        let reference: Option<String> = row.get("trouble_reference")?;
        Ok(Some(Self {
            code,
            reference: reference.unwrap_or_default(),
            since: Timestamp::from_unix_millis(row.get("trouble_since")?),
        }))
    }
}

/// A row of the outbox. Everything that sending and settling need stands in columns, so that a command that this build
/// cannot decode is sent and settled like any other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutboxRow {
    pub(crate) device_seq: u64,
    pub(crate) command_id: CommandId,
    /// The operation's name.
    pub(crate) command: String,
    pub(crate) aggregate: RecordKey,
    pub(crate) depends_on: Vec<CommandId>,
    pub(crate) files: Vec<DocumentId>,
    pub(crate) issued_at: Timestamp,
    pub(crate) state: OutboxState,
    pub(crate) attempts: u32,
    pub(crate) trouble: Option<Trouble>,
    /// The exact bytes that are sent.
    pub(crate) bytes: Vec<u8>,
    /// `None`: written by another version of the app, in a form that this build cannot decode.
    pub(crate) envelope: Option<CommandEnvelope>,
}

impl OutboxRow {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let bytes: Vec<u8> = row.get("envelope")?;
        let envelope: Option<CommandEnvelope> = cbor::decode(&bytes).ok();
        let mut files = ids(&row.get::<_, String>("files")?)?;
        if let Some(envelope) = &envelope
            && files.is_empty()
        {
            // A row written before the column existed.
            files = envelope
                .command
                .files()
                .iter()
                .map(|file| file.document_id)
                .collect();
        }
        Ok(Self {
            device_seq: u64::try_from(row.get::<_, i64>("device_seq")?)
                .map_err(|_| StoreError::Unreadable("device_seq"))?,
            command_id: row.get::<_, Stored<CommandId>>("command_id")?.0,
            command: row.get("command")?,
            aggregate: key_of(row)?,
            depends_on: ids(&row.get::<_, String>("depends_on")?)?,
            files,
            issued_at: Timestamp::from_unix_millis(row.get("issued_at")?),
            state: OutboxState::from_name(&row.get::<_, String>("state")?)
                .ok_or(StoreError::Unreadable("outbox state"))?,
            attempts: row.get("attempts")?,
            trouble: Trouble::read(row)?,
            bytes,
            envelope,
        })
    }
}

fn key_of(row: &Row<'_>) -> Result<RecordKey, StoreError> {
    Ok(RecordKey {
        kind: row.get("aggregate_kind")?,
        id: row.get::<_, Stored<Uuid>>("aggregate_id")?.0,
    })
}

/// Reads what [`joined`] wrote.
pub(super) fn ids<T: FromStr>(text: &str) -> Result<Vec<T>, StoreError> {
    let parsed = text.split_whitespace().map(str::parse);
    parsed
        .collect::<Result<_, _>>()
        .map_err(|_| StoreError::Unreadable("ids"))
}

/// Ids as one column: separated by spaces.
pub(super) fn joined<T: ToString>(ids: impl IntoIterator<Item = T>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    ids.join(" ")
}

/// Adds a command as the exact bytes that will be sent, including on every retry.
pub(crate) fn insert(
    conn: &Connection,
    device_seq: i64,
    envelope: &CommandEnvelope,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let key = envelope.command.aggregate().key();
    conn.prepare_cached(
        "insert into outbox
           (device_seq, command_id, command, aggregate_kind, aggregate_id, envelope, depends_on, files, issued_at, state)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting')",
    )?
    .execute(params![
        device_seq,
        Stored(envelope.command_id),
        envelope.command.spec().name,
        key.kind,
        Stored(key.id),
        bytes,
        joined(&envelope.depends_on),
        joined(envelope.command.files().iter().map(|file| file.document_id)),
        envelope.issued_at.unix_millis()
    ])?;
    Ok(())
}

/// All commands waiting for an answer, oldest first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<OutboxRow>, StoreError> {
    let mut statement = conn.prepare_cached("select * from outbox order by device_seq")?;
    statement.query_and_then([], OutboxRow::read)?.collect()
}

/// The commands about one record that wait for an answer, oldest first.
pub(crate) fn of_aggregate(conn: &Connection, aggregate: Aggregate) -> Result<Vec<OutboxRow>, StoreError> {
    let key = aggregate.key();
    let mut statement = conn.prepare_cached(
        "select * from outbox where aggregate_kind = ?1 and aggregate_id = ?2 order by device_seq",
    )?;
    let rows = statement.query_and_then(params![key.kind, Stored(key.id)], OutboxRow::read)?;
    rows.collect()
}

/// The command with this id, if it is still waiting for an answer.
pub(crate) fn find(conn: &Connection, id: CommandId) -> Result<Option<OutboxRow>, StoreError> {
    let mut statement = conn.prepare_cached("select * from outbox where command_id = ?1")?;
    let mut rows = statement.query([Stored(id)])?;
    rows.next()?.map(OutboxRow::read).transpose()
}

/// A command that may be sent, with what its order depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) item: PushItem,
    pub(crate) aggregate: RecordKey,
    pub(crate) depends_on: Vec<CommandId>,
}

/// The oldest `limit` commands that may be sent. Held commands are due again at a time of the server's clock.
pub(crate) fn to_push(
    conn: &Connection,
    server_time: Option<Timestamp>,
    limit: usize,
) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select command_id, aggregate_kind, aggregate_id, depends_on, state = 'held' and coalesce(try_at, 0) > ?1
         from outbox order by device_seq",
    )?;
    let server_time = server_time.map_or(i64::MIN, Timestamp::unix_millis);
    let mut rows = statement.query([server_time])?;
    let (mut held_up, mut chosen) = (HeldUp::default(), Vec::new());
    while let Some(row) = rows.next()?
        && chosen.len() < limit
    {
        let id = row.get::<_, Stored<CommandId>>("command_id")?.0;
        let aggregate = key_of(row)?;
        let depends_on: Vec<CommandId> = ids(&row.get::<_, String>("depends_on")?)?;
        if row.get(4)? || held_up.contains(id, &aggregate, &depends_on) {
            held_up.add(id, Some(&aggregate));
        } else {
            chosen.push((id, aggregate, depends_on));
        }
    }
    let mut bytes = conn.prepare_cached("select envelope from outbox where command_id = ?1")?;
    let waiting = chosen.into_iter().map(|(id, aggregate, depends_on)| {
        let envelope: Vec<u8> = bytes.query_row([Stored(id)], |row| row.get(0))?;
        Ok(Waiting {
            item: PushItem {
                id,
                envelope: envelope.into(),
                aggregate: Some(aggregate.clone()),
            },
            aggregate,
            depends_on,
        })
    });
    waiting.collect()
}

/// Records why a command was not answered. The time of the first such report stays.
pub(crate) fn set_trouble(
    conn: &Connection,
    id: CommandId,
    code: &str,
    reference: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update outbox set trouble_since = case when trouble_code = ?2 then trouble_since else ?4 end,
                           trouble_code = ?2, trouble_reference = ?3 where command_id = ?1",
    )?
    .execute(params![Stored(id), code, reference, now.unix_millis()])?;
    Ok(())
}

/// Holds a command until this time of the server's clock.
pub(crate) fn hold(conn: &Connection, id: CommandId, try_at: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("update outbox set state = 'held', try_at = ?2 where command_id = ?1")?
        .execute(params![Stored(id), try_at.unix_millis()])?;
    Ok(())
}

/// Sends held commands again as soon as possible. Returns how many there were.
pub(crate) fn release_held(conn: &Connection) -> Result<usize, StoreError> {
    Ok(conn.execute(
        "update outbox set state = 'sent', try_at = null where state = 'held'",
        [],
    )?)
}

/// Removes a command without an answer. Only for commands that the server is known not to have applied.
pub(crate) fn remove(conn: &Connection, id: CommandId) -> Result<(), StoreError> {
    conn.prepare_cached("delete from outbox where command_id = ?1")?
        .execute([Stored(id)])?;
    Ok(())
}

/// The trouble of a command that is too large for the server or for the line.
pub(crate) const TOO_LARGE: &str = "too_large";

/// Sends commands again that were held for their size: another line may take them.
pub(crate) fn release_too_large(conn: &Connection) -> Result<(), StoreError> {
    conn.execute(
        "update outbox set try_at = null where state = 'held' and trouble_code = ?1",
        [TOO_LARGE],
    )?;
    Ok(())
}

/// The number of held commands.
pub(crate) fn count_held(conn: &Connection) -> Result<u32, StoreError> {
    let sql = "select count(*) from outbox where state = 'held'";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// Marks commands as sent: from now on the server may have seen them.
pub(crate) fn mark_sent(conn: &Connection, ids: impl Iterator<Item = CommandId>) -> Result<(), StoreError> {
    let mut statement = conn
        .prepare_cached("update outbox set state = 'sent', attempts = attempts + 1 where command_id = ?1")?;
    for id in ids {
        statement.execute([Stored(id)])?;
    }
    Ok(())
}

/// The number of commands waiting for an answer.
pub(crate) fn count(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("select count(*) from outbox", [], |row| row.get(0))?)
}
