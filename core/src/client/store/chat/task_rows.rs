//! Tables `chat_task`, `chat_consent` and `chat_stream`: whose chats may need something from this phone, whom its user lets
//! in, and by which stream the server takes a chat away.
//!
//! Invariant: a case with something to send in its chat has a task.

use rusqlite::{Connection, OptionalExtension, params};

use crate::client::store::{StoreError, Stored};
use crate::crypto::PublicKey;
use crate::ids::{AssignmentId, CaseId, StreamId, UserId};
use crate::time::Timestamp;

/// When something that the server did not take is looked at again.
const AGAIN_MILLIS: i64 = 5 * 60_000;
const AGAIN_HOURS: i64 = 6;

/// A case whose chat may need something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) case_id: CaseId,
    pub(crate) wanted: bool,
    pub(crate) code: Option<String>,
}

/// Something has changed: the case's chat is looked at in the next round.
pub(crate) fn note(conn: &Connection, case_id: CaseId) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into chat_task (case_id) values (?1) on conflict (case_id) do update set code = null, try_at = 0",
    )?
    .execute([Stored(case_id)])?;
    Ok(())
}

/// The user wants the case's chat: it is founded or joined if need be.
pub(crate) fn want(conn: &Connection, case_id: CaseId) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into chat_task (case_id, wanted) values (?1, 1)
         on conflict (case_id) do update set wanted = 1, code = null, try_at = 0",
    )?
    .execute([Stored(case_id)])?;
    Ok(())
}

/// The next cases after this one, by id, that are due at this time of the server's clock.
pub(crate) fn due(
    conn: &Connection,
    after: Option<CaseId>,
    server_time: Timestamp,
    limit: u32,
) -> Result<Vec<Task>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select case_id, wanted, code from chat_task where case_id > ?1 and try_at <= ?2 order by case_id limit ?3",
    )?;
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = statement.query_map(params![after, server_time.unix_millis(), limit], |row| {
        Ok(Task {
            case_id: row.get::<_, Stored<CaseId>>(0)?.0,
            wanted: row.get(1)?,
            code: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Why the server did not take what was sent last.
pub(crate) fn code(conn: &Connection, case_id: CaseId) -> Result<Option<String>, StoreError> {
    let mut statement = conn.prepare_cached("select code from chat_task where case_id = ?1")?;
    let code: Option<Option<String>> = statement
        .query_row([Stored(case_id)], |row| row.get(0))
        .optional()?;
    Ok(code.flatten())
}

/// Nothing is to be done now.
pub(crate) fn done(conn: &Connection, case_id: CaseId) -> Result<(), StoreError> {
    conn.prepare_cached("delete from chat_task where case_id = ?1")?
        .execute([Stored(case_id)])?;
    Ok(())
}

/// The server did not take what was sent. At the first time the task is looked at again at once; then after minutes if the
/// user wants the chat or something waits in it, else after hours.
pub(crate) fn refused(
    conn: &Connection,
    case_id: CaseId,
    code: &str,
    server_time: Timestamp,
) -> Result<(), StoreError> {
    let (soon, late) = (
        server_time.plus_millis(AGAIN_MILLIS),
        server_time.plus_hours(AGAIN_HOURS),
    );
    conn.prepare_cached(
        "update chat_task set code = ?2, try_at = case
           when code is null then 0
           when wanted = 1 or exists (select 1 from chat_outbox o where o.case_id = ?1) then ?3
           else ?4 end
         where case_id = ?1",
    )?
    .execute(params![
        Stored(case_id),
        code,
        soon.unix_millis(),
        late.unix_millis()
    ])?;
    Ok(())
}

/// Whom the user lets in: somebody with this identity, a colleague or the expert of an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Consent {
    pub(crate) user_id: UserId,
    pub(crate) assignment_id: Option<AssignmentId>,
    pub(crate) identity_key: PublicKey,
}

/// Stores that the user lets somebody in.
pub(crate) fn consent(conn: &Connection, case_id: CaseId, to: Consent) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert or replace into chat_consent (case_id, user_id, assignment_id, identity_key) values (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        Stored(case_id),
        Stored(to.user_id),
        to.assignment_id.map(Stored),
        to.identity_key.as_bytes(),
    ])?;
    Ok(())
}

/// Whom the user lets in, of those who are not in yet.
pub(crate) fn consents(conn: &Connection, case_id: CaseId) -> Result<Vec<Consent>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select user_id, assignment_id, identity_key from chat_consent where case_id = ?1 order by user_id",
    )?;
    let mut rows = statement.query([Stored(case_id)])?;
    let mut consents = Vec::new();
    while let Some(row) = rows.next()? {
        let identity_key = PublicKey::from_bytes(&row.get::<_, Vec<u8>>("identity_key")?);
        consents.push(Consent {
            user_id: row.get::<_, Stored<UserId>>("user_id")?.0,
            assignment_id: row
                .get::<_, Option<Stored<AssignmentId>>>("assignment_id")?
                .map(|id| id.0),
            identity_key: identity_key.map_err(|_| StoreError::Unreadable("identity key"))?,
        });
    }
    Ok(consents)
}

/// The consent was used, or does not count any more.
pub(crate) fn withdraw_consent(
    conn: &Connection,
    case_id: CaseId,
    user_id: UserId,
) -> Result<(), StoreError> {
    conn.prepare_cached("delete from chat_consent where case_id = ?1 and user_id = ?2")?
        .execute(params![Stored(case_id), Stored(user_id)])?;
    Ok(())
}

/// Stores the stream in which a case's chat comes.
pub(crate) fn put_stream(conn: &Connection, stream: StreamId, case_id: CaseId) -> Result<(), StoreError> {
    conn.prepare_cached("insert or ignore into chat_stream (stream, case_id) values (?1, ?2)")?
        .execute(params![Stored(stream), Stored(case_id)])?;
    Ok(())
}

/// The case whose chat comes in this stream.
pub(crate) fn case_of(conn: &Connection, stream: StreamId) -> Result<Option<CaseId>, StoreError> {
    let mut statement = conn.prepare_cached("select case_id from chat_stream where stream = ?1")?;
    let found = statement.query_row([Stored(stream)], |row| row.get::<_, Stored<CaseId>>(0));
    Ok(found.optional()?.map(|id| id.0))
}

/// The stream of a case's chat.
pub(crate) fn stream_of(conn: &Connection, case_id: CaseId) -> Result<Option<StreamId>, StoreError> {
    let mut statement = conn.prepare_cached("select stream from chat_stream where case_id = ?1")?;
    let found = statement.query_row([Stored(case_id)], |row| row.get::<_, Stored<StreamId>>(0));
    Ok(found.optional()?.map(|id| id.0))
}

/// Chats that came in streams which this phone does not read any more.
pub(crate) fn foreign(conn: &Connection) -> Result<Vec<CaseId>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select case_id from chat_stream where stream not in (select id from stream) order by case_id",
    )?;
    let rows = statement.query_map([], |row| row.get::<_, Stored<CaseId>>(0))?;
    Ok(rows.map(|row| row.map(|id| id.0)).collect::<Result<_, _>>()?)
}
