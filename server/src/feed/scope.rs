//! Which streams a caller reads, and which records they contain. No other file decides this.
//!
//! An actor belongs to parties ([`Actor::parties`]); a party reads the streams that it is a live member of.
//! Which fields a role sees is in [`crate::projection`]. The invariant: membership ends in the transaction
//! that revokes it, and from then on nothing of the stream is read.

use mso_core::actor::{Acting, Actor};
use mso_core::ids::{DeviceId, PurgeId, StreamId};
use mso_core::protocol::sync::{PurgeOrder, RecordKey};
use mso_core::time::Timestamp;
use uuid::Uuid;

use super::cursor::RecordPlace;
use crate::database::{Database, DatabaseError, Scoped, from_timestamp};

/// The ids of the actor's parties, as a query parameter.
pub(crate) fn parties(actor: &Actor) -> Vec<Uuid> {
    actor
        .parties()
        .into_iter()
        .map(mso_core::ids::PartyId::as_uuid)
        .collect()
}

/// The streams that the actor reads, ordered by id.
pub(crate) async fn streams_after(
    tx: &mut Scoped,
    actor: &Actor,
    after: StreamId,
    limit: i64,
) -> Result<Vec<StreamId>, DatabaseError> {
    let streams = sqlx::query_scalar!(
        r#"select distinct f.stream as "stream!"
           from unnest($1::uuid[]) as reader (party)
           cross join lateral (
             select m.stream from membership m
             where m.party = reader.party and m.to_seq is null and m.stream > $2
             order by m.stream limit $3
           ) f
           order by 1 limit $3"#,
        &parties(actor),
        after.as_uuid(),
        limit,
    );
    Ok(streams
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(StreamId::from_uuid)
        .collect())
}

/// A stream, and the highest sequence number in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) stream: StreamId,
    pub(crate) seq: u64,
}

/// Those of the streams that the actor reads now.
pub(crate) async fn heads(
    tx: &mut Scoped,
    actor: &Actor,
    streams: &[StreamId],
) -> Result<Vec<Head>, DatabaseError> {
    let rows = sqlx::query!(
        // Looked up stream by stream: for a few hundred streams a plan may otherwise read all memberships.
        r#"select t.stream as "stream!", coalesce(h.seq, 0) as "seq!"
           from (select distinct stream from unnest($1::uuid[]) as named (stream)) t
           cross join lateral (
             select from membership m
             where m.stream = t.stream and m.party = any($2) and m.to_seq is null limit 1
           ) m
           left join lateral (select h.seq from stream_head h where h.stream = t.stream offset 0) h on true
           order by t.stream"#,
        &uuids(streams),
        &parties(actor),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let head = |stream, seq| Head {
        stream: StreamId::from_uuid(stream),
        seq: u64::try_from(seq).unwrap_or(0),
    };
    Ok(rows.into_iter().map(|row| head(row.stream, row.seq)).collect())
}

/// A record in a stream, before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) stream: StreamId,
    pub(crate) key: RecordKey,
    /// Approximate size in bytes.
    pub(crate) size: usize,
}

/// The records in these streams, of the kinds that the role sees, in the order of stream, kind and id: those after this
/// one, at most `limit`.
pub(crate) async fn records_after(
    tx: &mut Scoped,
    actor: &Actor,
    streams: &[StreamId],
    after: Option<&RecordPlace>,
    limit: Option<i64>,
) -> Result<Vec<Listed>, DatabaseError> {
    let streams = uuids(streams);
    let catalogue = StreamId::CATALOGUE.as_uuid();
    let stream = after.map(|place| place.stream.as_uuid());
    let kind = after.map(|place| place.kind.as_str());
    let id = after.map(|place| place.id);
    let (first, user) = (Uuid::nil(), actor.user.as_uuid());
    let rows: Vec<(Uuid, String, Uuid, i32)> = match actor.acting {
        Acting::Requester { institution } => sqlx::query_file!(
            "src/feed/sql/list_requester_records.sql",
            &streams,
            institution.as_uuid(),
            catalogue,
            stream,
            kind,
            id,
            limit,
            first,
            user,
        )
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(|row| (row.stream, row.kind, row.id, row.size))
        .collect(),
        Acting::Provider { provider } => sqlx::query_file!(
            "src/feed/sql/list_provider_records.sql",
            &streams,
            provider.as_uuid(),
            catalogue,
            stream,
            kind,
            id,
            limit,
            first,
            user,
        )
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(|row| (row.stream, row.kind, row.id, row.size))
        .collect(),
        Acting::Admin | Acting::System => Vec::new(),
    };
    let listed = rows.into_iter().map(|(stream, kind, id, size)| Listed {
        stream: StreamId::from_uuid(stream),
        key: RecordKey { kind, id },
        size: usize::try_from(size).unwrap_or(0),
    });
    Ok(listed.collect())
}

/// Those of the purge orders that are addressed to the actor's parties and whose stream was not granted
/// again.
pub(crate) async fn purge_orders(
    tx: &mut Scoped,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<PurgeOrder>, DatabaseError> {
    let rows = sqlx::query!(
        "select o.id, o.stream, o.reason from purge_order o
         where o.id = any($1) and o.party = any($2)
           and not exists (select from membership m
                           where m.stream = o.stream and m.party = any($2) and m.to_seq is null)
         order by o.created_at, o.id",
        ids,
        &parties(actor),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| PurgeOrder {
            id: PurgeId::from_uuid(row.id),
            stream: StreamId::from_uuid(row.stream),
            reason: row.reason,
        })
        .collect())
}

/// Stores when a phone last synced. Separate from reading the page, which is a read-only transaction.
pub(crate) async fn note_sync(
    database: &Database,
    device: DeviceId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let mut tx = database.begin_scoped_by_key(&Actor::SYSTEM).await?;
    let noted = sqlx::query!(
        "update device set last_sync_at = $2 where id = $1",
        device.as_uuid(),
        from_timestamp(now)
    );
    noted.execute(tx.conn()).await?;
    tx.commit().await
}

fn uuids(streams: &[StreamId]) -> Vec<Uuid> {
    streams.iter().map(|stream| stream.as_uuid()).collect()
}
