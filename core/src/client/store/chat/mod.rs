//! The tables of the chat.

pub(crate) mod device_rows;
pub(crate) mod log_rows;
pub(crate) mod message_rows;
pub(crate) mod outbox_rows;
pub(crate) mod task_rows;

use rusqlite::Connection;

use super::{StoreError, Stored};
use crate::ids::CaseId;

/// Deletes everything that this phone has of a case's chat, the keys included.
pub(crate) fn forget(conn: &Connection, case_id: CaseId) -> Result<(), StoreError> {
    const TABLES: [&str; 13] = [
        "chat",
        "chat_entry",
        "chat_chain",
        "chat_burnt",
        "chat_epoch_key",
        "chat_change",
        "chat_message",
        "chat_reaction",
        "chat_read_mark",
        "chat_stream",
        "chat_task",
        "chat_consent",
        "chat_outbox",
    ];
    for table in TABLES {
        conn.prepare_cached(&format!("delete from {table} where case_id = ?1"))?
            .execute([Stored(case_id)])?;
    }
    Ok(())
}
