//! Resuming refused commands: a new patient whom the institution already has (D-11), an edit that conflicts with another
//! (R6), and the commands that depend on them. Other refusals only cause a notice.
//!
//! The server refuses every command that depends on a refused one, and gives one command id one answer for ever. So
//! resumed commands are issued again with new command ids, the same ids of cases and documents, and the same content.
//! Invariant: all of them are issued again in one transaction, or none is and the refused commands stay.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use super::error::WorkspaceError;
use super::notice::NoticeId;
use super::observe::Changed;
use super::overlay;
use super::perform::perform_in;
use super::store::outbox::OutboxRow;
use super::store::refused::{self, RefusedRow};
use super::store::{StoreError, notices, outbox};
use crate::actor::Actor;
use crate::cases::SubmitCase;
use crate::command::{Aggregate, Command};
use crate::ids::{CommandId, PatientId};
use crate::patients::{CreatePatient, EditPatient, Patient, PatientChange, PatientField, VerifyPatient};
use crate::refusal::{Refusal, RefusalRecord};
use crate::time::Timestamp;

/// A new patient whom the institution already has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPatient {
    /// Names it in the calls that resume or discard it.
    pub command_id: CommandId,
    pub patient: CreatePatient,
    /// The patient that the institution has.
    pub existing: PatientId,
    /// Names of the commands that were refused with it, in order.
    pub waiting: Vec<&'static str>,
}

/// A field that two users have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictingField {
    /// The user's value.
    pub mine: PatientChange,
    /// The current value.
    pub theirs: PatientChange,
}

/// An edit that conflicts with another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditConflict {
    /// Names it in the calls that resolve or discard it.
    pub command_id: CommandId,
    pub patient_id: PatientId,
    /// The conflicting fields.
    pub fields: Vec<ConflictingField>,
    /// The changes without a conflict.
    pub others: Vec<PatientChange>,
    /// Names of the commands that were refused with it, in order.
    pub waiting: Vec<&'static str>,
}

/// Keeps a refused command if its author can resume it.
pub(crate) fn keep(
    tx: &Transaction<'_>,
    row: &OutboxRow,
    refusal: &RefusalRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (command, code) = (&row.envelope.command, refusal.code.as_str());
    let is_root = match code {
        "patient_exists" => refusal.existing.is_some() && command.as_operation::<CreatePatient>().is_some(),
        "field_conflict" => command.as_operation::<EditPatient>().is_some(),
        _ => false,
    };
    let mut depends_on_kept = false;
    if code == Refusal::DependencyRefused.code() {
        for id in &row.envelope.depends_on {
            depends_on_kept |= refused::is_kept(tx, *id)?;
        }
    }
    if is_root || depends_on_kept {
        refused::keep(tx, row.device_seq, &row.envelope, refusal, now)?;
    }
    Ok(())
}

/// A kept command and all that depend on it, in the order in which they were issued.
fn branch(conn: &Connection, root: CommandId) -> Result<Vec<RefusedRow>, StoreError> {
    let mut ids = BTreeSet::from([root]);
    let mut rows = refused::all(conn)?;
    rows.retain(|row| {
        let belongs = row.envelope.command_id == root || depends_on_any(&row.envelope.depends_on, &ids);
        if belongs {
            ids.insert(row.envelope.command_id);
        }
        belongs
    });
    Ok(rows)
}

fn depends_on_any(depends_on: &[CommandId], ids: &BTreeSet<CommandId>) -> bool {
    depends_on.iter().any(|id| ids.contains(id))
}

fn waiting(conn: &Connection, root: CommandId) -> Result<Vec<&'static str>, StoreError> {
    let rows = branch(conn, root)?.into_iter().skip(1);
    Ok(rows.map(|row| row.envelope.command.name()).collect())
}

/// New patients whom the institution already has, oldest first.
pub(crate) fn patients(conn: &Connection) -> Result<Vec<RefusedPatient>, StoreError> {
    let mut found = Vec::new();
    for row in refused::all(conn)? {
        let command = &row.envelope.command;
        if let (Some(patient), Some(existing)) = (command.as_operation(), row.refusal.existing) {
            let patient: &CreatePatient = patient;
            let command_id = row.envelope.command_id;
            found.push(RefusedPatient {
                command_id,
                patient: patient.clone(),
                existing,
                waiting: waiting(conn, command_id)?,
            });
        }
    }
    Ok(found)
}

/// Edits that conflict with another one, oldest first, with the current values.
pub(crate) fn edits(conn: &Connection) -> Result<Vec<EditConflict>, StoreError> {
    let mut found = Vec::new();
    for row in refused::all(conn)? {
        let command_id = row.envelope.command_id;
        let fields = conflicting(&row.refusal);
        let Some(edit) = row.envelope.command.as_operation::<EditPatient>() else {
            continue;
        };
        let Some(patient) = shown(conn, edit.patient_id)?.filter(|_| !fields.is_empty()) else {
            continue;
        };
        let (mine, others): (Vec<_>, Vec<_>) = edit
            .edits
            .iter()
            .map(|edit| edit.change.clone())
            .partition(|change| fields.contains(&change.field()));
        let both = |mine: PatientChange| ConflictingField {
            theirs: patient.value(mine.field()),
            mine,
        };
        found.push(EditConflict {
            command_id,
            patient_id: edit.patient_id,
            fields: mine.into_iter().map(both).collect(),
            others,
            waiting: waiting(conn, command_id)?,
        });
    }
    Ok(found)
}

fn conflicting(refusal: &RefusalRecord) -> BTreeSet<PatientField> {
    let fields = refusal.fields.iter();
    fields
        .filter_map(|field| PatientField::from_name(field))
        .collect()
}

fn shown(conn: &Connection, id: PatientId) -> Result<Option<Patient>, StoreError> {
    Ok(overlay::shown_view(conn, Aggregate::Patient(id))?.patient)
}

/// Discards a refused command and all that depend on it.
pub(crate) fn discard(tx: &Transaction<'_>, root: CommandId) -> Result<Vec<Changed>, WorkspaceError> {
    let rows = settled_branch(tx, root)?;
    for row in &rows {
        forget(tx, row)?;
    }
    Ok(vec![Changed::Notices])
}

/// The branch, if the server has answered all of its commands.
fn settled_branch(tx: &Transaction<'_>, root: CommandId) -> Result<Vec<RefusedRow>, WorkspaceError> {
    let rows = branch(tx, root)?;
    if rows.first().is_none_or(|first| first.envelope.command_id != root) {
        return Err(WorkspaceError::NotFound);
    }
    let ids = rows.iter().map(|row| row.envelope.command_id).collect();
    let mut pending = outbox::all(tx)?.into_iter();
    if pending.any(|row| depends_on_any(&row.envelope.depends_on, &ids)) {
        return Err(WorkspaceError::Invalid {
            field: "command",
            reason: "still_sending",
        });
    }
    Ok(rows)
}

fn forget(tx: &Transaction<'_>, row: &RefusedRow) -> Result<(), StoreError> {
    let id = row.envelope.command_id;
    refused::delete(tx, id)?;
    notices::mark_read(tx, NoticeId::from(id))?;
    Ok(())
}

/// Uses an existing patient instead of the refused one: the dependent commands are issued again for it. Data that only
/// the refused record had is not carried over.
pub(crate) fn use_existing(
    tx: &Transaction<'_>,
    actor: Actor,
    now: Timestamp,
    root: CommandId,
    existing: PatientId,
) -> Result<Vec<Changed>, WorkspaceError> {
    let rows = settled_branch(tx, root)?;
    let refused = rows.first().map(|row| row.envelope.command.aggregate());
    let Some(Aggregate::Patient(refused)) = refused else {
        return Err(WorkspaceError::NotFound);
    };
    remake_all(tx, actor, now, &rows, |tx, command| {
        let patient = shown(tx, existing)?.ok_or(WorkspaceError::NotFound)?;
        Ok(for_another(command, refused, &patient))
    })
}

/// The same request for this patient instead of the refused one; `None` where it does not apply.
fn for_another(command: &Command, refused: PatientId, patient: &Patient) -> Option<Command> {
    if let Some(submit) = command.as_operation::<SubmitCase>()
        && submit.patient_id == refused
    {
        let remade = SubmitCase {
            patient_id: patient.id,
            ..submit.clone()
        };
        return Some(remade.into());
    }
    if let Some(verify) = command.as_operation::<VerifyPatient>()
        && verify.patient_id == refused
    {
        let remade = VerifyPatient {
            patient_id: patient.id,
            ..verify.clone()
        };
        return (!patient.is_verified()).then(|| remade.into());
    }
    (command.aggregate() != Aggregate::Patient(refused)).then(|| command.clone())
}

/// Repeats an edit with the user's values of the chosen fields and with the changes without a conflict. The other
/// fields stay as shown.
pub(crate) fn resolve_edit(
    tx: &Transaction<'_>,
    actor: Actor,
    now: Timestamp,
    root: CommandId,
    mine: &BTreeSet<PatientField>,
) -> Result<Vec<Changed>, WorkspaceError> {
    let rows = settled_branch(tx, root)?;
    let met = rows
        .first()
        .map(|row| conflicting(&row.refusal))
        .unwrap_or_default();
    let given_up: BTreeSet<_> = met.difference(mine).copied().collect();
    let mut is_root = true;
    remake_all(tx, actor, now, &rows, |tx, command| {
        let without = if std::mem::take(&mut is_root) {
            given_up.clone()
        } else {
            BTreeSet::new()
        };
        let Some(edit) = command.as_operation::<EditPatient>() else {
            return Ok(Some(command.clone()));
        };
        let patient = shown(tx, edit.patient_id)?.ok_or(WorkspaceError::NotFound)?;
        let kept = edit.edits.iter().map(|edit| &edit.change);
        let kept = kept.filter(|change| !without.contains(&change.field()));
        let edits: Vec<_> = kept.map(|change| patient.edit(change.clone())).collect();
        let remade = EditPatient {
            edits,
            ..edit.clone()
        };
        Ok((!remade.edits.is_empty()).then(|| remade.into()))
    })
}

/// Performs the command that `remake` returns for each row, and deletes the row.
fn remake_all(
    tx: &Transaction<'_>,
    actor: Actor,
    now: Timestamp,
    rows: &[RefusedRow],
    mut remake: impl FnMut(&Transaction<'_>, &Command) -> Result<Option<Command>, WorkspaceError>,
) -> Result<Vec<Changed>, WorkspaceError> {
    let mut changes = vec![Changed::SyncStatus, Changed::Notices];
    for row in rows {
        if let Some(command) = remake(tx, &row.envelope.command)? {
            perform_in(tx, actor, &command, now)?;
            changes.push(Changed::of(command.aggregate()));
            let files = command.files().iter();
            changes.extend(files.map(|file| Changed::Document(file.document_id)));
        }
        forget(tx, row)?;
    }
    Ok(changes)
}
