//! Appends to a chain, and reads all chains to verify them.

use mso_core::actor::{Actor, Role};
use mso_core::audit::{AuditEntry, Chained, Fault, PayloadKey, START, link};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{CommandId, DeviceId, StreamId, UserId};
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::columns::{from_name, from_unsigned, to_unsigned};
use crate::database::{DatabaseError, Scoped, from_timestamp, to_timestamp};

/// An action that was performed or refused.
#[derive(Debug, Clone)]
pub struct Act {
    pub actor: Actor,
    pub at: Timestamp,
    /// For example `accept_case`, `sign_in`.
    pub action: String,
    /// Kind of the affected entity, for example `case`.
    pub entity: String,
    pub entity_id: Uuid,
    /// `applied`, or the refusal's code.
    pub outcome: String,
    /// Id of the HTTP request.
    pub request_id: Option<String>,
    /// The request in bytes. Only a keyed digest of it is stored.
    pub payload: Option<Vec<u8>>,
}

/// The answer to a command of the actor, stored in its row of the command log.
#[derive(Debug)]
pub struct Answer {
    pub command: CommandId,
    pub outcome: serde_json::Value,
}

/// Appends an act to the chain of a stream that the actor reads.
pub async fn append(connection: &mut PgConnection, stream: StreamId, act: &Act) -> Result<(), DatabaseError> {
    append_answer(connection, stream, act, None).await
}

/// Appends an act, and stores the answer to the command that it was, in the same statement.
pub async fn append_answer(
    connection: &mut PgConnection,
    stream: StreamId,
    act: &Act,
    answer: Option<&Answer>,
) -> Result<(), DatabaseError> {
    let (seq, prev_hash) = lock_head(connection, stream).await?;
    let key = act.payload.as_ref().map(|_| random_key()).transpose()?;
    let entry = AuditEntry {
        at: act.at,
        seq: seq + 1,
        role: act.actor.role(),
        user: act.actor.user,
        action: act.action.clone(),
        device: act.actor.device(),
        entity: act.entity.clone(),
        stream,
        outcome: act.outcome.clone(),
        entity_id: act.entity_id,
        request_id: act.request_id.clone(),
        payload_digest: key
            .zip(act.payload.as_deref())
            .map(|(key, payload)| key.digest(payload)),
    };
    let hash = link(&prev_hash, &entry).map_err(|_| DatabaseError::Corrupt("an audit entry's bytes"))?;
    insert(
        connection,
        &Chained {
            entry,
            prev_hash,
            hash,
        },
        key,
        answer,
    )
    .await
}

/// When the stream's last entry was made.
pub async fn last_at(
    connection: &mut PgConnection,
    stream: StreamId,
) -> Result<Option<Timestamp>, DatabaseError> {
    let at = sqlx::query_scalar!(
        "select last_at from audit_head where stream = $1",
        stream.as_uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(at.flatten().map(to_timestamp))
}

/// Sequence number and hash of the chain's last entry, locked until this transaction ends.
async fn lock_head(
    connection: &mut PgConnection,
    stream: StreamId,
) -> Result<(u64, Sha256Hash), DatabaseError> {
    if let Some(head) = locked_head(connection, stream).await? {
        return Ok(head);
    }
    let opened = sqlx::query!(
        "insert into audit_head (stream, seq, hash) values ($1, 0, $2) on conflict (stream) do nothing",
        stream.as_uuid(),
        START.as_bytes().as_slice(),
    );
    if opened.execute(&mut *connection).await?.rows_affected() == 1 {
        return Ok((0, START));
    }
    let head = locked_head(connection, stream).await?;
    head.ok_or(DatabaseError::Corrupt("audit_head"))
}

async fn locked_head(
    connection: &mut PgConnection,
    stream: StreamId,
) -> Result<Option<(u64, Sha256Hash)>, DatabaseError> {
    let head = sqlx::query!(
        "select seq, hash from audit_head where stream = $1 for update",
        stream.as_uuid()
    );
    let head = head.fetch_optional(connection).await?;
    head.map(|head| Ok((to_unsigned(head.seq, "audit_head.seq")?, digest(&head.hash)?)))
        .transpose()
}

async fn insert(
    connection: &mut PgConnection,
    chained: &Chained,
    key: Option<PayloadKey>,
    answer: Option<&Answer>,
) -> Result<(), DatabaseError> {
    let Chained {
        entry,
        prev_hash,
        hash,
    } = chained;
    let seq = from_unsigned(entry.seq, "audit_entry.seq")?;
    sqlx::query_file!(
        "src/audit/sql/insert_entry.sql",
        entry.stream.as_uuid(),
        seq,
        prev_hash.as_bytes().as_slice(),
        hash.as_bytes().as_slice(),
        from_timestamp(entry.at),
        entry.user.as_uuid(),
        entry.device.map(DeviceId::as_uuid),
        entry.role.name(),
        entry.action,
        entry.entity,
        entry.entity_id,
        entry.outcome,
        entry.request_id,
        key.as_ref().map(|key| key.as_bytes().as_slice()),
        entry
            .payload_digest
            .as_ref()
            .map(|digest| digest.as_bytes().as_slice()),
        answer.map(|answer| answer.command.as_uuid()),
        answer.map(|answer| &answer.outcome),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn random_key() -> Result<PayloadKey, DatabaseError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| DatabaseError::Unreachable("the random source"))?;
    Ok(PayloadKey::new(bytes))
}

fn digest(stored: &[u8]) -> Result<Sha256Hash, DatabaseError> {
    Sha256Hash::try_from(stored).map_err(|_| DatabaseError::Corrupt("an audit hash"))
}

/// A chain that fails verification, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenStream {
    pub stream: StreamId,
    /// Sequence number of the first invalid entry.
    pub seq: u64,
    pub fault: Fault,
}

/// Result of verifying all chains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Number of chains read.
    pub streams: u64,
    /// Number of entries read.
    pub entries: u64,
    /// Chains that failed verification.
    pub broken: Vec<BrokenStream>,
}

/// Reads all chains and compares each with its head. Runs in a snapshot of an admin or of the server itself.
pub async fn verify(tx: &mut Scoped) -> Result<Verified, DatabaseError> {
    let heads = sqlx::query!("select stream, seq, hash from audit_head order by stream")
        .fetch_all(tx.conn())
        .await?;
    let orphans = sqlx::query_scalar!(
        "select distinct stream from audit_entry where stream not in (select stream from audit_head)"
    )
    .fetch_all(tx.conn())
    .await?;
    let mut verified = Verified::default();
    for stream in orphans {
        verified.broken.push(BrokenStream {
            stream: StreamId::from_uuid(stream),
            seq: 1,
            fault: Fault::Detached,
        });
    }
    for head in heads {
        let stream = StreamId::from_uuid(head.stream);
        let entries = of_stream(tx.conn(), stream).await?;
        verified.streams += 1;
        verified.entries += u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let end = (to_unsigned(head.seq, "audit_head.seq")?, digest(&head.hash)?);
        let fault = match mso_core::audit::verify(&entries) {
            Ok(found) if found == end => continue,
            // Entries are missing at the end, or the head was set back.
            Ok((seq, _)) => BrokenStream {
                stream,
                seq: seq + 1,
                fault: Fault::Gap,
            },
            Err(broken) => BrokenStream {
                stream,
                seq: broken.seq,
                fault: broken.fault,
            },
        };
        verified.broken.push(fault);
    }
    Ok(verified)
}

struct EntryRow {
    seq: i64,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
    at: OffsetDateTime,
    user_id: Uuid,
    device_id: Option<Uuid>,
    role: String,
    action: String,
    entity: String,
    entity_id: Uuid,
    outcome: String,
    request_id: Option<String>,
    payload_digest: Option<Vec<u8>>,
}

impl EntryRow {
    fn chained(self, stream: StreamId) -> Result<Chained, DatabaseError> {
        let role: Role = from_name(&self.role, "audit_entry.role")?;
        Ok(Chained {
            entry: AuditEntry {
                at: to_timestamp(self.at),
                seq: to_unsigned(self.seq, "audit_entry.seq")?,
                role,
                user: UserId::from_uuid(self.user_id),
                action: self.action,
                device: self.device_id.map(DeviceId::from_uuid),
                entity: self.entity,
                stream,
                outcome: self.outcome,
                entity_id: self.entity_id,
                request_id: self.request_id,
                payload_digest: self.payload_digest.as_deref().map(digest).transpose()?,
            },
            prev_hash: digest(&self.prev_hash)?,
            hash: digest(&self.hash)?,
        })
    }
}

async fn of_stream(connection: &mut PgConnection, stream: StreamId) -> Result<Vec<Chained>, DatabaseError> {
    let rows = sqlx::query_as!(
        EntryRow,
        "select seq, prev_hash, hash, at, user_id, device_id, role, action, entity, entity_id, outcome, request_id,
                payload_digest
         from audit_entry where stream = $1 order by seq",
        stream.as_uuid(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| row.chained(stream)).collect()
}
