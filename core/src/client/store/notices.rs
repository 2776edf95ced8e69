//! Tables `notice` and `kept_text`: notices for the user, and opinions refused before there were drafts.
//!
//! Invariant: a notice holds codes and a case number, no patient text. Kept text is deleted after 30
//! days.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, Stored};
use crate::client::notice::{KeptRecommendation, Notice, NoticeId, NoticeKind};
use crate::ids::{CaseId, CommandId};
use crate::protocol::cbor;
use crate::time::Timestamp;

/// How long kept text and read notices are stored, in milliseconds: 30 days.
const KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

/// Adds a notice, at most one per command.
pub(crate) fn insert(
    conn: &Connection,
    notice: &Notice,
    command_id: Option<CommandId>,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert or ignore into notice (id, kind, code, command, command_id, case_id, case_number, created_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        Stored(notice.id),
        notice.kind.name(),
        notice.code,
        notice.command,
        command_id.map(Stored),
        notice.case_id.map(Stored),
        notice.case_number,
        notice.at.unix_millis()
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.get::<_, Stored<NoticeId>>("id")?.0,
        kind: NoticeKind::from_name(&row.get::<_, String>("kind")?)
            .ok_or(StoreError::Unreadable("notice kind"))?,
        code: row.get("code")?,
        command: row.get("command")?,
        case_id: row.get::<_, Option<Stored<CaseId>>>("case_id")?.map(|id| id.0),
        case_number: row.get("case_number")?,
        at: Timestamp::from_unix_millis(row.get("created_at")?),
        read: row.get("is_read")?,
    })
}

/// All notices, newest first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<Notice>, StoreError> {
    let mut statement = conn.prepare_cached("select * from notice order by created_at desc, id desc")?;
    statement.query_and_then([], read)?.collect()
}

/// Marks a notice as read. `false`: there is no such notice.
pub(crate) fn mark_read(conn: &Connection, id: NoticeId) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("update notice set is_read = 1 where id = ?1")?
        .execute([Stored(id)])?
        == 1)
}

/// The number of a case that has left the phone, from an earlier notice.
pub(crate) fn case_number(conn: &Connection, case: CaseId) -> Result<Option<String>, StoreError> {
    let mut statement =
        conn.prepare_cached("select case_number from notice where case_id = ?1 and case_number is not null")?;
    Ok(statement.query_row([Stored(case)], |row| row.get(0)).optional()?)
}

/// Opinions refused before there were drafts, newest first.
pub(crate) fn kept(conn: &Connection) -> Result<Vec<KeptRecommendation>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select case_id, case_number, body, created_at from kept_text order by created_at desc",
    )?;
    let rows = statement.query_and_then([], |row| {
        let body: Vec<u8> = row.get(2)?;
        let at = Timestamp::from_unix_millis(row.get(3)?);
        Ok(KeptRecommendation {
            case_id: row.get::<_, Stored<CaseId>>(0)?.0,
            case_number: row.get(1)?,
            content: cbor::decode(&body).map_err(|_| StoreError::Unreadable("kept text"))?,
            refused_at: at,
            kept_until: at.plus_millis(KEPT_MILLIS),
        })
    })?;
    rows.collect()
}

/// Deletes kept text and read notices older than 30 days of the server's clock.
pub(crate) fn forget_old(conn: &Connection, server_time: Timestamp) -> Result<(), StoreError> {
    let before = server_time.plus_millis(-KEPT_MILLIS).unix_millis();
    conn.prepare_cached("delete from kept_text where created_at < ?1")?
        .execute([before])?;
    conn.prepare_cached("delete from notice where created_at < ?1 and is_read = 1")?
        .execute([before])?;
    Ok(())
}
