//! What whoever runs the server could try on a chat: rows of the database changed as its superuser, past every rule and policy.

use anyhow::{Context, Result};
use mso_core::chat::{Entry, EntryKind, Log, Payload};
use mso_core::ids::CaseId;
use mso_core::ids::{ChatEntryId, StreamId};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::RecordKey;
use mso_core::time::{Clock, SystemClock, Timestamp};
use mso_server::feed::write::touch;
use sqlx::Row;
use sqlx::query;

use crate::database::Database;

/// The log of a case's chat as it stands in the database, checked entry by entry, without texts and wraps.
pub async fn log(database: &Database, case_id: CaseId) -> Result<Log> {
    let rows = query(
        "select seq, kind, signed, (extract(epoch from at) * 1000)::bigint as at from chat_entry
         where case_id = $1 order by seq",
    );
    let mut log = Log::new(case_id);
    for row in rows.bind(case_id.as_uuid()).fetch_all(database.pool()).await? {
        let kind: String = row.try_get("kind")?;
        let kind = EntryKind::from_name(&kind).context("kind")?;
        let entry = Entry {
            seq: u64::try_from(row.try_get::<i64, _>("seq")?)?,
            at: Timestamp::from_unix_millis(row.try_get("at")?),
            payload: Payload::decode(kind, &row.try_get::<Vec<u8>, _>("signed")?)?,
        };
        log.append(&entry)?;
    }
    let head = query("select head from chat where case_id = $1").bind(case_id.as_uuid());
    let head: Vec<u8> = head.fetch_one(database.pool()).await?.try_get("head")?;
    anyhow::ensure!(
        log.head().hash.as_bytes().as_slice() == head,
        "another head than the log's"
    );
    Ok(log)
}

/// Puts an entry behind the newest, whether the log's rules take it or not, and tells the readers' phones of it.
pub async fn put_entry(database: &Database, case_id: CaseId, payload: Payload) -> Result<()> {
    let row = query("select stream, seq, head from chat where case_id = $1")
        .bind(case_id.as_uuid())
        .fetch_one(database.pool())
        .await?;
    let (stream, seq, head): (uuid::Uuid, i64, Vec<u8>) =
        (row.try_get("stream")?, row.try_get("seq")?, row.try_get("head")?);
    let now = SystemClock.now();
    let entry = Entry {
        seq: u64::try_from(seq)? + 1,
        at: now,
        payload,
    };
    let id = ChatEntryId::generate(now).as_uuid();
    let kind = entry.payload.kind().name();
    let after = entry.head(case_id, head.as_slice().try_into()?);
    let mut tx = database.pool().begin().await?;
    let inserted = query(
        "insert into chat_entry (id, case_id, seq, kind, digest, signed, head, at, sealed_bytes)
         values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8 / 1000.0), 0)",
    );
    inserted
        .bind(id)
        .bind(case_id.as_uuid())
        .bind(seq + 1)
        .bind(kind)
        .bind(entry.payload.digest().as_bytes().as_slice())
        .bind(entry.payload.without_secrets().encode())
        .bind(after.as_bytes().as_slice())
        .bind(now.unix_millis())
        .execute(&mut *tx)
        .await?;
    query("update chat set seq = $2, head = $3 where case_id = $1")
        .bind(case_id.as_uuid())
        .bind(seq + 1)
        .bind(after.as_bytes().as_slice())
        .execute(&mut *tx)
        .await?;
    let key = RecordKey {
        kind: RecordKind::ChatEntry.name().to_owned(),
        id,
    };
    touch(&mut tx, StreamId::from_uuid(stream), &[key]).await?;
    Ok(tx.commit().await?)
}

/// Exchanges the key that the newest epoch of a case holds for one user by other bytes.
pub async fn exchange_wrap(database: &Database, case_id: CaseId, user_id: uuid::Uuid) -> Result<()> {
    let changed = query(
        "update chat_wrap set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)
         where user_id = $2 and entry_id =
           (select id from chat_entry where case_id = $1 and kind = 'epoch' order by seq desc limit 1)",
    );
    let changed = changed
        .bind(case_id.as_uuid())
        .bind(user_id)
        .execute(database.pool());
    anyhow::ensure!(changed.await?.rows_affected() == 1, "no such wrap");
    Ok(())
}

/// Exchanges a byte of the newest sealed text of a case.
pub async fn exchange_text(database: &Database, case_id: CaseId) -> Result<()> {
    let changed = query(
        "update chat_text set ciphertext = set_byte(ciphertext, 40, get_byte(ciphertext, 40) # 1)
         where entry_id =
           (select id from chat_entry where case_id = $1 and kind = 'envelope' order by seq desc limit 1)",
    );
    let changed = changed.bind(case_id.as_uuid()).execute(database.pool());
    anyhow::ensure!(changed.await?.rows_affected() == 1, "no such text");
    Ok(())
}
