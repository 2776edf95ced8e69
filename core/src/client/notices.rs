//! Writes notices: a command was refused, a case was given to a colleague.
//!
//! Invariant: a notice holds codes and a case number, never patient text.

use rusqlite::{Connection, Transaction};

use super::notice::{Notice, NoticeKind};
use super::store::{StoreError, notices, records};
use crate::client::store::outbox::OutboxRow;
use crate::command::Aggregate;
use crate::ids::{CaseId, PurgeId};
use crate::protocol::records::{Record, RecordKind};
use crate::time::Timestamp;

/// Writes the notice of a refused command. What was entered is kept apart from it (`drafts`).
pub(crate) fn refused(
    tx: &Transaction<'_>,
    row: &OutboxRow,
    code: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let case_id = match Aggregate::of_key(&row.aggregate) {
        Some(Aggregate::Case(id)) => Some(id),
        Some(_) | None => None,
    };
    let case_number = case_id.map(|id| number_of(tx, id)).transpose()?.flatten();
    let notice = Notice {
        id: row.command_id.into(),
        kind: NoticeKind::CommandRefused,
        code: code.to_owned(),
        command: Some(row.command.clone()),
        case_id,
        case_number,
        at,
        read: false,
    };
    notices::insert(tx, &notice, Some(row.command_id))
}

/// Writes the notice that a case is leaving this phone. Call it while the case is still there.
pub(crate) fn given_away(
    tx: &Transaction<'_>,
    order: PurgeId,
    case: CaseId,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let notice = Notice {
        id: order.into(),
        kind: NoticeKind::CaseGivenAway,
        code: reason.to_owned(),
        command: None,
        case_id: Some(case),
        case_number: number_of(tx, case)?,
        at: now,
        read: false,
    };
    notices::insert(tx, &notice, None)
}

/// The number of a case that is on this phone, or that an earlier notice named.
pub(crate) fn number_of(conn: &Connection, case: CaseId) -> Result<Option<String>, StoreError> {
    if let Some(Record::Case(record)) = records::server(conn, RecordKind::Case, case.as_uuid())?
        && record.case.number.is_some()
    {
        return Ok(record.case.number);
    }
    notices::case_number(conn, case)
}
