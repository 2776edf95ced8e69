//! The SQL of the chat. Runs under the server's own login.

use mso_core::chat::certificate::Certificate;
use mso_core::chat::{
    Appended, ChainHead, Content, Entry, EntryKind, EpochHead, Log, LogHead, LogState, Payload, Signed, Wrap,
};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{CaseId, ChatEntryId, DeviceId, StreamId, UserId};
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::columns::{from_unsigned, to_unsigned};
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

fn hash(bytes: &[u8], column: &'static str) -> Result<Sha256Hash, DatabaseError> {
    Sha256Hash::try_from(bytes).map_err(|_| DatabaseError::Corrupt(column))
}

/// An entry that a log has.
pub(super) struct Found {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) is_burnt: bool,
}

/// A case's chat as of its newest entry, locked until the transaction ends.
pub(super) struct Chat {
    pub(super) log: Log,
    pub(super) stream: StreamId,
}

/// Locks a case's chat. Of the devices' chains only that of `device_id` is read: no other may send with it.
pub(super) async fn lock(
    connection: &mut PgConnection,
    case_id: CaseId,
    device_id: DeviceId,
) -> Result<Option<Chat>, DatabaseError> {
    let row = sqlx::query!(
        "select stream, seq, head, epoch, epoch_hash, epoch_rev, roster from chat where case_id = $1 for update",
        case_id.as_uuid(),
    );
    let Some(row) = row.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let epoch = match (row.epoch, row.epoch_hash, row.epoch_rev) {
        (Some(number), Some(of_record), Some(member_rev)) => Some(EpochHead {
            number: to_unsigned(number.into(), "chat.epoch")?,
            hash: hash(&of_record, "chat.epoch_hash")?,
            member_rev: to_unsigned(member_rev.into(), "chat.epoch_rev")?,
        }),
        _ => None,
    };
    let state = LogState {
        head: LogHead {
            seq: to_unsigned(row.seq, "chat.seq")?,
            hash: hash(&row.head, "chat.head")?,
        },
        epoch,
        roster: row.roster,
    };
    // A statement of its own: one that waits for the lock sees the other tables as they were before.
    let chain = sqlx::query!(
        "select seq, link from chat_chain where case_id = $1 and device_id = $2",
        case_id.as_uuid(),
        device_id.as_uuid(),
    );
    let chain = match chain.fetch_optional(connection).await? {
        Some(row) => {
            let seq = to_unsigned(row.seq, "chat_chain.seq")?;
            let link = hash(&row.link, "chat_chain.link")?;
            Some((device_id, ChainHead { seq, link }))
        }
        None => None,
    };
    let log = Log::restore(case_id, &state, chain, []).map_err(|_| DatabaseError::Corrupt("chat.roster"))?;
    Ok(Some(Chat {
        log,
        stream: StreamId::from_uuid(row.stream),
    }))
}

/// Stores an empty chat. Nothing happens if another transaction has just done so.
pub(super) async fn create(
    connection: &mut PgConnection,
    case_id: CaseId,
    stream: StreamId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let LogState { head, roster, .. } = Log::new(case_id).state();
    let created = sqlx::query!(
        "insert into chat (case_id, stream, seq, head, roster, created_at) values ($1, $2, 0, $3, $4, $5)
         on conflict (case_id) do nothing",
        case_id.as_uuid(),
        stream.as_uuid(),
        head.hash.as_bytes().as_slice(),
        roster,
        from_timestamp(now),
    );
    created.execute(connection).await?;
    Ok(())
}

/// The entry that an item with this digest has become, and what kind.
pub(super) async fn find(
    connection: &mut PgConnection,
    case_id: CaseId,
    digest: Sha256Hash,
) -> Result<Option<Found>, DatabaseError> {
    let row = sqlx::query!(
        "select seq, kind, at from chat_entry where case_id = $1 and digest = $2 and kind <> 'removal'",
        case_id.as_uuid(),
        digest.as_bytes().as_slice(),
    );
    let row = row.fetch_optional(connection).await?;
    row.map(|row| {
        Ok(Found {
            seq: to_unsigned(row.seq, "chat_entry.seq")?,
            at: to_timestamp(row.at),
            is_burnt: row.kind == EntryKind::Refused.name(),
        })
    })
    .transpose()
}

/// Stores an entry that the log was appended with, and where the log stands now.
pub(super) async fn put(
    connection: &mut PgConnection,
    log: &Log,
    entry: &Entry,
    appended: &Appended,
) -> Result<ChatEntryId, DatabaseError> {
    let id = ChatEntryId::generate(entry.at);
    let (case_id, at) = (log.case_id().as_uuid(), from_timestamp(entry.at));
    let sender = match appended {
        Appended::Envelope { device_id, chain } | Appended::Burnt { device_id, chain } => {
            Some((*device_id, *chain))
        }
        Appended::Readers(_) | Appended::Epoch(_) => None,
    };
    let device_seq = sender
        .map(|(_, chain)| from_unsigned(chain.seq, "chat_entry.device_seq"))
        .transpose()?;
    let (head, epoch) = (log.head(), log.epoch());
    let seq: i64 = from_unsigned(head.seq, "chat.seq")?;
    let digest = entry.payload.digest();
    let (nonce, ciphertext) = sealed_text(&entry.payload).unzip();
    let whole = |number: u32| i32::try_from(number).map_err(|_| DatabaseError::Corrupt("chat.epoch"));
    // Of one entry in a thousand; the rest leaves it as it is.
    let roster = matches!(appended, Appended::Readers(_)).then(|| log.roster().encode());
    let put = sqlx::query_file!(
        "src/chat/sql/put_entry.sql",
        id.as_uuid(),
        case_id,
        seq,
        entry.payload.kind().name(),
        sender.map(|(device_id, _)| device_id.as_uuid()),
        device_seq,
        digest.as_bytes().as_slice(),
        entry.payload.without_secrets().encode(),
        head.hash.as_bytes().as_slice(),
        at,
        sealed_bytes(&entry.payload),
        nonce,
        ciphertext,
        sender.map(|(_, chain)| chain.link.as_bytes().to_vec()),
        epoch.map(|epoch| whole(epoch.number)).transpose()?,
        epoch.map(|epoch| epoch.hash.as_bytes().to_vec()),
        epoch.map(|epoch| whole(epoch.member_rev)).transpose()?,
        roster,
    );
    put.execute(&mut *connection).await?;
    if let Payload::Epoch { wraps, .. } = &entry.payload {
        put_wraps(connection, log, id, wraps).await?;
    }
    Ok(id)
}

/// Bytes that a reader is shown besides what is signed: of an epoch, those for one device.
fn sealed_bytes(payload: &Payload) -> i32 {
    let bytes = if let Payload::Epoch { wraps, .. } = payload {
        wraps.iter().map(|wrap| wrap.sealed.len()).max().unwrap_or(0)
    } else {
        sealed_text(payload).map_or(0, |(nonce, ciphertext)| nonce.len() + ciphertext.len())
    };
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

/// The nonce and the ciphertext of an envelope that has its content.
fn sealed_text(payload: &Payload) -> Option<(&[u8], &[u8])> {
    match payload {
        Payload::Envelope(envelope) => match &envelope.content {
            Content::Sealed { nonce, ciphertext } => Some((nonce, ciphertext)),
            Content::Hash(_) => None,
        },
        Payload::Device(_)
        | Payload::Roster(_)
        | Payload::Removal(_)
        | Payload::Epoch { .. }
        | Payload::Refused(_) => None,
    }
}

async fn put_wraps(
    connection: &mut PgConnection,
    log: &Log,
    id: ChatEntryId,
    wraps: &[Wrap],
) -> Result<(), DatabaseError> {
    for wrap in wraps {
        let Some(device) = log.roster().certificate(wrap.certificate) else {
            continue;
        };
        let inserted = sqlx::query!(
            "insert into chat_wrap (entry_id, certificate, user_id, sealed) values ($1, $2, $3, $4)",
            id.as_uuid(),
            wrap.certificate.as_bytes().as_slice(),
            device.user_id.as_uuid(),
            wrap.sealed.as_slice(),
        );
        inserted.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Stores a device's certificate. Returns whether it is the one stored: a device has one for good.
pub(super) async fn put_certificate(
    connection: &mut PgConnection,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let device = certificate.value();
    let (device_id, signed) = (device.device_id.as_uuid(), certificate.encode());
    sqlx::query!(
        "insert into chat_certificate (device_id, user_id, signed, created_at) values ($1, $2, $3, $4)
         on conflict (device_id) do nothing",
        device_id,
        device.user_id.as_uuid(),
        signed,
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    let stored = sqlx::query_scalar!(
        "select signed from chat_certificate where device_id = $1",
        device_id
    );
    Ok(stored.fetch_one(connection).await? == signed)
}

/// Lets two devices of a user publish one after the other, until the transaction ends.
pub(super) async fn lock_identity(
    connection: &mut PgConnection,
    user_id: UserId,
) -> Result<(), DatabaseError> {
    let lock = sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('chat_identity ' || $1::text, 0))",
        user_id.as_uuid().to_string(),
    );
    lock.execute(connection).await?;
    Ok(())
}

/// The certificates of a user's active devices, oldest first. One that signed out has deleted its keys.
pub(super) async fn certificates(
    connection: &mut PgConnection,
    user_id: UserId,
) -> Result<Vec<Certificate>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        "select c.signed from chat_certificate c join device d on d.id = c.device_id
         where c.user_id = $1 and d.state = 'active' order by c.created_at, c.device_id",
        user_id.as_uuid(),
    );
    let rows = rows.fetch_all(connection).await?;
    let decode =
        |wire: Vec<u8>| Signed::decode(&wire).map_err(|_| DatabaseError::Corrupt("chat_certificate.signed"));
    rows.into_iter().map(decode).collect()
}

/// Those of the devices that were revoked, or signed out and so deleted their keys.
pub(super) async fn revoked(
    connection: &mut PgConnection,
    devices: &[Uuid],
) -> Result<Vec<DeviceId>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        "select id from device where id = any($1) and state <> 'active' order by id",
        devices,
    );
    Ok(rows
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(DeviceId::from_uuid)
        .collect())
}
