//! The tables of the chat.

pub(crate) mod device_rows;
pub(crate) mod log_rows;
pub(crate) mod message_rows;
pub(crate) mod outbox_rows;
pub(crate) mod task_rows;

use rusqlite::Connection;

use super::files::Unsent;
use super::{StoreError, Stored};
use crate::ids::CaseId;

/// Deletes everything that this phone has of a case's chat, the keys included; what was written here and is not in the log
/// like other unsent things. Returns whether there was anything.
pub(crate) fn forget(conn: &Connection, case_id: CaseId, unsent: Unsent) -> Result<bool, StoreError> {
    const TABLES: [&str; 12] = [
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
    ];
    let outbox = match unsent {
        Unsent::Goes => Some("chat_outbox"),
        Unsent::Stays => None,
    };
    let mut deleted = 0;
    for table in TABLES.into_iter().chain(outbox) {
        deleted += conn
            .prepare_cached(&format!("delete from {table} where case_id = ?1"))?
            .execute([Stored(case_id)])?;
    }
    Ok(deleted > 0)
}
