//! Taking up again what the server refused: a new patient who is there already (D-11), an edit that met another (R6),
//! and all that was built on them.
//!
//! The server refuses every command that depends on a refused one, and never answers one command id in two ways. So what
//! is taken up is made again: with other command ids, the same ids of cases and documents, the same words. Not here:
//! commands refused for other reasons, which a notice tells of. The invariant: all of it is made again in one
//! transaction, or nothing is and the refused commands stay as they are.

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

/// A new patient who, the server says, is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPatient {
    /// To take it up or give it up with.
    pub command_id: CommandId,
    /// Who was to be created.
    pub patient: CreatePatient,
    /// Who is there already.
    pub existing: PatientId,
    /// Names of the commands that were refused with it, in order.
    pub waiting: Vec<&'static str>,
}

/// A field that two people have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictingField {
    /// What was to be.
    pub mine: PatientChange,
    /// What is.
    pub theirs: PatientChange,
}

/// An edit that met another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditConflict {
    /// To resolve it or give it up with.
    pub command_id: CommandId,
    /// Whose record.
    pub patient_id: PatientId,
    /// What somebody must choose between.
    pub fields: Vec<ConflictingField>,
    /// What goes with it and disturbs nobody.
    pub others: Vec<PatientChange>,
    /// Names of the commands that were refused with it, in order.
    pub waiting: Vec<&'static str>,
}

/// Keeps a refused command, if its author may want to take it up again.
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

/// A kept command and all that was built on it, in the order in which they were given.
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

/// New patients who are there already, oldest first.
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

/// Edits that met another one, oldest first, beside what is shown now.
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

/// Gives up a refused command and all that was built on it.
pub(crate) fn discard(tx: &Transaction<'_>, root: CommandId) -> Result<Vec<Changed>, WorkspaceError> {
    let rows = settled_branch(tx, root)?;
    for row in &rows {
        forget(tx, row)?;
    }
    Ok(vec![Changed::Notices])
}

/// The branch, once the server has answered all of it.
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

/// Uses a patient who is there instead of the one that was refused: what was built on that one is made again for this
/// one. What only the refused record said of the person is not carried over.
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

/// The same request for this patient instead of the refused one; `None` where it makes no sense there.
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

/// Makes an edit again with the own values of the fields that the user chose, and with what disturbs nobody; the other
/// fields stay as they are shown.
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

/// Performs what `remake` makes out of each command, and forgets that it was refused.
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
