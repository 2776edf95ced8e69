//! What the user must be told: a command that the server refused, a case that was given to a colleague.
//!
//! The invariant: a notice names codes and a case number and never repeats patient text. An expert's own refused
//! opinion (R3) stays readable to its author for 30 days, apart from the notice and without patient identifiers.

use std::fmt;
use std::str::FromStr;

use rusqlite::Transaction;
use uuid::Uuid;

use super::store::{StoreError, notices, records};
use crate::cases::RecommendationContent;
use crate::command::{Aggregate, CommandEnvelope};
use crate::ids::{CaseId, CommandId, IdError, PurgeId};
use crate::protocol::records::{Record, RecordKind};
use crate::time::Timestamp;

/// Names a notice. Made from the command or order that it tells of, so that telling twice makes one notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(Uuid);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NoticeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError)
    }
}

impl From<CommandId> for NoticeId {
    fn from(id: CommandId) -> Self {
        Self(id.as_uuid())
    }
}

impl From<PurgeId> for NoticeId {
    fn from(id: PurgeId) -> Self {
        Self(id.as_uuid())
    }
}

/// What a notice tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// The server refused what the user had done.
    CommandRefused,
    /// A case left this phone.
    CaseGivenAway,
}

/// Something the user must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// To mark it read with.
    pub id: NoticeId,
    /// What it tells of.
    pub kind: NoticeKind,
    /// Why: a refusal's code, or the reason of a purge.
    pub code: String,
    /// The command's name, when one was refused.
    pub command: Option<String>,
    /// The case concerned. It may have left the phone.
    pub case_id: Option<CaseId>,
    /// Its number, as people know it.
    pub case_number: Option<String>,
    /// When the phone learned of it.
    pub at: Timestamp,
    /// The user has seen it.
    pub read: bool,
}

/// An expert's own words that were refused (R3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecommendation {
    /// The case that they were meant for.
    pub case_id: CaseId,
    /// Its number.
    pub case_number: Option<String>,
    /// What was written.
    pub content: RecommendationContent,
    /// When the phone learned of the refusal.
    pub refused_at: Timestamp,
    /// Gone after this.
    pub kept_until: Timestamp,
}

/// Tells of a refused command, and keeps its author's words.
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

/// Tells that a case leaves this phone. To be called while the case is still there.
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
