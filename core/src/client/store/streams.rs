//! Tables `stream`, `parked` and `purge_ack`: the phone's position in each stream, and the purge orders
//! it has carried out.
//!
//! Invariant: `next_seq` moves by one at a time, so that a skipped change is detected. Only a grant
//! sets it.

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, Stored};
use crate::ids::{PurgeId, StreamId};
use crate::time::Timestamp;

/// How long completed purge orders are remembered, in milliseconds: 30 days.
const ACKNOWLEDGED_KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

fn number(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| StoreError::Unreadable("seq"))
}

/// The next change expected in a stream, if the phone reads it.
pub(crate) fn next_seq(conn: &Connection, stream: StreamId) -> Result<Option<u64>, StoreError> {
    let mut statement = conn.prepare_cached("select next_seq from stream where id = ?1")?;
    let next: Option<i64> = statement
        .query_row([Stored(stream)], |row| row.get(0))
        .optional()?;
    next.map(|seq| u64::try_from(seq).map_err(|_| StoreError::Unreadable("next_seq")))
        .transpose()
}

pub(crate) fn set_next_seq(conn: &Connection, stream: StreamId, next: u64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into stream (id, next_seq) values (?1, ?2)
         on conflict (id) do update set next_seq = excluded.next_seq",
    )?
    .execute(params![Stored(stream), number(next)?])?;
    Ok(())
}

/// Parks a change that arrived before an earlier one.
pub(crate) fn park(conn: &Connection, stream: StreamId, seq: u64) -> Result<(), StoreError> {
    conn.prepare_cached("insert or ignore into parked (stream, seq) values (?1, ?2)")?
        .execute(params![Stored(stream), number(seq)?])?;
    Ok(())
}

/// Drops the changes parked below `next`; returns whether `next` itself was parked, and removes it.
pub(crate) fn unpark(conn: &Connection, stream: StreamId, next: u64) -> Result<bool, StoreError> {
    conn.prepare_cached("delete from parked where stream = ?1 and seq < ?2")?
        .execute(params![Stored(stream), number(next)?])?;
    let taken = conn
        .prepare_cached("delete from parked where stream = ?1 and seq = ?2")?
        .execute(params![Stored(stream), number(next)?])?;
    Ok(taken == 1)
}

/// Drops changes parked for streams that this phone does not read; returns their number.
pub(crate) fn drop_foreign(conn: &Connection) -> Result<usize, StoreError> {
    Ok(conn.execute(
        "delete from parked where stream not in (select id from stream)",
        [],
    )?)
}

pub(crate) fn any_parked(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("select 1 from parked limit 1")?.exists([])?)
}

/// Deletes the position in a stream.
pub(crate) fn forget(conn: &Connection, stream: StreamId) -> Result<(), StoreError> {
    conn.prepare_cached("delete from stream where id = ?1")?
        .execute([Stored(stream)])?;
    conn.prepare_cached("delete from parked where stream = ?1")?
        .execute([Stored(stream)])?;
    Ok(())
}

/// Deletes all positions, because the feed is read again from the start.
pub(crate) fn forget_all(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("delete from stream", [])?;
    conn.execute("delete from parked", [])?;
    Ok(())
}

/// Whether an order was already carried out.
pub(crate) fn is_purged(conn: &Connection, order: PurgeId) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("select 1 from purge_ack where purge_id = ?1")?
        .exists([Stored(order)])?)
}

/// Records that an order was carried out, to report it to the server.
pub(crate) fn purged(conn: &Connection, order: PurgeId, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("insert or ignore into purge_ack (purge_id, purged_at) values (?1, ?2)")?
        .execute(params![Stored(order), now.unix_millis()])?;
    Ok(())
}

/// Completed orders not yet reported to the server, at most `limit`.
pub(crate) fn unacknowledged(conn: &Connection, limit: usize) -> Result<Vec<PurgeId>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = conn
        .prepare_cached("select purge_id from purge_ack where acknowledged = 0 order by purge_id limit ?1")?;
    let ids = statement.query_map([limit], |row| Ok(row.get::<_, Stored<PurgeId>>(0)?.0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Marks orders as reported to the server.
pub(crate) fn acknowledged(conn: &Connection, orders: &[PurgeId], now: Timestamp) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached("update purge_ack set acknowledged = 1 where purge_id = ?1")?;
    for order in orders {
        statement.execute([Stored(*order)])?;
    }
    conn.prepare_cached("delete from purge_ack where acknowledged = 1 and purged_at < ?1")?
        .execute([now.plus_millis(-ACKNOWLEDGED_KEPT_MILLIS).unix_millis()])?;
    Ok(())
}
