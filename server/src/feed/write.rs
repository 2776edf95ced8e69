//! Writes the feed: the next change of each stream that a transaction touched, with a row for each of its readers, so
//! that a page costs what is new to its reader.
//!
//! A stream's head row stays locked from drawing the number to the commit, so its numbers have no gaps and
//! follow the commit order. Heads are locked in the order of stream ids, so that two writers never deadlock.
//! A row says which records changed, not how.

use std::collections::{BTreeMap, BTreeSet};

use mso_core::ids::{CaseId, PartyId, PurgeId, StreamId};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::RecordKey;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::columns::to_json;
use crate::database::{DatabaseError, from_timestamp};

/// Kind of a key in a party's own stream: the party reads this case's stream from here on. The id is the
/// case's.
pub const GRANT: &str = "grant";

/// Kind of a key in a party's own stream: its phones must forget a stream. The id is the purge order's.
pub const PURGE: &str = "purge";

/// What a transaction changed, by stream. Written once, at its end.
#[derive(Debug, Default, Clone)]
pub struct Touched {
    streams: BTreeMap<StreamId, Vec<RecordKey>>,
    /// The parties for which it was written.
    readers: BTreeSet<Uuid>,
}

impl Touched {
    /// Notes a changed record.
    pub fn record(&mut self, stream: impl Into<StreamId>, kind: RecordKind, id: Uuid) {
        self.note(stream.into(), kind.name(), id);
    }

    /// Notes, in the party's own stream, that it now reads the case.
    pub fn grant(&mut self, party: impl Into<StreamId>, case: CaseId) {
        self.note(party.into(), GRANT, case.as_uuid());
    }

    /// Notes, in the stream itself, that it has a new reader. Streams that are not a case's carry their own
    /// grant: the feed is read by membership, not by what a phone has.
    pub fn joined(&mut self, stream: impl Into<StreamId>) {
        let stream = stream.into();
        self.note(stream, GRANT, stream.as_uuid());
    }

    /// Notes a purge order in the party's own stream.
    pub fn purge(&mut self, party: impl Into<StreamId>, purge: PurgeId) {
        self.note(party.into(), PURGE, purge.as_uuid());
    }

    /// The changed records, to include in the sender's response.
    #[must_use]
    pub fn records(&self) -> Vec<RecordKey> {
        let known = |key: &&RecordKey| RecordKind::from_name(&key.kind).is_some();
        self.streams.values().flatten().filter(known).cloned().collect()
    }

    /// The parties that read what was written, to be told once it is committed.
    #[must_use]
    pub const fn readers(&self) -> &BTreeSet<Uuid> {
        &self.readers
    }

    /// Raises every touched stream by one, with a row for each of its readers.
    pub async fn write(&mut self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let streams: Vec<Uuid> = self.streams.keys().map(|stream| stream.as_uuid()).collect();
        let changed: Vec<_> = self
            .streams
            .values()
            .map(|keys| to_json(&pairs(keys), "feed.changed"))
            .collect::<Result<_, _>>()?;
        self.readers = raise(connection, &streams, &changed).await?;
        Ok(())
    }

    fn note(&mut self, stream: StreamId, kind: &str, id: Uuid) {
        let keys = self.streams.entry(stream).or_default();
        let key = RecordKey {
            kind: kind.to_owned(),
            id,
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
}

/// Writes the next change of one stream.
pub async fn touch(
    connection: &mut PgConnection,
    stream: StreamId,
    keys: &[RecordKey],
) -> Result<(), DatabaseError> {
    let changed = to_json(&pairs(keys), "feed.changed")?;
    raise(connection, &[stream.as_uuid()], &[changed]).await?;
    Ok(())
}

/// The form in which keys are stored: `[[kind, id], …]`.
fn pairs(keys: &[RecordKey]) -> Vec<(&str, Uuid)> {
    keys.iter().map(|key| (key.kind.as_str(), key.id)).collect()
}

/// Raises the streams by one, and writes a row for each live member of each. Returns the members.
///
/// Two statements: the readers are looked up after the heads are locked, so that a member who left in the meantime
/// is not told, and one who joined is.
async fn raise(
    connection: &mut PgConnection,
    streams: &[Uuid],
    changed: &[serde_json::Value],
) -> Result<BTreeSet<Uuid>, DatabaseError> {
    if streams.is_empty() {
        return Ok(BTreeSet::new());
    }
    if lock_heads(connection, streams).await? < streams.len() {
        sqlx::query!(
            "insert into stream_head (stream, seq) select stream, 0 from unnest($1::uuid[]) as new (stream)
             on conflict (stream) do nothing",
            streams,
        )
        .execute(&mut *connection)
        .await?;
        lock_heads(connection, streams).await?;
    }
    let readers = sqlx::query_file_scalar!("src/feed/sql/raise_streams.sql", streams, changed);
    Ok(readers.fetch_all(connection).await?.into_iter().collect())
}

/// Locks the heads of these streams in the order of their ids. Returns how many there are.
async fn lock_heads(connection: &mut PgConnection, streams: &[Uuid]) -> Result<usize, DatabaseError> {
    let heads = sqlx::query_scalar!(
        "select stream from stream_head where stream = any($1) order by stream for update",
        streams,
    );
    Ok(heads.fetch_all(connection).await?.len())
}

/// Opens a new stream with its first reader. Violates `stream_head_pkey` if the id already names a stream: a case must
/// never take over the stream of an institution or an expert.
pub async fn open(
    connection: &mut PgConnection,
    stream: StreamId,
    reader: PartyId,
) -> Result<(), DatabaseError> {
    let opened = sqlx::query!(
        "with head as (insert into stream_head (stream, seq) values ($1, 0))
         insert into membership (party, stream, from_seq) values ($2, $1, 0)",
        stream.as_uuid(),
        reader.as_uuid(),
    );
    opened.execute(connection).await?;
    Ok(())
}

/// Makes the party a reader of the stream from its next change on, unless it is one. Returns whether that is new, for
/// [`Touched::joined`].
pub async fn join(
    connection: &mut PgConnection,
    party: PartyId,
    stream: StreamId,
) -> Result<bool, DatabaseError> {
    let joined = sqlx::query!(
        "insert into membership (party, stream, from_seq)
         select $1, $2, coalesce((select seq from stream_head where stream = $2), 0)
         where not exists (select from membership where party = $1 and stream = $2 and to_seq is null)",
        party.as_uuid(),
        stream.as_uuid(),
    );
    Ok(joined.execute(connection).await?.rows_affected() > 0)
}

/// Ends the party's reading of the stream: of what is written from now on, and of what it has not read yet.
pub async fn leave(
    connection: &mut PgConnection,
    party: PartyId,
    stream: StreamId,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update membership set to_seq = coalesce((select seq from stream_head where stream = $2), from_seq)
         where party = $1 and stream = $2 and to_seq is null",
        party.as_uuid(),
        stream.as_uuid(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the party's reading of the stream and orders its phones to forget what they have of it, for
/// [`Touched::purge`].
pub async fn revoke(
    connection: &mut PgConnection,
    party: PartyId,
    stream: StreamId,
    reason: &str,
    now: Timestamp,
) -> Result<PurgeId, DatabaseError> {
    leave(connection, party, stream).await?;
    let order = PurgeId::generate(now);
    sqlx::query!(
        "insert into purge_order (id, party, stream, reason, created_at) values ($1, $2, $3, $4, $5)",
        order.as_uuid(),
        party.as_uuid(),
        stream.as_uuid(),
        reason,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(order)
}
