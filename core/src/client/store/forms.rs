//! Table `form`: what a person is entering and has not sent.
//!
//! Invariant: nothing but sending, discarding, signing out, or 30 days after its case has left the phone deletes a form. A
//! revoked phone keeps them until the sign-out, as it keeps commands that were never sent.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{StoreError, Stored};
use crate::client::forms::{FormOf, SavedForm};
use crate::ids::{CaseId, PatientId};
use crate::time::Timestamp;

/// How long a form is kept after its case has left the phone, in milliseconds: 30 days (D-30).
const KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

const fn key(of: FormOf) -> (&'static str, Stored<Uuid>) {
    match of {
        FormOf::Case(id) => ("case", Stored(id.as_uuid())),
        FormOf::Patient(id) => ("patient", Stored(id.as_uuid())),
        FormOf::Recommendation(id) => ("recommendation", Stored(id.as_uuid())),
    }
}

fn read(row: &Row<'_>) -> Result<SavedForm, StoreError> {
    let id = row.get::<_, Stored<Uuid>>("id")?.0;
    let of = match row.get::<_, String>("kind")?.as_str() {
        "case" => FormOf::Case(CaseId::from_uuid(id)),
        "patient" => FormOf::Patient(PatientId::from_uuid(id)),
        "recommendation" => FormOf::Recommendation(CaseId::from_uuid(id)),
        _ => return Err(StoreError::Unreadable("form kind")),
    };
    Ok(SavedForm {
        of,
        content: row.get("content")?,
        saved_at: Timestamp::from_unix_millis(row.get("saved_at")?),
        kept_until: row
            .get::<_, Option<i64>>("kept_until")?
            .map(Timestamp::from_unix_millis),
    })
}

/// Saves a form in place of what was saved of it before. An opinion on a case that has left the phone is kept for 30 days.
pub(crate) fn put(
    conn: &Connection,
    of: FormOf,
    content: &[u8],
    at: Timestamp,
    server_time: Timestamp,
) -> Result<(), StoreError> {
    let (kind, id) = key(of);
    // Saving again does not extend the time of an opinion whose case has left.
    conn.prepare_cached(
        "insert into form (kind, id, content, saved_at, kept_until)
         select ?1, ?2, ?3, ?4, case when ?1 = 'recommendation'
           and not exists (select 1 from record r where r.kind = 'case' and r.id = ?2) then ?5 end
         where true
         on conflict (kind, id) do update set content = excluded.content, saved_at = excluded.saved_at",
    )?
    .execute(params![
        kind,
        id,
        content,
        at.unix_millis(),
        server_time.plus_millis(KEPT_MILLIS).unix_millis()
    ])?;
    Ok(())
}

/// All forms, the one saved last first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<SavedForm>, StoreError> {
    let mut statement = conn.prepare_cached("select * from form order by saved_at desc, id")?;
    statement.query_and_then([], read)?.collect()
}

pub(crate) fn get(conn: &Connection, of: FormOf) -> Result<Option<SavedForm>, StoreError> {
    let (kind, id) = key(of);
    let mut statement = conn.prepare_cached("select * from form where kind = ?1 and id = ?2")?;
    let form = statement
        .query_row(params![kind, id], |row| Ok(read(row)))
        .optional()?;
    form.transpose()
}

pub(crate) fn count(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("select count(*) from form", [], |row| row.get(0))?)
}

/// Deletes a form that was sent or discarded. Returns whether there was one.
pub(crate) fn delete(conn: &Connection, of: FormOf) -> Result<bool, StoreError> {
    let (kind, id) = key(of);
    let deleted = conn
        .prepare_cached("delete from form where kind = ?1 and id = ?2")?
        .execute(params![kind, id])?;
    Ok(deleted > 0)
}

/// The case has left the phone: from now on its opinion is kept for 30 days.
pub(crate) fn case_left(conn: &Connection, case: CaseId, server_time: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("update form set kept_until = ?2 where kind = 'recommendation' and id = ?1")?
        .execute(params![
            Stored(case),
            server_time.plus_millis(KEPT_MILLIS).unix_millis()
        ])?;
    Ok(())
}

/// Deletes forms whose time has passed by the server's clock, unless their case has come back.
pub(crate) fn forget_old(conn: &Connection, server_time: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached(
        "delete from form where kept_until < ?1
           and not exists (select 1 from record r where r.kind = 'case' and r.id = form.id)",
    )?
    .execute([server_time.unix_millis()])?;
    Ok(())
}
