//! The SQL of the change feed: rows after a position and below the watermark.
//!
//! Ids are drawn before transactions commit, so `id > cursor` would skip the rows of a writer that commits
//! later than its neighbour. A position is therefore a transaction and an id, and nothing is read at or above
//! the watermark, the oldest transaction still running: no new row can appear below it. Within a stream the
//! order is `seq`, drawn under the stream's row lock and without gaps. `write.rs` writes the feed.

use mso_core::actor::Actor;
use mso_core::ids::StreamId;
use sqlx::types::Json;
use uuid::Uuid;

use super::cursor::Position;
use super::scope;
use crate::database::{DatabaseError, Scoped};

/// The state of the database at which a page is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) generation: i64,
    /// The oldest transaction that may still write.
    pub(crate) watermark: u64,
    /// The first transaction that has not begun yet: a position beyond it belongs to another history.
    pub(crate) end: u64,
}

#[derive(Debug)]
pub(crate) struct FeedRow {
    pub(crate) xid: u64,
    pub(crate) id: i64,
    pub(crate) stream: StreamId,
    pub(crate) seq: u64,
    pub(crate) changed: Vec<(String, Uuid)>,
}

/// The values for this transaction's snapshot.
pub(crate) async fn moment(tx: &mut Scoped) -> Result<Moment, DatabaseError> {
    let row = sqlx::query!(
        r#"select generation, pg_snapshot_xmin(pg_current_snapshot())::text as "watermark!",
                  pg_snapshot_xmax(pg_current_snapshot())::text as "end!"
           from deployment"#
    );
    let row = row.fetch_one(tx.conn()).await?;
    Ok(Moment {
        generation: row.generation,
        watermark: xid(&row.watermark)?,
        end: xid(&row.end)?,
    })
}

/// The next rows of the actor's streams, oldest first.
pub(crate) async fn rows(
    tx: &mut Scoped,
    actor: &Actor,
    position: &Position,
    moment: Moment,
    limit: i64,
) -> Result<Vec<FeedRow>, DatabaseError> {
    let rows = sqlx::query_file!(
        "src/feed/sql/read_feed_page.sql",
        position.xid.to_string(),
        position.id,
        moment.watermark.to_string(),
        &scope::parties(actor),
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(FeedRow {
                xid: xid(&row.xid)?,
                id: row.id,
                stream: StreamId::from_uuid(row.stream),
                seq: u64::try_from(row.seq).map_err(|_| DatabaseError::Corrupt("feed seq"))?,
                changed: row.changed.0,
            })
        })
        .collect()
}

/// For how many milliseconds the oldest committed row that the actor's pages cannot include yet has been held back by a
/// slower transaction; `None` if there is no such row.
pub(crate) async fn held_back_ms(
    tx: &mut Scoped,
    actor: &Actor,
    position: &Position,
) -> Result<Option<u64>, DatabaseError> {
    let held_back = sqlx::query_scalar!(
        r#"select (extract(epoch from clock_timestamp() - min(f.created_at)) * 1000)::bigint
           from unnest($1::uuid[]) as reader (party)
           cross join lateral (
             select f.created_at from feed f where f.party = reader.party and (f.xid, f.id) > ($2::text::xid8, $3)
             order by f.xid, f.id limit 1
           ) f"#,
        &scope::parties(actor),
        position.xid.to_string(),
        position.id,
    );
    let held_back = held_back.fetch_one(tx.conn()).await?;
    Ok(held_back.map(|millis| u64::try_from(millis).unwrap_or_default()))
}

fn xid(text: &str) -> Result<u64, DatabaseError> {
    text.parse().map_err(|_| DatabaseError::Corrupt("transaction id"))
}
