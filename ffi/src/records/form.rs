//! Forms that are being filled in.

use std::time::SystemTime;

use mso_core::ids::{CaseId, PatientId};

use super::case::NewCase;
use super::opinion::Opinion;
use super::patient::NewPatient;

/// A form as it was saved last.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SavedForm {
    pub content: FormContent,
    pub saved_at: SystemTime,
    /// Set once the case has left this phone: the form is deleted then.
    pub kept_until: Option<SystemTime>,
}

/// What is being entered. Texts may be empty, too short or too long: they are checked when the form is sent.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
#[expect(
    clippy::large_enum_variant,
    reason = "made one at a time, on its way over the border, which knows no boxes"
)]
pub enum FormContent {
    /// With the files that were staged for it.
    Case {
        case: NewCase,
    },
    Patient {
        patient: NewPatient,
    },
    /// An opinion on a case, or a further version of it.
    Opinion {
        case_id: CaseId,
        opinion: Opinion,
    },
    /// Saved by another version of the app. It is kept, and this version cannot show it. It cannot be saved.
    Unreadable {
        /// Of a new case or an opinion.
        case_id: Option<CaseId>,
        /// Of a new patient.
        patient_id: Option<PatientId>,
    },
}
