//! Drafts of patients: a new one whom the institution already has (D-11), and an edit that conflicts with another one (R6).

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use super::{DraftRow, remake_all, rows, settled_branch, waiting};
use crate::actor::Actor;
use crate::cases::SubmitCase;
use crate::client::error::WorkspaceError;
use crate::client::observe::Changed;
use crate::client::overlay;
use crate::client::store::StoreError;
use crate::command::{Aggregate, Command};
use crate::ids::{CommandId, PatientId};
use crate::patients::{CreatePatient, EditPatient, Patient, PatientChange, PatientField, VerifyPatient};
use crate::refusal::RefusalRecord;
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
    pub waiting: Vec<String>,
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
    pub waiting: Vec<String>,
}

fn waiting_names(all: &[DraftRow], root: CommandId) -> Vec<String> {
    let waiting = waiting(all, root).into_iter();
    waiting.map(|draft| draft.operation).collect()
}

/// New patients whom the institution already has, oldest first.
pub(crate) fn patients(conn: &Connection) -> Result<Vec<RefusedPatient>, StoreError> {
    let all = rows::all(conn)?;
    let mut found = Vec::new();
    for row in &all {
        let patient = row
            .command
            .as_ref()
            .and_then(Command::as_operation::<CreatePatient>);
        if let (Some(patient), Some(existing)) = (patient, row.refusal.existing) {
            found.push(RefusedPatient {
                command_id: row.command_id,
                patient: patient.clone(),
                existing,
                waiting: waiting_names(&all, row.command_id),
            });
        }
    }
    Ok(found)
}

/// Edits that conflict with another one, oldest first, with the current values.
pub(crate) fn edits(conn: &Connection) -> Result<Vec<EditConflict>, StoreError> {
    let mut found = Vec::new();
    let all = rows::all(conn)?;
    for row in &all {
        let fields = conflicting(&row.refusal);
        let Some(edit) = row
            .command
            .as_ref()
            .and_then(Command::as_operation::<EditPatient>)
        else {
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
            command_id: row.command_id,
            patient_id: edit.patient_id,
            fields: mine.into_iter().map(both).collect(),
            others,
            waiting: waiting_names(&all, row.command_id),
        });
    }
    Ok(found)
}

pub(super) fn conflicting(refusal: &RefusalRecord) -> BTreeSet<PatientField> {
    let fields = refusal.fields.iter();
    fields
        .filter_map(|field| PatientField::from_name(field))
        .collect()
}

fn shown(conn: &Connection, id: PatientId) -> Result<Option<Patient>, StoreError> {
    Ok(overlay::shown_view(conn, Aggregate::Patient(id))?.patient)
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
    let refused = rows
        .first()
        .and_then(|row| row.command.as_ref())
        .map(Command::aggregate);
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
