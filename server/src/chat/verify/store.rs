//! The SQL of verifying. Runs under the server's own login, which reads hashes of texts and wraps and not themselves.

use std::collections::BTreeMap;

use mso_core::ids::CaseId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::DatabaseError;

/// Chats read at once. Each has a roster of about 1.3 KB a device.
const CHATS: i64 = 100;
/// Entries read at once, with their wraps: about 100 bytes for each device of each epoch among them.
pub(super) const ENTRIES: i64 = 500;

/// A chat's row, which says what the next entry would be checked against.
pub(super) struct ChatRow {
    pub(super) case_id: Uuid,
    pub(super) stream: Uuid,
    pub(super) seq: i64,
    pub(super) head: Vec<u8>,
    pub(super) epoch: Option<i32>,
    pub(super) epoch_hash: Option<Vec<u8>>,
    pub(super) epoch_rev: Option<i32>,
    pub(super) roster: Vec<u8>,
}

/// The next chats after that of this case, in the order of their cases.
pub(super) async fn chats(connection: &mut PgConnection, after: Uuid) -> Result<Vec<ChatRow>, DatabaseError> {
    let rows = sqlx::query_as!(
        ChatRow,
        "select case_id, stream, seq, head, epoch, epoch_hash, epoch_rev, roster
         from chat where case_id > $1 order by case_id limit $2",
        after,
        CHATS,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The cases that have entries and no chat.
pub(super) async fn without_head(connection: &mut PgConnection) -> Result<Vec<CaseId>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        "select distinct e.case_id from chat_entry e
         where not exists (select from chat c where c.case_id = e.case_id) order by e.case_id",
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(CaseId::from_uuid).collect())
}

/// An entry as stored.
pub(super) struct EntryRow {
    pub(super) id: Uuid,
    pub(super) seq: i64,
    pub(super) kind: String,
    pub(super) device_id: Option<Uuid>,
    pub(super) device_seq: Option<i64>,
    pub(super) digest: Vec<u8>,
    pub(super) signed: Vec<u8>,
    pub(super) head: Vec<u8>,
    pub(super) at: OffsetDateTime,
    /// SHA-256 of the text's nonce and ciphertext, where there is a text.
    pub(super) content_hash: Option<Vec<u8>>,
}

/// The next [`ENTRIES`] of a case's log after this number.
pub(super) async fn entries(
    connection: &mut PgConnection,
    case_id: Uuid,
    after: i64,
) -> Result<Vec<EntryRow>, DatabaseError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"select e.id as "id!", e.seq as "seq!", e.kind as "kind!", e.device_id as "device_id?",
             e.device_seq as "device_seq?", e.digest as "digest!", e.signed as "signed!", e.head as "head!",
             e.at as "at!", t.content_hash as "content_hash?"
           from chat_entry e left join chat_text t on t.entry_id = e.id
           where e.case_id = $1 and e.seq > $2 order by e.seq limit $3"#,
        case_id,
        after,
        ENTRIES,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// A wrap without what it seals.
pub(super) struct WrapRow {
    pub(super) entry_id: Uuid,
    pub(super) certificate: Vec<u8>,
    pub(super) user_id: Uuid,
    /// SHA-256 of the sealed bytes.
    pub(super) hash: Vec<u8>,
}

/// The wraps beside these entries, by entry.
pub(super) async fn wraps(
    connection: &mut PgConnection,
    entries: &[EntryRow],
) -> Result<BTreeMap<Uuid, Vec<WrapRow>>, DatabaseError> {
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let mut wraps = BTreeMap::<Uuid, Vec<WrapRow>>::new();
    if ids.is_empty() {
        return Ok(wraps);
    }
    let rows = sqlx::query_as!(
        WrapRow,
        "select entry_id, certificate, user_id, hash from chat_wrap where entry_id = any($1)
         order by entry_id, certificate",
        ids.as_slice(),
    );
    for row in rows.fetch_all(connection).await? {
        wraps.entry(row.entry_id).or_default().push(row);
    }
    Ok(wraps)
}

/// Whether the device has published exactly this certificate.
pub(super) async fn is_published(
    connection: &mut PgConnection,
    device_id: Uuid,
    signed: &[u8],
) -> Result<bool, DatabaseError> {
    let found = sqlx::query_scalar!(
        "select exists (select from chat_certificate where device_id = $1 and signed = $2) as \"found!\"",
        device_id,
        signed,
    );
    Ok(found.fetch_one(connection).await?)
}

/// The newest envelope noted for each device: its number among the device's, and its link.
pub(super) async fn chains(
    connection: &mut PgConnection,
    case_id: Uuid,
) -> Result<BTreeMap<Uuid, (i64, Vec<u8>)>, DatabaseError> {
    let rows = sqlx::query!(
        "select device_id, seq, link from chat_chain where case_id = $1",
        case_id
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.device_id, (row.seq, row.link)))
        .collect())
}

/// Who reads a stream now.
pub(super) struct ReaderRow {
    pub(super) party: Uuid,
    /// Texts of entries after this number are shown.
    pub(super) from_seq: i64,
}

/// The live readers of a chat's stream.
pub(super) async fn readers(
    connection: &mut PgConnection,
    stream: Uuid,
) -> Result<Vec<ReaderRow>, DatabaseError> {
    let rows = sqlx::query_as!(
        ReaderRow,
        "select party, from_seq from membership where stream = $1 and to_seq is null order by party, from_seq",
        stream,
    );
    Ok(rows.fetch_all(connection).await?)
}
