//! Patients of the user's institution: adding, editing and finding them, also offline. The rules are in
//! `crate::patients`; what only an admin decides is not done on a phone.

use std::collections::BTreeSet;

use super::Workspace;
use super::reads::range;
use crate::client::drafts::{self, EditConflict, RefusedPatient};
use crate::client::error::WorkspaceError;
use crate::client::perform::perform;
use crate::client::queries::{self, ListPage, PatientSummary};
use crate::client::session;
use crate::ids::{CommandId, PatientId};
use crate::patients::{
    CreatePatient, DeactivatePatient, DismissDuplicate, EditPatient, Inactive, Patient, PatientAction,
    PatientChange, PatientField, PatientQuery, ReactivatePatient, VerificationMethod, VerifyPatient,
};
use crate::refusal::Refusal;
use crate::text::Text;

impl Workspace {
    /// An id for a new patient, to be made when its form opens: however often the form is then sent, it makes one patient.
    #[must_use]
    pub fn new_patient_id(&self) -> PatientId {
        PatientId::generate(self.shared.now())
    }

    /// Adds a patient of the user's institution. A second time with the same id does nothing if all else is the same too,
    /// and is refused with `patient_exists` if not; after a refusal it sends the draft.
    pub fn create_patient(&self, patient: CreatePatient) -> Result<PatientId, WorkspaceError> {
        let patient_id = patient.patient_id;
        self.perform(patient.into())?;
        Ok(patient_id)
    }

    /// Attests the patient's identity.
    pub fn verify_patient(
        &self,
        patient_id: PatientId,
        method: VerificationMethod,
        note: Option<Text<1, 1000>>,
    ) -> Result<(), WorkspaceError> {
        self.perform(
            VerifyPatient {
                patient_id,
                method,
                note,
            }
            .into(),
        )
    }

    /// Changes fields of a patient as shown on this phone, each at most once.
    pub fn edit_patient(
        &self,
        patient_id: PatientId,
        changes: Vec<PatientChange>,
    ) -> Result<(), WorkspaceError> {
        perform(&self.shared, |tx, _| {
            let patient = queries::patient(tx, patient_id)?.ok_or(WorkspaceError::NotFound)?;
            let edits = changes.into_iter().map(|change| patient.edit(change)).collect();
            Ok(EditPatient {
                patient_id,
                edits,
                reason: None,
            }
            .into())
        })?;
        Ok(())
    }

    /// Changes the fields whose wanted value is not the one that was seen when the form was opened. Where a field shows a third
    /// value by now nothing is changed: `field_conflict` names the fields.
    pub fn edit_patient_as_seen(
        &self,
        patient_id: PatientId,
        seen: &[PatientChange],
        wanted: Vec<PatientChange>,
    ) -> Result<(), WorkspaceError> {
        let changed: Vec<_> = wanted.into_iter().filter(|value| !seen.contains(value)).collect();
        if changed.is_empty() {
            return Ok(());
        }
        perform(&self.shared, |tx, _| {
            let patient = queries::patient(tx, patient_id)?.ok_or(WorkspaceError::NotFound)?;
            let known = |value: &PatientChange| {
                let shown = patient.value(value.field());
                seen.contains(&shown) || shown == *value
            };
            let surprising = changed.iter().filter(|value| !known(value));
            let fields: Vec<_> = surprising.map(|value| value.field().name()).collect();
            if !fields.is_empty() {
                return Err(Refusal::FieldConflict { fields }.into());
            }
            let edits = changed.into_iter().map(|change| patient.edit(change)).collect();
            Ok(EditPatient {
                patient_id,
                edits,
                reason: None,
            }
            .into())
        })?;
        Ok(())
    }

    /// The row of the list for a patient as shown on this phone.
    pub fn patient_summary(&self, patient: Patient) -> Result<PatientSummary, WorkspaceError> {
        self.read(|conn| queries::patient_summary(conn, patient))
    }

    /// What the user may do with a patient's record now.
    pub fn patient_actions(&self, patient: &Patient) -> Result<Vec<PatientAction>, WorkspaceError> {
        let session = self.read(session::current)?;
        Ok(session
            .map(|session| patient.allowed_actions(&session.actor))
            .unwrap_or_default())
    }

    /// Deactivates a record, so that it cannot be used for new cases.
    pub fn deactivate_patient(
        &self,
        patient_id: PatientId,
        inactive: Inactive,
    ) -> Result<(), WorkspaceError> {
        self.perform(DeactivatePatient { patient_id, inactive }.into())
    }

    /// Reactivates a record.
    pub fn reactivate_patient(&self, patient_id: PatientId) -> Result<(), WorkspaceError> {
        self.perform(ReactivatePatient { patient_id }.into())
    }

    /// Records that two similar records are two different people.
    pub fn dismiss_duplicate(
        &self,
        patient_id: PatientId,
        other_id: PatientId,
    ) -> Result<(), WorkspaceError> {
        self.perform(DismissDuplicate { patient_id, other_id }.into())
    }

    /// Finds patients by the beginnings of their names, in any script, or by a complete identifier; ordered by name. A
    /// merged record is found as its survivor. The first `limit` after `after`, a [`ListPage::next`] of the same search.
    pub fn search_patients(
        &self,
        typed: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ListPage<PatientSummary>, WorkspaceError> {
        let range = range(after, limit)?;
        match PatientQuery::new(typed) {
            Some(query) => self.read(|conn| queries::search_patients(conn, &query, &range)),
            None => Ok(ListPage {
                rows: Vec::new(),
                next: None,
            }),
        }
    }

    /// New patients whom the institution already has, each with the commands that depend on it.
    pub fn refused_patients(&self) -> Result<Vec<RefusedPatient>, WorkspaceError> {
        self.read(drafts::patients)
    }

    /// Uses an existing patient instead of a refused one: the dependent commands are issued again for the existing one.
    /// Cases and documents keep their ids (D-11).
    pub fn use_existing_patient(
        &self,
        refused: CommandId,
        existing: PatientId,
    ) -> Result<(), WorkspaceError> {
        self.remake(|tx, actor, now| drafts::use_existing(tx, actor, now, refused, existing))
    }

    /// Edits that conflict with another one, with both values of each field concerned (R6).
    pub fn edit_conflicts(&self) -> Result<Vec<EditConflict>, WorkspaceError> {
        self.read(drafts::edits)
    }

    /// Repeats a refused edit with the user's values of these fields; the other conflicting fields stay as they are.
    pub fn resolve_edit(&self, refused: CommandId, mine: &[PatientField]) -> Result<(), WorkspaceError> {
        let mine: BTreeSet<_> = mine.iter().copied().collect();
        self.remake(|tx, actor, now| drafts::resolve_edit(tx, actor, now, refused, &mine))
    }
}

#[cfg(test)]
mod tests;
