//! Writes notices: a command was refused, a case was given to a colleague.
//!
//! Invariant: a notice holds codes and a case number, never patient text. An expert's own refused opinion (R3) stays
//! readable to its author for 30 days, apart from the notice and without patient identifiers.

use rusqlite::Transaction;

use super::notice::{Notice, NoticeKind};
use super::store::{StoreError, notices, records};
use crate::command::{Aggregate, CommandEnvelope};
use crate::ids::{CaseId, PurgeId};
use crate::protocol::records::{Record, RecordKind};
use crate::time::Timestamp;

/// Writes the notice of a refused command and keeps its clinical text.
pub(crate) fn refused(
    tx: &Transaction<'_>,
    envelope: &CommandEnvelope,
    code: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let case_id = if let Aggregate::Case(id) = envelope.command.aggregate() {
        Some(id)
    } else {
        None
    };
    let case_number = case_id.map(|id| number_of(tx, id)).transpose()?.flatten();
    if let (Some(opinion), Some(case_id)) = (envelope.command.opinion(), case_id) {
        notices::keep(
            tx,
            envelope.command_id,
            case_id,
            case_number.as_deref(),
            opinion,
            now,
        )?;
    }
    let notice = Notice {
        id: envelope.command_id.into(),
        kind: NoticeKind::CommandRefused,
        code: code.to_owned(),
        command: Some(envelope.command.name().to_owned()),
        case_id,
        case_number,
        at: now,
        read: false,
    };
    notices::insert(tx, &notice, Some(envelope.command_id))
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

fn number_of(tx: &Transaction<'_>, case: CaseId) -> Result<Option<String>, StoreError> {
    if let Some(Record::Case(record)) = records::server(tx, RecordKind::Case, case.as_uuid())?
        && record.case.number.is_some()
    {
        return Ok(record.case.number);
    }
    notices::case_number(tx, case)
}
