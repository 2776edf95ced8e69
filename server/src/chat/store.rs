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

/// An entry that the log was appended with, to be stored.
pub(super) struct Addition {
    id: ChatEntryId,
    entry: Entry,
    appended: Appended,
    /// After it.
    head: LogHead,
}

impl Addition {
    /// The newest entry of the log.
    pub(super) fn new(log: &Log, entry: Entry, appended: Appended) -> Self {
        Self {
            id: ChatEntryId::generate(entry.at),
            entry,
            appended,
            head: log.head(),
        }
    }

    pub(super) const fn id(&self) -> ChatEntryId {
        self.id
    }

    pub(super) const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Bytes that a reader is shown besides what is signed: of an epoch, those for one device.
    pub(super) fn sealed_bytes(&self) -> usize {
        let payload = &self.entry.payload;
        if let Payload::Epoch { wraps, .. } = payload {
            wraps.iter().map(|wrap| wrap.sealed.len()).max().unwrap_or(0)
        } else {
            sealed_text(payload).map_or(0, |(nonce, ciphertext)| nonce.len() + ciphertext.len())
        }
    }

    /// The device whose chain it moved, and to where.
    const fn sender(&self) -> Option<(DeviceId, ChainHead)> {
        match self.appended {
            Appended::Envelope { device_id, chain } | Appended::Burnt { device_id, chain } => {
                Some((device_id, chain))
            }
            Appended::Readers(_) | Appended::Epoch(_) => None,
        }
    }
}

/// Stores entries that the log was appended with, at one time and by one sender, and where the log stands now.
pub(super) async fn put(
    connection: &mut PgConnection,
    log: &Log,
    additions: &[Addition],
) -> Result<(), DatabaseError> {
    let Some(newest) = additions.last() else {
        return Ok(());
    };
    let (ids, kinds, digests, signed, heads) = additions
        .iter()
        .map(|addition| {
            let payload = &addition.entry.payload;
            (
                addition.id.as_uuid(),
                payload.kind().name().to_owned(),
                payload.digest().as_bytes().to_vec(),
                payload.without_secrets().encode(),
                addition.head.hash.as_bytes().to_vec(),
            )
        })
        .collect::<(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>();
    let (nonces, ciphertexts): (Vec<_>, Vec<_>) = additions
        .iter()
        .map(|addition| {
            let text = sealed_text(&addition.entry.payload);
            text.map(|(nonce, ciphertext)| (nonce.to_vec(), ciphertext.to_vec()))
                .unzip()
        })
        .collect();
    let number = |seq: u64| from_unsigned(seq, "chat.seq");
    let seqs = additions.iter().map(|addition| number(addition.head.seq));
    let seqs: Vec<i64> = seqs.collect::<Result<_, _>>()?;
    let device_seqs = additions.iter().map(|addition| {
        let seq = addition.sender().map(|(_, chain)| number(chain.seq));
        seq.transpose()
    });
    let device_seqs: Vec<Option<i64>> = device_seqs.collect::<Result<_, _>>()?;
    let sealed_bytes = additions
        .iter()
        .map(|addition| i32::try_from(addition.sealed_bytes()).unwrap_or(i32::MAX));
    let sealed_bytes: Vec<i32> = sealed_bytes.collect();
    let (sender, epoch) = (newest.sender(), log.epoch());
    let whole = |number: u32| i32::try_from(number).map_err(|_| DatabaseError::Corrupt("chat.epoch"));
    // Of one entry in a thousand; the rest leaves it as it is.
    let moves_roster = |addition: &Addition| matches!(addition.appended, Appended::Readers(_));
    let roster = additions.iter().any(moves_roster).then(|| log.roster().encode());
    let put = sqlx::query_file!(
        "src/chat/sql/put_entries.sql",
        log.case_id().as_uuid(),
        sender.map(|(device_id, _)| device_id.as_uuid()),
        from_timestamp(newest.entry.at),
        &ids,
        &seqs,
        &kinds,
        &device_seqs as &[Option<i64>],
        &digests,
        &signed,
        &heads,
        &sealed_bytes,
        &nonces as &[Option<Vec<u8>>],
        &ciphertexts as &[Option<Vec<u8>>],
        device_seqs.last().copied().flatten(),
        sender.map(|(_, chain)| chain.link.as_bytes().to_vec()),
        number(newest.head.seq)?,
        newest.head.hash.as_bytes().as_slice(),
        epoch.map(|epoch| whole(epoch.number)).transpose()?,
        epoch.map(|epoch| epoch.hash.as_bytes().to_vec()),
        epoch.map(|epoch| whole(epoch.member_rev)).transpose()?,
        roster,
    );
    put.execute(&mut *connection).await?;
    for addition in additions {
        if let Payload::Epoch { wraps, .. } = &addition.entry.payload {
            put_wraps(connection, log, addition.id, wraps).await?;
        }
    }
    Ok(())
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
