//! Drafts: refused commands, kept for their author.
//!
//! A refusal is not a deletion. Every refused command in which a person entered something stays, whole, until its author
//! sends it again, changes it or discards it; an expert's for 30 days (D-30). Two kinds have more to offer: a new patient
//! whom the institution already has (D-11), and an edit that conflicts with another one (R6).
//!
//! The server refuses every command that depends on a refused one, and gives one command id one answer for ever. So
//! drafts are sent with new command ids, the same ids of cases and documents, and the same content. Invariant: a draft and
//! the drafts that depend on it are sent in one transaction, or none is and all of them stay.

mod patients;
mod texts;

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use self::patients::conflicting;
pub use self::patients::{ConflictingField, EditConflict, RefusedPatient};
pub(crate) use self::patients::{edits, patients, resolve_edit, use_existing};
pub use self::texts::{DraftText, texts};
use self::texts::{payload_leaves, with_texts};
use super::error::WorkspaceError;
use super::notice::{KeptRecommendation, NoticeId};
use super::observe::Changed;
use super::overlay;
use super::perform::{check, perform_in};
use super::store::drafts::{self as rows, DraftRow};
use super::store::outbox::OutboxRow;
use super::store::{StoreError, files, notices, outbox};
use crate::actor::Actor;
use crate::cases::{
    AmendRecommendation, CaseRequest, RecommendationContent, SubmitCase, SubmitRecommendation,
};
use crate::command::{Aggregate, Command};
use crate::documents::DeclaredFile;
use crate::ids::{CaseId, CommandId, DocumentId, PatientId};
use crate::patients::{CreatePatient, EditPatient};
use crate::refusal::{Refusal, RefusalClass, RefusalRecord};
use crate::time::Timestamp;

/// How long an expert's draft is kept, in milliseconds: 30 days.
const CLINICAL_KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

named! {
    /// What the author of a draft can do with it now, besides discarding it.
    pub enum Remedy {
        /// Send it unchanged.
        SendAgain = "send_again",
        /// Change it and send it.
        Change = "change",
        /// Use the patient that the institution has, for all that was entered for the refused one.
        UseExistingPatient = "use_existing_patient",
        /// Choose between both values of each field.
        ResolveConflict = "resolve_conflict",
    }
}

/// A refused command, kept for its author.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Names it in the calls that send or discard it.
    pub command_id: CommandId,
    /// The operation's name.
    pub operation: String,
    /// The case that it is about, which may have left this phone.
    pub case_id: Option<CaseId>,
    /// What was entered; `None`: another version of the app wrote it, and this one cannot read it.
    pub command: Option<Command>,
    pub refusal: RefusalRecord,
    /// By the server's clock.
    pub refused_at: Timestamp,
    /// Until when it is kept, by the server's clock; `None`: until its author sends or discards it.
    pub kept_until: Option<Timestamp>,
    /// What its author can do now.
    pub remedies: Vec<Remedy>,
    /// The drafts that depend on it, in order.
    pub waiting: Vec<WaitingDraft>,
}

/// A draft that depends on another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDraft {
    pub command_id: CommandId,
    /// The operation's name.
    pub operation: String,
}

/// What an author changes before sending a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum DraftChange {
    /// Of a draft of `submit_case`.
    Case {
        patient_id: PatientId,
        request: CaseRequest,
        /// Staged files.
        documents: Vec<DocumentId>,
    },
    /// Of a draft of `create_patient`. The id stays the draft's.
    Patient(CreatePatient),
    /// Of a draft of `submit_recommendation` or `amend_recommendation`.
    Recommendation(RecommendationContent),
    /// Of any draft: texts, each by its place as listed by [`texts`].
    Texts(Vec<DraftText>),
}

/// Keeps a refused command in which its author entered something, or that depends on a draft.
pub(crate) fn keep(
    tx: &Transaction<'_>,
    row: &OutboxRow,
    refusal: &RefusalRecord,
    actor: Actor,
    server_time: Timestamp,
) -> Result<(), StoreError> {
    let entered = row
        .envelope
        .as_ref()
        .is_none_or(|envelope| !payload_leaves(&envelope.command).is_empty());
    let mut depends_on_draft = false;
    for id in &row.depends_on {
        depends_on_draft |= rows::is_kept(tx, *id)?;
    }
    if entered || depends_on_draft {
        let is_clinical = actor.provider().is_some();
        let kept_until = is_clinical.then(|| server_time.plus_millis(CLINICAL_KEPT_MILLIS));
        rows::keep(tx, row, refusal, server_time, kept_until)?;
    }
    Ok(())
}

/// A draft and all that depend on it, in the order in which they were given.
fn branch(all: &[DraftRow], root: CommandId) -> Vec<&DraftRow> {
    let mut ids = BTreeSet::from([root]);
    let belongs = |row: &&DraftRow| {
        let belongs = row.command_id == root || depends_on_any(&row.depends_on, &ids);
        if belongs {
            ids.insert(row.command_id);
        }
        belongs
    };
    all.iter().filter(belongs).collect()
}

fn depends_on_any(depends_on: &[CommandId], ids: &BTreeSet<CommandId>) -> bool {
    depends_on.iter().any(|id| ids.contains(id))
}

fn waiting(all: &[DraftRow], root: CommandId) -> Vec<WaitingDraft> {
    let rows = branch(all, root).into_iter().skip(1);
    rows.map(|row| WaitingDraft {
        command_id: row.command_id,
        operation: row.operation.clone(),
    })
    .collect()
}

/// All drafts that depend on no other, oldest first.
pub(crate) fn list(conn: &Connection, actor: Actor, now: Timestamp) -> Result<Vec<Draft>, StoreError> {
    let all = rows::all(conn)?;
    let kept: BTreeSet<CommandId> = all.iter().map(|row| row.command_id).collect();
    let roots = all.iter().filter(|row| !depends_on_any(&row.depends_on, &kept));
    let draft = |row: &DraftRow| {
        let remedies = match &row.command {
            Some(command) => remedies(conn, actor, now, command, &row.refusal)?,
            None => Vec::new(),
        };
        let aggregate = row.command.as_ref().map(Command::aggregate);
        Ok(Draft {
            command_id: row.command_id,
            operation: row.operation.clone(),
            case_id: match aggregate {
                Some(Aggregate::Case(case)) => Some(case),
                Some(_) | None => None,
            },
            command: row.command.clone(),
            refusal: row.refusal.clone(),
            refused_at: row.refused_at,
            kept_until: row.kept_until,
            remedies,
            waiting: waiting(&all, row.command_id),
        })
    };
    roots.map(draft).collect()
}

/// What the phone's own rule would say now.
fn remedies(
    conn: &Connection,
    actor: Actor,
    now: Timestamp,
    command: &Command,
    refusal: &RefusalRecord,
) -> Result<Vec<Remedy>, StoreError> {
    let mut found = Vec::new();
    if command.as_operation::<CreatePatient>().is_some() && refusal.existing.is_some() {
        found.push(Remedy::UseExistingPatient);
    }
    if command.as_operation::<EditPatient>().is_some() && !conflicting(refusal).is_empty() {
        found.push(Remedy::ResolveConflict);
    }
    let mut staged = true;
    for file in command.files() {
        staged &= files::staged(conn, file.document_id)?.is_some();
    }
    let checked = check(conn, actor, command, now);
    if checked.is_ok() && staged {
        found.push(Remedy::SendAgain);
    }
    let is_about_content = match &checked {
        Ok(()) => true,
        Err(WorkspaceError::Refused(refusal)) => {
            Refusal::class_of(refusal.code()) == Some(RefusalClass::Unprocessable)
        }
        Err(_) => false,
    };
    if command.spec().creates || is_about_content {
        found.push(Remedy::Change);
    }
    Ok(found)
}

/// An author's refused opinions, newest first.
pub(crate) fn kept_recommendations(conn: &Connection) -> Result<Vec<KeptRecommendation>, StoreError> {
    let mut kept = notices::kept(conn)?;
    for row in rows::all(conn)? {
        let (Some(command), Some(kept_until)) = (&row.command, row.kept_until) else {
            continue;
        };
        if let (Some(opinion), Aggregate::Case(case_id)) = (command.opinion(), command.aggregate()) {
            kept.push(KeptRecommendation {
                case_id,
                case_number: notices::case_number(conn, case_id)?,
                content: opinion.clone(),
                refused_at: row.refused_at,
                kept_until,
            });
        }
    }
    kept.sort_by_key(|kept| std::cmp::Reverse(kept.refused_at));
    Ok(kept)
}

/// Discards a draft and all that depend on it. Its files stay staged.
pub(crate) fn discard(tx: &Transaction<'_>, root: CommandId) -> Result<Vec<Changed>, WorkspaceError> {
    for row in settled_branch(tx, root)? {
        forget(tx, &row)?;
    }
    Ok(vec![Changed::Notices])
}

/// The branch, if the server has answered all of its commands.
fn settled_branch(tx: &Transaction<'_>, root: CommandId) -> Result<Vec<DraftRow>, WorkspaceError> {
    let all = rows::all(tx)?;
    let rows: Vec<DraftRow> = branch(&all, root).into_iter().cloned().collect();
    if rows.first().is_none_or(|first| first.command_id != root) {
        return Err(WorkspaceError::NotFound);
    }
    let ids = rows.iter().map(|row| row.command_id).collect();
    let mut pending = outbox::all(tx)?.into_iter();
    if pending.any(|row| depends_on_any(&row.depends_on, &ids)) {
        return Err(WorkspaceError::Invalid {
            field: "command",
            reason: "still_sending",
        });
    }
    Ok(rows)
}

fn forget(tx: &Transaction<'_>, row: &DraftRow) -> Result<(), StoreError> {
    rows::delete(tx, row.command_id)?;
    notices::mark_read(tx, NoticeId::from(row.command_id))?;
    Ok(())
}

/// Sends a draft and all that depend on it, with what its author changed.
pub(crate) fn send(
    tx: &Transaction<'_>,
    actor: Actor,
    now: Timestamp,
    root: CommandId,
    change: Option<DraftChange>,
) -> Result<Vec<Changed>, WorkspaceError> {
    let rows = settled_branch(tx, root)?;
    let mut change = change;
    remake_all(tx, actor, now, &rows, |tx, command| match change.take() {
        Some(change) => changed(tx, command, change).map(Some),
        None => Ok(Some(command.clone())),
    })
}

/// Sends a draft and all that depend on it as this command, which makes the same record: the form from which the draft
/// came is sent again.
pub(crate) fn send_as(
    tx: &Transaction<'_>,
    actor: Actor,
    now: Timestamp,
    draft: CommandId,
    command: &Command,
) -> Result<Vec<Changed>, WorkspaceError> {
    let rows = settled_branch(tx, draft)?;
    let mut first = Some(command.clone());
    remake_all(tx, actor, now, &rows, |_, kept| {
        Ok(Some(first.take().unwrap_or_else(|| kept.clone())))
    })
}

fn changed(tx: &Transaction<'_>, command: &Command, change: DraftChange) -> Result<Command, WorkspaceError> {
    let other_operation = || WorkspaceError::Invalid {
        field: "change",
        reason: "other_operation",
    };
    match change {
        DraftChange::Texts(texts) => with_texts(command, &texts),
        DraftChange::Case {
            patient_id,
            request,
            documents,
        } => {
            let submit: &SubmitCase = command.as_operation().ok_or_else(other_operation)?;
            let staged = |id| files::staged(tx, id)?.ok_or(WorkspaceError::NotFound);
            let documents: Vec<DeclaredFile> = documents.into_iter().map(staged).collect::<Result<_, _>>()?;
            Ok(SubmitCase {
                case_id: submit.case_id,
                patient_id,
                request,
                documents,
            }
            .into())
        }
        DraftChange::Patient(patient) => {
            let refused: &CreatePatient = command.as_operation().ok_or_else(other_operation)?;
            let patient_id = refused.patient_id;
            Ok(CreatePatient {
                patient_id,
                ..patient
            }
            .into())
        }
        DraftChange::Recommendation(content) => {
            if let Some(submit) = command.as_operation::<SubmitRecommendation>() {
                let content = super::workspace::reviewed_here(tx, submit.case_id, content)?;
                return Ok(SubmitRecommendation {
                    content,
                    ..submit.clone()
                }
                .into());
            }
            let amend: &AmendRecommendation = command.as_operation().ok_or_else(other_operation)?;
            let content = super::workspace::reviewed_here(tx, amend.case_id, content)?;
            Ok(AmendRecommendation {
                content,
                ..amend.clone()
            }
            .into())
        }
    }
}

/// Takes a held command back: it and all that depend on it become drafts. The server has not applied them.
pub(crate) fn take_back(
    tx: &Transaction<'_>,
    actor: Actor,
    server_time: Timestamp,
    id: CommandId,
) -> Result<Vec<Changed>, WorkspaceError> {
    let held = outbox::find(tx, id)?.ok_or(WorkspaceError::NotFound)?;
    let refusal = match held.trouble {
        Some(trouble) if held.state == outbox::OutboxState::Held => RefusalRecord::of_code(trouble.code),
        Some(_) | None => {
            return Err(WorkspaceError::Invalid {
                field: "command",
                reason: "still_sending",
            });
        }
    };
    let mut ids = BTreeSet::from([id]);
    let mut changes = vec![Changed::SyncStatus, Changed::Notices];
    let mut aggregates = BTreeSet::new();
    for row in outbox::all(tx)? {
        if row.command_id != id && !depends_on_any(&row.depends_on, &ids) {
            continue;
        }
        ids.insert(row.command_id);
        keep(tx, &row, &refusal, actor, server_time)?;
        outbox::remove(tx, row.command_id)?;
        for file in &row.files {
            files::detach(tx, *file)?;
            changes.push(Changed::Document(*file));
        }
        aggregates.insert(row.aggregate);
    }
    for key in aggregates {
        if let Some(aggregate) = Aggregate::of_key(&key) {
            overlay::recompute(tx, aggregate, actor)?;
            changes.push(Changed::of(aggregate));
        }
    }
    Ok(changes)
}

/// Performs the command that `remake` returns for each row, and deletes the row.
fn remake_all(
    tx: &Transaction<'_>,
    actor: Actor,
    now: Timestamp,
    rows: &[DraftRow],
    mut remake: impl FnMut(&Transaction<'_>, &Command) -> Result<Option<Command>, WorkspaceError>,
) -> Result<Vec<Changed>, WorkspaceError> {
    let mut changes = vec![Changed::SyncStatus, Changed::Notices];
    for row in rows {
        // Of another version of the app: it can be sent when this app can read it.
        let command = row.command.as_ref().ok_or(WorkspaceError::UpdateNeeded)?;
        if let Some(command) = remake(tx, command)? {
            perform_in(tx, actor, &command, now)?;
            changes.push(Changed::of(command.aggregate()));
            let files = command.files().iter();
            changes.extend(files.map(|file| Changed::Document(file.document_id)));
        }
        forget(tx, row)?;
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
