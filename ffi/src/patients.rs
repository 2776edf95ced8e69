//! Handle: patients.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::PatientId;
use mso_core::patients::VerificationMethod;

use crate::error::MsoError;
use crate::records::{NewPatient, PatientPage};
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

    /// Attests a patient's identity.
    pub fn verify(&self, patient_id: PatientId, method: VerificationMethod) -> Result<(), MsoError> {
        Ok(self.0.verify_patient(patient_id, method, None)?)
    }
}
