//! Handle: forms that are being filled in.

use std::sync::Arc;

use mso_core::client::{self, FormOf};
use mso_core::ids::{CaseId, PatientId};

use crate::error::MsoError;
use crate::records::{FormContent, SavedForm};
use crate::views::each;

/// What the user is entering and has not sent. Save it while they type: it is there again when the app was killed, stays on
/// this phone, and ends when it is sent. What was sent and refused is in [`crate::Drafts`].
#[derive(uniffi::Object)]
pub struct Forms(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Forms {
    /// Saves a form, complete or not, in place of what was saved of it before. The first saved opinion starts the review.
    pub fn save(&self, content: FormContent) -> Result<(), MsoError> {
        let (of, bytes) = content.stored()?;
        Ok(self.0.save_form(of, &bytes)?)
    }

    /// All saved forms, the one saved last first.
    pub fn saved(&self) -> Result<Vec<SavedForm>, MsoError> {
        Ok(each(self.0.saved_forms()?))
    }

    /// The saved form of a new case.
    pub fn of_case(&self, case_id: CaseId) -> Result<Option<SavedForm>, MsoError> {
        self.of(FormOf::Case(case_id))
    }

    /// The saved form of a new patient.
    pub fn of_patient(&self, patient_id: PatientId) -> Result<Option<SavedForm>, MsoError> {
        self.of(FormOf::Patient(patient_id))
    }

    /// The saved opinion on a case.
    pub fn of_opinion(&self, case_id: CaseId) -> Result<Option<SavedForm>, MsoError> {
        self.of(FormOf::Recommendation(case_id))
    }

    /// Discards the form of a new case. Its files stay staged.
    pub fn discard_case(&self, case_id: CaseId) -> Result<(), MsoError> {
        Ok(self.0.discard_form(FormOf::Case(case_id))?)
    }

    /// Discards the form of a new patient.
    pub fn discard_patient(&self, patient_id: PatientId) -> Result<(), MsoError> {
        Ok(self.0.discard_form(FormOf::Patient(patient_id))?)
    }

    /// Discards the saved opinion on a case. A review that it started goes on.
    pub fn discard_opinion(&self, case_id: CaseId) -> Result<(), MsoError> {
        Ok(self.0.discard_form(FormOf::Recommendation(case_id))?)
    }
}

impl Forms {
    fn of(&self, of: FormOf) -> Result<Option<SavedForm>, MsoError> {
        Ok(self.0.saved_form(of)?.map(Into::into))
    }
}
