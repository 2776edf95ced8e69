//! Handle: patients.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::{CommandId, PatientId};
use mso_core::patients::VerificationMethod;

use crate::error::MsoError;
use crate::records::{NewPatient, PatientSummary, RefusedPatient};
use crate::views::each;

/// The patients of the user's institution. Everything works offline.
#[derive(uniffi::Object)]
pub struct Patients(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Patients {
    /// All patients, by name.
    pub fn list(&self) -> Result<Vec<PatientSummary>, MsoError> {
        Ok(each(self.0.patients()?))
    }

    /// Patients found by the beginnings of their names, in any script, or by a whole identifier; by name.
    pub fn search(&self, query: String) -> Result<Vec<PatientSummary>, MsoError> {
        Ok(each(self.0.search_patients(&query)?))
    }

    /// Adds a patient.
    pub fn create(&self, patient: NewPatient) -> Result<PatientId, MsoError> {
        Ok(self.0.create_patient(patient.create(self.0.new_patient_id())?)?)
    }

    /// Attests a patient's identity.
    pub fn verify(&self, patient_id: PatientId, method: VerificationMethod) -> Result<(), MsoError> {
        Ok(self.0.verify_patient(patient_id, method, None)?)
    }

    /// New patients whom the institution has already.
    pub fn refused(&self) -> Result<Vec<RefusedPatient>, MsoError> {
        Ok(each(self.0.refused_patients()?))
    }

    /// Uses an existing patient in place of a refused new one, in all that was entered for it.
    pub fn use_existing(&self, command_id: CommandId, existing: PatientId) -> Result<(), MsoError> {
        Ok(self.0.use_existing_patient(command_id, existing)?)
    }

    /// Gives up a refused new patient and all that was entered for it. Its files stay staged.
    pub fn discard_refused(&self, command_id: CommandId) -> Result<(), MsoError> {
        Ok(self.0.discard_refused(command_id)?)
    }
}
