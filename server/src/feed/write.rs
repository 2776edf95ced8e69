//! Writes the feed: one row for each touched stream of a transaction, with the stream's next sequence number.
//!
//! A stream's head row stays locked from drawing the number to the commit, so its numbers have no gaps and
//! follow the commit order. Heads are locked in the order of stream ids, so that two writers never deadlock.
//! A row says which records changed, not how.

use std::collections::BTreeMap;

use mso_core::ids::{CaseId, PartyId, PurgeId, StreamId};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::RecordKey;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::DatabaseError;
use crate::database::columns::to_json;

/// Kind of a key in a party's own stream: the party reads this case's stream from here on. The id is the
/// case's.
pub const GRANT: &str = "grant";

/// Kind of a key in a party's own stream: its phones must forget a stream. The id is the purge order's.
pub const PURGE: &str = "purge";

/// What a transaction changed, by stream. Written once, at its end.
#[derive(Debug, Default, Clone)]
pub struct Touched {
    streams: BTreeMap<StreamId, Vec<RecordKey>>,
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

    /// Writes one feed row for each stream, in the order of their ids.
    pub async fn write(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        for (stream, keys) in &self.streams {
            touch(connection, *stream, keys).await?;
        }
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

/// Writes the next row of one stream. The keys are stored as `[[kind, id], …]`.
pub async fn touch(
    connection: &mut PgConnection,
    stream: StreamId,
    keys: &[RecordKey],
) -> Result<(), DatabaseError> {
    let changed: Vec<_> = keys.iter().map(|key| (key.kind.as_str(), key.id)).collect();
    let seq = sqlx::query_scalar!(
        "insert into stream_head (stream, seq) values ($1, 1)
         on conflict (stream) do update set seq = stream_head.seq + 1
         returning seq",
        stream.as_uuid(),
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into feed (stream, seq, changed) values ($1, $2, $3)",
        stream.as_uuid(),
        seq,
        to_json(&changed, "feed.changed")?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Opens the stream of a new case. Violates `stream_head_pkey` if the id already names a stream: a case must
/// never take over the stream of an institution or an expert.
pub async fn open(connection: &mut PgConnection, stream: StreamId) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into stream_head (stream, seq) values ($1, 0)",
        stream.as_uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the party a reader of the stream, unless it is one. Returns whether that is new, for
/// [`Touched::joined`].
pub async fn join(
    connection: &mut PgConnection,
    party: PartyId,
    stream: StreamId,
) -> Result<bool, DatabaseError> {
    let joined = sqlx::query!(
        "insert into membership (party, stream) select $1, $2
         where not exists (select from membership where party = $1 and stream = $2 and to_xid is null)",
        party.as_uuid(),
        stream.as_uuid(),
    );
    Ok(joined.execute(connection).await?.rows_affected() > 0)
}
