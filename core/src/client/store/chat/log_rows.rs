//! Tables `chat`, `chat_entry`, `chat_chain`, `chat_burnt` and `chat_epoch_key`.
//!
//! Invariant: `chat` is the state after the entry `chat.seq`, all up to it are here with their heads, and nothing above it
//! has one.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::chat::{Appended, ChainHead, ChatFault, EpochHead, Log, LogHead, LogState};
use crate::client::chat::keys::EpochKey;
use crate::client::store::{StoreError, Stored};
use crate::crypto::Sha256Hash;
use crate::ids::{CaseId, DeviceId};
use crate::time::Timestamp;

fn number(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| StoreError::Unreadable("chat seq"))
}

fn seq(row: &Row<'_>, column: &str) -> Result<u64, StoreError> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| StoreError::Unreadable("chat seq"))
}

fn hash(bytes: &[u8]) -> Result<Sha256Hash, StoreError> {
    Sha256Hash::try_from(bytes).map_err(|_| StoreError::Unreadable("chat hash"))
}

/// The log of a case as of the newest entry that was checked; an empty one if there is none yet.
pub(crate) fn log(conn: &Connection, case_id: CaseId) -> Result<Log, StoreError> {
    let mut statement = conn.prepare_cached(
        "select seq, head, epoch, epoch_hash, epoch_rev, roster from chat where case_id = ?1",
    )?;
    let mut rows = statement.query([Stored(case_id)])?;
    let Some(row) = rows.next()? else {
        return Ok(Log::new(case_id));
    };
    let head = LogHead {
        seq: seq(row, "seq")?,
        hash: hash(&row.get::<_, Vec<u8>>("head")?)?,
    };
    let epoch = match row.get::<_, Option<Vec<u8>>>("epoch_hash")? {
        Some(bytes) => Some(EpochHead {
            number: row.get("epoch")?,
            hash: hash(&bytes)?,
            member_rev: row.get("epoch_rev")?,
        }),
        None => None,
    };
    let state = LogState {
        head,
        epoch,
        roster: row.get("roster")?,
    };
    Log::restore(case_id, &state, chains(conn, case_id)?, burnt(conn, case_id)?)
        .map_err(|_| StoreError::Unreadable("chat roster"))
}

fn chains(conn: &Connection, case_id: CaseId) -> Result<Vec<(DeviceId, ChainHead)>, StoreError> {
    let mut statement =
        conn.prepare_cached("select device_id, seq, link from chat_chain where case_id = ?1")?;
    let mut rows = statement.query([Stored(case_id)])?;
    let mut chains = Vec::new();
    while let Some(row) = rows.next()? {
        let chain = ChainHead {
            seq: seq(row, "seq")?,
            link: hash(&row.get::<_, Vec<u8>>("link")?)?,
        };
        chains.push((row.get::<_, Stored<DeviceId>>("device_id")?.0, chain));
    }
    Ok(chains)
}

fn burnt(conn: &Connection, case_id: CaseId) -> Result<Vec<(DeviceId, u64)>, StoreError> {
    let mut statement = conn.prepare_cached("select device_id, seq from chat_burnt where case_id = ?1")?;
    let mut rows = statement.query([Stored(case_id)])?;
    let mut burnt = Vec::new();
    while let Some(row) = rows.next()? {
        burnt.push((row.get::<_, Stored<DeviceId>>("device_id")?.0, seq(row, "seq")?));
    }
    Ok(burnt)
}

/// What entries moved, besides the head.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// Also if there was no log yet.
    roster: bool,
    /// The newest envelope of each device.
    chains: BTreeMap<DeviceId, ChainHead>,
    burnt: Vec<(DeviceId, u64)>,
}

impl Moved {
    /// Nothing yet of this log, as it is stored.
    pub(crate) fn from(log: &Log) -> Self {
        Self {
            roster: log.head().seq == 0,
            ..Self::default()
        }
    }

    /// Notes what an entry did.
    pub(crate) fn by(&mut self, appended: &Appended) {
        match appended {
            Appended::Readers(_) => self.roster = true,
            Appended::Epoch(_) => {}
            Appended::Envelope { device_id, chain } => drop(self.chains.insert(*device_id, *chain)),
            Appended::Burnt { device_id, chain } => {
                self.chains.insert(*device_id, *chain);
                self.burnt.push((*device_id, chain.seq));
            }
        }
    }
}

/// Stores where the log stands now, and why it does not go on, if so.
pub(crate) fn put_log(
    conn: &Connection,
    log: &Log,
    moved: &Moved,
    fault: Option<ChatFault>,
) -> Result<(), StoreError> {
    let (case_id, head, epoch) = (Stored(log.case_id()), log.head(), log.epoch());
    let roster = moved.roster.then(|| log.roster().encode());
    // Most entries leave the roster as it is: then it is not encoded, and stays.
    let statement = if roster.is_some() {
        "insert into chat (case_id, seq, head, epoch, epoch_hash, epoch_rev, fault, roster)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict (case_id) do update set seq = excluded.seq, head = excluded.head, epoch = excluded.epoch,
           epoch_hash = excluded.epoch_hash, epoch_rev = excluded.epoch_rev, roster = excluded.roster,
           fault = excluded.fault"
    } else {
        "update chat set seq = ?2, head = ?3, epoch = ?4, epoch_hash = ?5, epoch_rev = ?6, fault = ?7,
           roster = coalesce(?8, roster) where case_id = ?1"
    };
    conn.prepare_cached(statement)?.execute(params![
        case_id,
        number(head.seq)?,
        head.hash.as_bytes(),
        epoch.map(|epoch| epoch.number),
        epoch.map(|epoch| *epoch.hash.as_bytes()),
        epoch.map(|epoch| epoch.member_rev),
        fault.map(ChatFault::code),
        roster,
    ])?;
    for (device_id, chain) in &moved.chains {
        conn.prepare_cached(
            "insert into chat_chain (case_id, device_id, seq, link) values (?1, ?2, ?3, ?4)
             on conflict (case_id, device_id) do update set seq = excluded.seq, link = excluded.link",
        )?
        .execute(params![
            case_id,
            Stored(*device_id),
            number(chain.seq)?,
            chain.link.as_bytes()
        ])?;
    }
    for (device_id, seq) in &moved.burnt {
        conn.prepare_cached("insert into chat_burnt (case_id, device_id, seq) values (?1, ?2, ?3)")?
            .execute(params![case_id, Stored(*device_id), number(*seq)?])?;
    }
    Ok(())
}

/// Stores where the newest epoch stands in the log, and when the server stored it.
pub(crate) fn put_epoch_place(
    conn: &Connection,
    case_id: CaseId,
    seq: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached("update chat set epoch_seq = ?2, epoch_at = ?3 where case_id = ?1")?
        .execute(params![Stored(case_id), number(seq)?, at.unix_millis()])?;
    Ok(())
}

/// Where the newest epoch stands in the log, and when the server stored it.
pub(crate) fn epoch_place(
    conn: &Connection,
    case_id: CaseId,
) -> Result<Option<(u64, Timestamp)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select epoch_seq, epoch_at from chat where case_id = ?1 and epoch_seq is not null",
    )?;
    let mut rows = statement.query([Stored(case_id)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some((
        seq(row, "epoch_seq")?,
        Timestamp::from_unix_millis(row.get("epoch_at")?),
    )))
}

/// Whether anything of the case's log is here.
pub(crate) fn is_known(conn: &Connection, case_id: CaseId) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("select 1 from chat where case_id = ?1")?;
    Ok(statement.exists([Stored(case_id)])?)
}

/// The server has shown another log than the one that is here. It stays noted.
pub(crate) fn put_fork(conn: &Connection, case_id: CaseId) -> Result<(), StoreError> {
    conn.prepare_cached("update chat set forked = 1 where case_id = ?1")?
        .execute([Stored(case_id)])?;
    Ok(())
}

/// Why nothing more of the log is read, or why it is not to be trusted.
pub(crate) fn fault(conn: &Connection, case_id: CaseId) -> Result<Option<ChatFault>, StoreError> {
    let mut statement = conn.prepare_cached("select fault, forked from chat where case_id = ?1")?;
    let mut rows = statement.query([Stored(case_id)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    if row.get("forked")? {
        return Ok(Some(ChatFault::LogForked));
    }
    let known = |code: String| ChatFault::from_name(&code).ok_or(StoreError::Unreadable("chat fault"));
    row.get::<_, Option<String>>("fault")?.map(known).transpose()
}

/// Whether entries are here that wait for one before them.
pub(crate) fn has_gap(conn: &Connection, case_id: CaseId, head: u64) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("select 1 from chat_entry where case_id = ?1 and seq > ?2")?;
    Ok(statement.exists(params![Stored(case_id), number(head)?])?)
}

/// Stores entries as received. An entry above those that were checked takes the place of what was received under its
/// number before: the server may have sent a wrong one.
pub(crate) fn put_entry(conn: &Connection, case_id: CaseId, seq: u64, wire: &[u8]) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into chat_entry (case_id, seq, wire) values (?1, ?2, ?3)
         on conflict (case_id, seq) do update set wire = excluded.wire where head is null",
    )?
    .execute(params![Stored(case_id), number(seq)?, wire])?;
    Ok(())
}

/// The bytes of an entry that was received, checked or not.
pub(crate) fn entry(conn: &Connection, case_id: CaseId, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = conn.prepare_cached("select wire from chat_entry where case_id = ?1 and seq = ?2")?;
    Ok(statement
        .query_row(params![Stored(case_id), number(seq)?], |row| row.get(0))
        .optional()?)
}

/// The log's head after an entry that was checked.
pub(crate) fn head_at(
    conn: &Connection,
    case_id: CaseId,
    seq: u64,
) -> Result<Option<Sha256Hash>, StoreError> {
    let mut statement = conn.prepare_cached("select head from chat_entry where case_id = ?1 and seq = ?2")?;
    let bytes: Option<Option<Vec<u8>>> = statement
        .query_row(params![Stored(case_id), number(seq)?], |row| row.get(0))
        .optional()?;
    bytes.flatten().map(|bytes| hash(&bytes)).transpose()
}

/// Stores an entry that was checked, the head after it, and why its text was set aside, if so.
pub(crate) fn put_checked(
    conn: &Connection,
    case_id: CaseId,
    head: LogHead,
    wire: &[u8],
    fault: Option<ChatFault>,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into chat_entry (case_id, seq, wire, head, fault) values (?1, ?2, ?3, ?4, ?5)
         on conflict (case_id, seq) do update set wire = excluded.wire, head = excluded.head, fault = excluded.fault",
    )?
    .execute(params![
        Stored(case_id),
        number(head.seq)?,
        wire,
        head.hash.as_bytes(),
        fault.map(ChatFault::code)
    ])?;
    Ok(())
}

/// The faults of texts that were set aside, by entry.
pub(crate) fn set_aside(conn: &Connection, case_id: CaseId) -> Result<Vec<(u64, ChatFault)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select seq, fault from chat_entry where case_id = ?1 and fault is not null order by seq",
    )?;
    let mut rows = statement.query([Stored(case_id)])?;
    let mut faults = Vec::new();
    while let Some(row) = rows.next()? {
        let fault = ChatFault::from_name(&row.get::<_, String>("fault")?);
        faults.push((
            seq(row, "seq")?,
            fault.ok_or(StoreError::Unreadable("chat fault"))?,
        ));
    }
    Ok(faults)
}

pub(crate) fn put_key(
    conn: &Connection,
    case_id: CaseId,
    epoch_hash: Sha256Hash,
    key: &EpochKey,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert or ignore into chat_epoch_key (case_id, epoch_hash, key) values (?1, ?2, ?3)",
    )?
    .execute(params![Stored(case_id), epoch_hash.as_bytes(), key.as_bytes()])?;
    Ok(())
}

/// The key of an epoch, if it was addressed to this phone.
pub(crate) fn key(
    conn: &Connection,
    case_id: CaseId,
    epoch_hash: Sha256Hash,
) -> Result<Option<EpochKey>, StoreError> {
    let mut statement =
        conn.prepare_cached("select key from chat_epoch_key where case_id = ?1 and epoch_hash = ?2")?;
    let bytes: Option<Vec<u8>> = statement
        .query_row(params![Stored(case_id), epoch_hash.as_bytes()], |row| row.get(0))
        .optional()?;
    let read = |bytes: Vec<u8>| EpochKey::from_bytes(&bytes).ok_or(StoreError::Unreadable("epoch key"));
    bytes.map(read).transpose()
}
