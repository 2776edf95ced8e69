//! Tables `record` and `overlay`: the server's records, and the same records with pending commands
//! applied.
//!
//! Readers see the overlay's row if there is one, else the record's. Invariant: `record` holds only
//! bytes that the server sent; local changes are always in `overlay`.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::terms::{self, Source};
use super::{StoreError, Stored};
use crate::ids::{CaseId, StreamId};
use crate::protocol::records::{Record, RecordKind};
use crate::protocol::sync::{RecordKey, WireRecord};
use crate::time::Timestamp;

/// Whether a received record was newer than the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    Stored,
    /// Older than the stored record, and dropped.
    Older,
}

/// Stores a received record, unless a newer version is present.
pub(crate) fn put(conn: &Connection, wire: &WireRecord, decoded: Option<&Record>) -> Result<Put, StoreError> {
    let version = i64::try_from(wire.version).map_err(|_| StoreError::Unreadable("version"))?;
    let parent = decoded.and_then(Record::case_id).map(Stored);
    let changed = conn
        .prepare_cached(
            "insert into record (kind, id, stream, parent, version, body, known) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict (kind, id) do update set stream = excluded.stream, parent = excluded.parent,
               version = excluded.version, body = excluded.body, known = excluded.known, stale = 0
             where excluded.version >= record.version or record.stale = 1",
        )?
        .execute(params![
            wire.key.kind,
            Stored(wire.key.id),
            Stored(wire.stream),
            parent,
            version,
            wire.body.as_slice(),
            decoded.is_some()
        ])?;
    if changed == 0 {
        return Ok(Put::Older);
    }
    put_terms(conn, &wire.key, decoded)?;
    Ok(Put::Stored)
}

/// The terms follow the record.
fn put_terms(conn: &Connection, key: &RecordKey, decoded: Option<&Record>) -> Result<(), StoreError> {
    let Some(kind) = RecordKind::from_name(&key.kind) else {
        return Ok(());
    };
    let terms = decoded.map(terms::of).unwrap_or_default();
    terms::put(conn, kind, key.id, Source::Record, terms)
}

/// Deletes a record; returns the case it was listed under.
pub(crate) fn delete(conn: &Connection, key: &RecordKey) -> Result<Option<CaseId>, StoreError> {
    let parent = conn
        .prepare_cached("delete from record where kind = ?1 and id = ?2 returning parent")?
        .query_row(params![key.kind, Stored(key.id)], |row| {
            row.get::<_, Option<Stored<CaseId>>>(0)
        })
        .optional()?;
    Ok(parent.flatten().map(|case| case.0))
}

fn key_of(row: &Row<'_>) -> rusqlite::Result<RecordKey> {
    Ok(RecordKey {
        kind: row.get(0)?,
        id: row.get::<_, Stored<Uuid>>(1)?.0,
    })
}

/// Deletes all records of a stream and their overlays; returns the keys of the records.
pub(crate) fn delete_stream(conn: &Connection, stream: StreamId) -> Result<Vec<RecordKey>, StoreError> {
    conn.prepare_cached(
        "delete from overlay where parent in (select parent from record where stream = ?1)
           or (kind, id) in (select kind, id from record where stream = ?1)",
    )?
    .execute([Stored(stream)])?;
    let mut statement = conn.prepare_cached("delete from record where stream = ?1 returning kind, id")?;
    let keys = statement
        .query_map([Stored(stream)], key_of)?
        .collect::<Result<_, _>>()?;
    Ok(keys)
}

/// Marks every record as dating from before a reset.
pub(crate) fn mark_all_stale(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("update record set stale = 1", [])?;
    Ok(())
}

/// Records that a reset did not confirm, with their streams.
pub(crate) fn stale(conn: &Connection) -> Result<Vec<(RecordKey, StreamId)>, StoreError> {
    let mut statement = conn.prepare("select kind, id, stream from record where stale = 1")?;
    let rows = statement.query_map([], |row| Ok((key_of(row)?, row.get::<_, Stored<StreamId>>(2)?.0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A record's bytes, with its stream.
pub(crate) type Raw = (RecordKey, StreamId, Vec<u8>);

/// The bytes of the `limit` records after this one.
pub(crate) fn raw_after(
    conn: &Connection,
    after: Option<&RecordKey>,
    limit: usize,
) -> Result<Vec<Raw>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select kind, id, stream, body from record where (kind, id) > (?1, ?2) order by kind, id limit ?3",
    )?;
    let (kind, id) = match after {
        Some(key) => (key.kind.as_str(), key.id.to_string()),
        None => ("", String::new()),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![kind, id, limit], |row| {
        Ok((
            key_of(row)?,
            row.get::<_, Stored<StreamId>>(2)?.0,
            row.get::<_, Vec<u8>>(3)?,
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records whether this build can decode the record.
pub(crate) fn mark_known(
    conn: &Connection,
    key: &RecordKey,
    record: Option<&Record>,
) -> Result<(), StoreError> {
    conn.prepare_cached("update record set known = ?3, parent = ?4 where kind = ?1 and id = ?2")?
        .execute(params![
            key.kind,
            Stored(key.id),
            record.is_some(),
            record.and_then(Record::case_id).map(Stored)
        ])?;
    put_terms(conn, key, record)
}

/// The number of records that are not shown, or not as they are now: they need a newer app, or the server could not read
/// them.
pub(crate) fn count_unread(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row(
        "select count(*) from (select kind, id from record where known = 0 union select kind, id from missing_record)",
        [],
        |row| row.get(0),
    )?)
}

/// Records that the server could not read the record. What is here of it stays.
pub(crate) fn mark_missing(conn: &Connection, key: &RecordKey, since: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("insert or ignore into missing_record (kind, id, since) values (?1, ?2, ?3)")?
        .execute(params![key.kind, Stored(key.id), since.unix_millis()])?;
    conn.prepare_cached("update record set stale = 0 where kind = ?1 and id = ?2")?
        .execute(params![key.kind, Stored(key.id)])?;
    Ok(())
}

/// The records are asked for now.
pub(crate) fn mark_asked(conn: &Connection, keys: &[RecordKey]) -> Result<(), StoreError> {
    let mut statement =
        conn.prepare_cached("update missing_record set asked = asked + 1 where kind = ?1 and id = ?2")?;
    for key in keys {
        statement.execute(params![key.kind, Stored(key.id)])?;
    }
    Ok(())
}

/// The server has sent the record, or it no longer exists for this user.
pub(crate) fn forget_missing(conn: &Connection, key: &RecordKey) -> Result<(), StoreError> {
    conn.prepare_cached("delete from missing_record where kind = ?1 and id = ?2")?
        .execute(params![key.kind, Stored(key.id)])?;
    Ok(())
}

/// Records to ask for again, those asked for least often first.
pub(crate) fn missing(conn: &Connection, limit: usize) -> Result<Vec<RecordKey>, StoreError> {
    let mut statement =
        conn.prepare_cached("select kind, id from missing_record order by asked, since, kind, id limit ?1")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let keys = statement.query_map([limit], key_of)?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Whether the record exists, decodable or not.
pub(crate) fn exists(conn: &Connection, kind: RecordKind, id: Uuid) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("select 1 from record where kind = ?1 and id = ?2")?;
    Ok(statement.exists(params![kind.name(), Stored(id)])?)
}

/// A row that this build cannot decode must not take others down: it is left out.
pub(super) fn decode(kind: RecordKind, body: &[u8]) -> Option<Record> {
    let record = Record::decode(kind, body);
    if record.is_none() {
        tracing::warn!(kind = kind.name(), "a stored record cannot be read");
    }
    record
}

/// The server's record, without pending commands.
pub(crate) fn server(conn: &Connection, kind: RecordKind, id: Uuid) -> Result<Option<Record>, StoreError> {
    let mut statement =
        conn.prepare_cached("select body from record where kind = ?1 and id = ?2 and known = 1")?;
    let body: Option<Vec<u8>> = statement
        .query_row(params![kind.name(), Stored(id)], |row| row.get(0))
        .optional()?;
    Ok(body.and_then(|body| decode(kind, &body)))
}

/// The server's records of a kind that are listed under a case.
pub(crate) fn server_under(
    conn: &Connection,
    kind: RecordKind,
    case: CaseId,
) -> Result<Vec<Record>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select body from record where parent = ?2 and kind = ?1 and known = 1 order by id",
    )?;
    let bodies = statement.query_map(params![kind.name(), Stored(case)], |row| row.get(0))?;
    Ok(all(kind, bodies.collect::<Result<_, _>>()?))
}

fn all(kind: RecordKind, bodies: Vec<Vec<u8>>) -> Vec<Record> {
    bodies
        .into_iter()
        .filter_map(|body| decode(kind, &body))
        .collect()
}

/// A record as shown: with pending commands applied.
pub(crate) fn shown(conn: &Connection, kind: RecordKind, id: Uuid) -> Result<Option<Record>, StoreError> {
    let mut statement = conn.prepare_cached("select body from overlay where kind = ?1 and id = ?2")?;
    let laid: Option<Vec<u8>> = statement
        .query_row(params![kind.name(), Stored(id)], |row| row.get(0))
        .optional()?;
    match laid.and_then(|body| decode(kind, &body)) {
        Some(record) => Ok(Some(record)),
        None => server(conn, kind, id),
    }
}

/// Whether there is such a record to show, without decoding it: as was noted when it came, or laid over by this phone.
pub(crate) fn is_shown(conn: &Connection, kind: RecordKind, id: Uuid) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "select 1 from record where kind = ?1 and id = ?2 and known = 1
         union all
         select 1 from overlay where kind = ?1 and id = ?2",
    )?;
    Ok(statement.exists(params![kind.name(), Stored(id)])?)
}

/// All records of a kind as shown, oldest id first.
pub(crate) fn all_shown(conn: &Connection, kind: RecordKind) -> Result<Vec<Record>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, body from overlay where kind = ?1
         union all
         select id, body from record where kind = ?1 and known = 1
           and not exists (select 1 from overlay where overlay.kind = record.kind and overlay.id = record.id)
         order by id",
    )?;
    let bodies = statement.query_map([kind.name()], |row| row.get(1))?;
    Ok(all(kind, bodies.collect::<Result<_, _>>()?))
}

/// The records of a kind under a case as shown, oldest id first.
pub(crate) fn shown_under(
    conn: &Connection,
    kind: RecordKind,
    case: CaseId,
) -> Result<Vec<Record>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, body from overlay where parent = ?2 and kind = ?1
         union all
         select id, body from record where parent = ?2 and kind = ?1 and known = 1
           and not exists (select 1 from overlay where overlay.kind = record.kind and overlay.id = record.id)
         order by id",
    )?;
    let bodies = statement.query_map(params![kind.name(), Stored(case)], |row| row.get(1))?;
    Ok(all(kind, bodies.collect::<Result<_, _>>()?))
}

/// Stores an overlay row, whether or not there is a record under it.
pub(crate) fn put_overlay(
    conn: &Connection,
    kind: RecordKind,
    id: Uuid,
    parent: Option<CaseId>,
    body: &[u8],
) -> Result<(), StoreError> {
    conn.prepare_cached("insert or replace into overlay (kind, id, parent, body) values (?1, ?2, ?3, ?4)")?
        .execute(params![kind.name(), Stored(id), parent.map(Stored), body])?;
    Ok(())
}

/// Removes the overlay of a record and of everything listed under it.
pub(crate) fn remove_overlay(conn: &Connection, kind: RecordKind, id: Uuid) -> Result<(), StoreError> {
    conn.prepare_cached("delete from overlay where (kind = ?1 and id = ?2) or parent = ?2")?
        .execute(params![kind.name(), Stored(id)])?;
    Ok(())
}

/// The number of records of a kind shown under a case.
pub(crate) fn count_shown_under(
    conn: &Connection,
    kind: RecordKind,
    case: CaseId,
) -> Result<u32, StoreError> {
    let mut statement = conn.prepare_cached(
        "select count(*) from (
           select id from overlay where parent = ?2 and kind = ?1
           union select id from record where parent = ?2 and kind = ?1 and known = 1)",
    )?;
    Ok(statement.query_row(params![kind.name(), Stored(case)], |row| row.get(0))?)
}
