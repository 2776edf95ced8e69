//! Handle: patients.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::{CommandId, PatientId};
use mso_core::patients::{PatientField, VerificationMethod};

use crate::error::MsoError;
use crate::records::{Inactive, NewPatient, PatientDetail, PatientEditConflict, PatientFields, PatientPage};
use crate::text::EnteredText;

/// The patients of the user's institution. Everything works offline.
#[derive(uniffi::Object)]
pub struct Patients(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Patients {
    /// Patients by name: the first `limit` after `after`, which is the `next` of the page before.
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn list(&self, after: Option<String>, limit: u32) -> Result<PatientPage, MsoError> {
        Ok(self.0.patients(after.as_deref(), limit)?.into())
    }

    /// Patients found by the beginnings of their names, in any script, or by a whole identifier; by name, page by page like
    /// [`Self::list`].
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn search(
        &self,
        query: EnteredText,
        after: Option<String>,
        limit: u32,
    ) -> Result<PatientPage, MsoError> {
        let query = query.of("query")?;
        Ok(self.0.search_patients(query, after.as_deref(), limit)?.into())
    }

    /// An id for a new patient. Make it when the form opens, not when it is sent.
    pub fn new_id(&self) -> PatientId {
        self.0.new_patient_id()
    }

    /// Adds a patient. Sent again with the same id and the same content it answers the same, with other content it is
    /// refused (`patient_exists`); after a refusal it sends the draft with what is given here.
    pub fn create(&self, patient: NewPatient) -> Result<PatientId, MsoError> {
        Ok(self.0.create_patient(patient.create()?)?)
    }

    /// A patient's screen.
    pub fn detail(&self, patient_id: PatientId) -> Result<PatientDetail, MsoError> {
        let patient = self.0.patient(patient_id)?;
        let summary = self.0.patient_summary(patient.clone())?;
        let allowed_actions = self.0.patient_actions(&patient)?;
        Ok(PatientDetail::of(patient, summary, allowed_actions))
    }

    /// Changes a patient: the fields in which `wanted` differs from `seen`, which is what the form showed when it was opened.
    /// Refused with `field_conflict` where such a field shows a third value by now. A change of the identity ends the
    /// verification.
    pub fn edit(
        &self,
        patient_id: PatientId,
        seen: PatientFields,
        wanted: PatientFields,
    ) -> Result<(), MsoError> {
        Ok(self
            .0
            .edit_patient_as_seen(patient_id, &seen.values()?, wanted.values()?)?)
    }

    /// Edits that the server refused because somebody else changed the same fields.
    pub fn edit_conflicts(&self) -> Result<Vec<PatientEditConflict>, MsoError> {
        let conflicts = self.0.edit_conflicts()?.into_iter();
        let shown = |conflict: client::EditConflict| {
            let patient = self.0.patient(conflict.patient_id)?;
            Ok(PatientEditConflict::of(conflict, &patient))
        };
        conflicts.map(shown).collect()
    }

    /// Sends a refused edit again with the user's values of these fields; the other fields in conflict stay as they are.
    pub fn resolve_edit(&self, command_id: CommandId, mine: Vec<PatientField>) -> Result<(), MsoError> {
        Ok(self.0.resolve_edit(command_id, &mine)?)
    }

    /// Takes a record out of use for new cases.
    pub fn deactivate(&self, patient_id: PatientId, inactive: Inactive) -> Result<(), MsoError> {
        Ok(self.0.deactivate_patient(patient_id, inactive.try_into()?)?)
    }

    /// Takes a record into use again.
    pub fn reactivate(&self, patient_id: PatientId) -> Result<(), MsoError> {
        Ok(self.0.reactivate_patient(patient_id)?)
    }

    /// Records that two similar records describe two people.
    pub fn dismiss_duplicate(&self, patient_id: PatientId, other_id: PatientId) -> Result<(), MsoError> {
        Ok(self.0.dismiss_duplicate(patient_id, other_id)?)
    }

    /// Attests a patient's identity.
    pub fn verify(&self, patient_id: PatientId, method: VerificationMethod) -> Result<(), MsoError> {
        Ok(self.0.verify_patient(patient_id, method, None)?)
    }
}
