//! Table `chat_outbox`: what was written here and is not in the log yet.
//!
//! Invariant: a row leaves it only with its entry in the log, or with its author. The bytes of a sealed row stay the same until
//! the log says that its slot was burnt.

use rusqlite::{Connection, Row, params};

use crate::chat::{ChainHead, ChatFault};
use crate::client::chat::change::{ChatKey, Stamp};
use crate::client::store::{StoreError, Stored};
use crate::crypto::Sha256Hash;
use crate::ids::CaseId;
use crate::time::Timestamp;

/// What was sealed of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedRow {
    pub(crate) chain: ChainHead,
    /// The automerge change.
    pub(crate) change: Vec<u8>,
    /// [`crate::chat::Envelope::encode`]
    pub(crate) wire: Vec<u8>,
}

/// Something written and not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChatOutboxRow {
    pub(crate) number: i64,
    pub(crate) key: ChatKey,
    pub(crate) value: Vec<u8>,
    /// By the phone's clock.
    pub(crate) written_at: Timestamp,
    /// The expert for whom it was written ([`crate::client::chat::seal_waiting::address`]).
    pub(crate) addressed: Option<String>,
    pub(crate) sealed: Option<SealedRow>,
    pub(crate) burnt: u32,
    pub(crate) code: Option<String>,
    /// It is not tried until its author does something.
    pub(crate) held: bool,
}

const COLUMNS: &str =
    "number, key, value, written_at, addressed, device_seq, change, link, wire, burnt, code, held";

impl ChatOutboxRow {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Unreadable("chat outbox");
        let sealed = match row.get::<_, Option<Vec<u8>>>("wire")? {
            Some(wire) => Some(SealedRow {
                chain: ChainHead {
                    seq: u64::try_from(row.get::<_, i64>("device_seq")?).map_err(|_| unreadable())?,
                    link: Sha256Hash::try_from(row.get::<_, Vec<u8>>("link")?.as_slice())
                        .map_err(|_| unreadable())?,
                },
                change: row.get("change")?,
                wire,
            }),
            None => None,
        };
        Ok(Self {
            number: row.get("number")?,
            key: ChatKey::parse(&row.get::<_, String>("key")?).ok_or_else(unreadable)?,
            value: row.get("value")?,
            written_at: Timestamp::from_unix_millis(row.get("written_at")?),
            addressed: row.get("addressed")?,
            sealed,
            burnt: row.get("burnt")?,
            code: row.get("code")?,
            held: row.get("held")?,
        })
    }
}

/// Adds what was written.
pub(crate) fn insert(
    conn: &Connection,
    case_id: CaseId,
    (key, value): (&ChatKey, &[u8]),
    addressed: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into chat_outbox (case_id, stamp, key, value, written_at, addressed) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        Stored(case_id),
        key.stamp().as_str(),
        key.to_string(),
        value,
        now.unix_millis(),
        addressed,
    ])?;
    Ok(())
}

/// Everything that waits in a case's chat, oldest first, at most `limit`.
pub(crate) fn of_case(
    conn: &Connection,
    case_id: CaseId,
    limit: usize,
) -> Result<Vec<ChatOutboxRow>, StoreError> {
    read(conn, "case_id = ?1 order by number limit ?2", case_id, limit)
}

/// What was sealed and is not in the log yet, in the order of its slots.
pub(crate) fn sealed(conn: &Connection, case_id: CaseId) -> Result<Vec<ChatOutboxRow>, StoreError> {
    let all = "case_id = ?1 and device_seq is not null order by device_seq limit ?2";
    read(conn, all, case_id, usize::MAX)
}

/// What is to be sealed, oldest first, at most `limit`.
pub(crate) fn fresh(
    conn: &Connection,
    case_id: CaseId,
    limit: usize,
) -> Result<Vec<ChatOutboxRow>, StoreError> {
    let some = "case_id = ?1 and device_seq is null and held = 0 order by number limit ?2";
    read(conn, some, case_id, limit)
}

fn read(
    conn: &Connection,
    which: &str,
    case_id: CaseId,
    limit: usize,
) -> Result<Vec<ChatOutboxRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("select {COLUMNS} from chat_outbox where {which}"))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_and_then(params![Stored(case_id), limit], ChatOutboxRow::read)?;
    rows.collect()
}

/// What was written under this stamp and is not in the log yet.
pub(crate) fn find(
    conn: &Connection,
    case_id: CaseId,
    stamp: &Stamp,
) -> Result<Option<ChatOutboxRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "select {COLUMNS} from chat_outbox where case_id = ?1 and stamp = ?2"
    ))?;
    let mut rows = statement.query(params![Stored(case_id), stamp.as_str()])?;
    rows.next()?.map(ChatOutboxRow::read).transpose()
}

/// Replaces the value of a row that was never offered to the server.
pub(crate) fn set_value(conn: &Connection, number: i64, value: &[u8]) -> Result<(), StoreError> {
    conn.prepare_cached("update chat_outbox set value = ?2 where number = ?1 and wire is null")?
        .execute(params![number, value])?;
    Ok(())
}

/// Whether anything waits in a case's chat.
pub(crate) fn is_any(conn: &Connection, case_id: CaseId) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("select 1 from chat_outbox where case_id = ?1")?;
    Ok(statement.exists([Stored(case_id)])?)
}

/// Deletes read marks that were not sealed yet, because a newer one takes their place.
pub(crate) fn drop_read_marks(conn: &Connection, case_id: CaseId) -> Result<(), StoreError> {
    conn.prepare_cached("delete from chat_outbox where case_id = ?1 and key like 'r/%' and wire is null")?
        .execute([Stored(case_id)])?;
    Ok(())
}

/// Stores how a row was sealed, before it is sent for the first time.
pub(crate) fn seal(conn: &Connection, number: i64, sealed: &SealedRow) -> Result<(), StoreError> {
    let seq = i64::try_from(sealed.chain.seq).map_err(|_| StoreError::Unreadable("chat seq"))?;
    conn.prepare_cached(
        "update chat_outbox set device_seq = ?2, change = ?3, link = ?4, wire = ?5, code = null
         where number = ?1 and wire is null",
    )?
    .execute(params![
        number,
        seq,
        sealed.change,
        sealed.chain.link.as_bytes(),
        sealed.wire
    ])?;
    Ok(())
}

/// Stores why a row does not go now; it is tried again.
pub(crate) fn explain(conn: &Connection, number: i64, code: &str) -> Result<(), StoreError> {
    conn.prepare_cached("update chat_outbox set code = ?2 where number = ?1 and code is not ?2")?
        .execute(params![number, code])?;
    Ok(())
}

/// Stores why nothing of a case's chat goes now; it is tried again.
pub(crate) fn explain_all(conn: &Connection, case_id: CaseId, code: &str) -> Result<(), StoreError> {
    conn.prepare_cached("update chat_outbox set code = ?2 where case_id = ?1 and held = 0")?
        .execute(params![Stored(case_id), code])?;
    Ok(())
}

/// Stores why a row does not go until its author does something.
pub(crate) fn hold(conn: &Connection, number: i64, code: &str) -> Result<(), StoreError> {
    conn.prepare_cached("update chat_outbox set code = ?2, held = 1 where number = ?1")?
        .execute(params![number, code])?;
    Ok(())
}

/// Number of messages and of what is about them that wait, read marks left out.
pub(crate) fn count(conn: &Connection) -> Result<u32, StoreError> {
    let mut statement = conn.prepare_cached("select count(*) from chat_outbox where key not like 'r/%'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Deletes what is held about a message: its author tries something else.
pub(crate) fn drop_held(conn: &Connection, case_id: CaseId, message: &Stamp) -> Result<(), StoreError> {
    conn.prepare_cached(
        "delete from chat_outbox where case_id = ?1 and held = 1 and key like '_/' || ?2 || '/%'",
    )?
    .execute(params![Stored(case_id), message.as_str()])?;
    Ok(())
}

/// The user sends it to the expert as the roster has it now.
pub(crate) fn readdress(conn: &Connection, number: i64, addressed: Option<&str>) -> Result<(), StoreError> {
    conn.prepare_cached("update chat_outbox set addressed = ?2, code = null, held = 0 where number = ?1")?
        .execute(params![number, addressed])?;
    Ok(())
}

/// Deletes a row that was never offered to the server. Returns whether it was one.
pub(crate) fn discard(conn: &Connection, number: i64) -> Result<bool, StoreError> {
    let deleted = conn
        .prepare_cached("delete from chat_outbox where number = ?1 and wire is null")?
        .execute([number])?;
    Ok(deleted == 1)
}

/// The log has this device's envelope, and its text was accepted or set aside for this fault.
pub(crate) fn landed(
    conn: &Connection,
    case_id: CaseId,
    device_seq: u64,
    fault: Option<ChatFault>,
) -> Result<(), StoreError> {
    let seq = i64::try_from(device_seq).map_err(|_| StoreError::Unreadable("chat seq"))?;
    match fault {
        None => conn
            .prepare_cached("delete from chat_outbox where case_id = ?1 and device_seq = ?2")?
            .execute(params![Stored(case_id), seq])?,
        // Nobody shows it. It stays here, as something that was not sent.
        Some(fault) => conn
            .prepare_cached(
                "update chat_outbox set device_seq = null, change = null, link = null, wire = null, code = ?3, held = 1
                 where case_id = ?1 and device_seq = ?2",
            )?
            .execute(params![Stored(case_id), seq, fault.code()])?,
    };
    Ok(())
}

/// The log says that the slot was burnt: the row is to be sealed anew.
pub(crate) fn burnt(conn: &Connection, case_id: CaseId, device_seq: u64) -> Result<(), StoreError> {
    let seq = i64::try_from(device_seq).map_err(|_| StoreError::Unreadable("chat seq"))?;
    conn.prepare_cached(
        "update chat_outbox set device_seq = null, change = null, link = null, wire = null, burnt = burnt + 1
         where case_id = ?1 and device_seq = ?2",
    )?
    .execute(params![Stored(case_id), seq])?;
    Ok(())
}
