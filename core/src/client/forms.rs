//! Forms: what a person is entering and has not sent. They never leave the phone (D-33), and sending them ends them.
//!
//! What was sent and refused is a draft (`drafts`).

use rusqlite::Transaction;

use super::store::{StoreError, forms};
use crate::cases::{AmendRecommendation, SubmitCase, SubmitRecommendation};
use crate::command::Command;
use crate::ids::{CaseId, PatientId};
use crate::patients::CreatePatient;
use crate::time::Timestamp;

/// The most bytes that a form may have: 1 MiB.
pub(crate) const LARGEST: usize = 1024 * 1024;

/// What is being entered. At most one form of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormOf {
    /// A new case; its id was made when the form was opened.
    Case(CaseId),
    /// A new patient; its id was made when the form was opened.
    Patient(PatientId),
    /// An opinion on this case, or a further version of it.
    Recommendation(CaseId),
}

/// A form as it was saved last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedForm {
    pub of: FormOf,
    /// As the app wrote it, complete or not.
    pub content: Vec<u8>,
    /// By the phone's clock.
    pub saved_at: Timestamp,
    /// Set once the case has left this phone: the form is deleted then, by the server's clock.
    pub kept_until: Option<Timestamp>,
}

/// Deletes the form that this command sends. Returns whether there was one.
pub(crate) fn sent(tx: &Transaction<'_>, command: &Command) -> Result<bool, StoreError> {
    let of = if let Some(submit) = command.as_operation::<SubmitCase>() {
        FormOf::Case(submit.case_id)
    } else if let Some(create) = command.as_operation::<CreatePatient>() {
        FormOf::Patient(create.patient_id)
    } else if let Some(submit) = command.as_operation::<SubmitRecommendation>() {
        FormOf::Recommendation(submit.case_id)
    } else if let Some(amend) = command.as_operation::<AmendRecommendation>() {
        FormOf::Recommendation(amend.case_id)
    } else {
        return Ok(false);
    };
    forms::delete(tx, of)
}
