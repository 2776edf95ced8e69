//! Deletes what a phone may no longer hold.
//!
//! Records, overlays, and the rows and keys of files are deleted in the transaction of the page; the sealed files, by then
//! unreadable, right after it. Pending commands stay: the server refuses them, and the user gets that notice. Invariant: an
//! order is carried out once, and reported until the server has received the report.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use crate::client::notices;
use crate::client::store::files::{self, Unsent};
use crate::client::store::{StoreError, chat, forms, records, streams};
use crate::ids::{CaseId, StreamId};
use crate::protocol::records::RecordKind;
use crate::protocol::sync::{PurgeOrder, REASON_REVOKED, RecordKey};
use crate::time::Timestamp;

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Forgotten {
    pub(crate) records: Vec<RecordKey>,
    /// Cases whose chats were deleted.
    pub(crate) chats: BTreeSet<CaseId>,
    /// Sealed files to delete once this is committed.
    pub(crate) paths: Vec<String>,
    /// A notice was written.
    pub(crate) noticed: bool,
}

/// Carries out an order, unless it already was.
pub(crate) fn carry_out(
    tx: &Transaction<'_>,
    order: &PurgeOrder,
    now: Timestamp,
    server_time: Timestamp,
) -> Result<Forgotten, StoreError> {
    if streams::is_purged(tx, order.id)? {
        return Ok(Forgotten::default());
    }
    let case = CaseId::from_uuid(order.stream.as_uuid());
    // A phone that loses everything is told so once, by the sign-in that it asks for.
    let noticed = order.reason != REASON_REVOKED && records::exists(tx, RecordKind::Case, case.as_uuid())?;
    if noticed {
        notices::given_away(tx, order.id, case, &order.reason, now)?;
    }
    forms::case_left(tx, case, server_time)?;
    let keep = if order.reason == REASON_REVOKED {
        // The only copy. It goes with the sign-out, as commands that were never sent do.
        Unsent::Stays
    } else {
        Unsent::Goes
    };
    let forgotten = forget(tx, order.stream, keep)?;
    streams::purged(tx, order.id, now)?;
    Ok(Forgotten { noticed, ..forgotten })
}

/// Deletes a stream with everything in it; with a case its chat, keys included.
pub(crate) fn forget(
    tx: &Transaction<'_>,
    stream: StreamId,
    unsent: Unsent,
) -> Result<Forgotten, StoreError> {
    let case = CaseId::from_uuid(stream.as_uuid());
    let chat_of = chat::task_rows::case_of(tx, stream)?;
    if let Some(chat) = chat::task_rows::stream_of(tx, case)? {
        streams::forget(tx, chat)?;
    }
    let mut chats = BTreeSet::new();
    for case_id in [Some(case), chat_of].into_iter().flatten() {
        if chat::forget(tx, case_id, unsent)? {
            chats.insert(case_id);
        }
    }
    let records = records::delete_stream(tx, stream)?;
    let paths = files::delete_of_stream(tx, stream, unsent)?;
    streams::forget(tx, stream)?;
    Ok(Forgotten {
        records,
        chats,
        paths,
        noticed: false,
    })
}
