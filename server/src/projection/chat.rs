//! The entries of a case's chat as one user reads them: what is signed, with the texts since the user came and the wraps for
//! the user's own devices. Which these are is decided by row-level security alone: nothing else is asked for here.

use std::collections::BTreeMap;

use mso_core::chat::{Content, Entry, EntryKind, Payload, Wrap};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{CaseId, StreamId};
use mso_core::protocol::chat::ChatEntryRecord;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::WireRecord;
use uuid::Uuid;

use super::wanted::wire;
use crate::database::columns::to_unsigned;
use crate::database::{DatabaseError, Scoped, to_timestamp};

/// An entry never changes.
const VERSION: i64 = 1;

/// Those of the entries that the user reads.
pub(super) async fn load_entries(tx: &mut Scoped, ids: &[Uuid]) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select e.id as "id!", e.case_id as "case_id!", c.stream as "stream!", e.seq as "seq!", e.kind as "kind!",
             e.signed as "signed!", e.at as "at!", t.nonce as "nonce?", t.ciphertext as "ciphertext?"
           from chat_entry e
           join chat c on c.case_id = e.case_id
           left join chat_text t on t.entry_id = e.id
           where e.id = any($1)"#,
        ids,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let epochs: Vec<Uuid> = rows
        .iter()
        .filter(|row| row.kind == EntryKind::Epoch.name())
        .map(|row| row.id)
        .collect();
    let mut wraps = load_wraps(tx, &epochs).await?;
    rows.into_iter()
        .map(|row| {
            let fault = |_| DatabaseError::Corrupt("chat_entry.signed");
            let kind = EntryKind::from_name(&row.kind).ok_or(DatabaseError::Corrupt("chat_entry.kind"))?;
            let mut payload = Payload::decode(kind, &row.signed).map_err(fault)?;
            if let (Payload::Envelope(envelope), Some(nonce), Some(ciphertext)) =
                (&mut payload, row.nonce, row.ciphertext)
            {
                let nonce = nonce.as_slice().try_into();
                let nonce = nonce.map_err(|_| DatabaseError::Corrupt("chat_text.nonce"))?;
                envelope.content = Content::Sealed { nonce, ciphertext };
            }
            if let Payload::Epoch { wraps: own, .. } = &mut payload {
                *own = wraps.remove(&row.id).unwrap_or_default();
            }
            let case_id = CaseId::from_uuid(row.case_id);
            let entry = Entry {
                seq: to_unsigned(row.seq, "chat_entry.seq")?,
                at: to_timestamp(row.at),
                payload,
            };
            let body = ChatEntryRecord {
                case_id,
                entry: entry.encode().into(),
            };
            let stream = StreamId::from_uuid(row.stream);
            wire(RecordKind::ChatEntry, row.id, stream, VERSION, &body)
        })
        .collect()
}

async fn load_wraps(tx: &mut Scoped, epochs: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Wrap>>, DatabaseError> {
    let mut wraps = BTreeMap::<_, Vec<_>>::new();
    if epochs.is_empty() {
        return Ok(wraps);
    }
    let rows = sqlx::query!(
        "select entry_id, certificate, sealed from chat_wrap where entry_id = any($1) order by entry_id, certificate",
        epochs,
    );
    for row in rows.fetch_all(tx.conn()).await? {
        let certificate = Sha256Hash::try_from(row.certificate.as_slice());
        wraps.entry(row.entry_id).or_default().push(Wrap {
            certificate: certificate.map_err(|_| DatabaseError::Corrupt("chat_wrap.certificate"))?,
            sealed: row.sealed,
        });
    }
    Ok(wraps)
}
