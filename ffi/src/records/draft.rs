//! Drafts: what was entered and refused.

use std::time::SystemTime;

use mso_core::client::Remedy;
use mso_core::ids::{CaseId, CommandId, PatientId};

use super::case::NewCase;
use super::opinion::Opinion;
use super::patient::NewPatient;
use crate::text::EnteredText;

/// Something that the user entered and the server refused.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Draft {
    /// Names it in the calls that send or discard it.
    pub command_id: CommandId,
    /// The operation's name, such as `submit_case`.
    pub operation: String,
    /// The case that it is about. It may have left this phone.
    pub case_id: Option<CaseId>,
    /// Why it was refused, as a stable code.
    pub code: String,
    /// The fields concerned, as named on the wire.
    pub fields: Vec<String>,
    /// With `patient_exists`: the patient to use instead.
    pub existing_patient: Option<PatientId>,
    pub refused_at: SystemTime,
    /// Until when it is kept; absent: until the user sends or discards it.
    pub kept_until: Option<SystemTime>,
    pub content: DraftContent,
    /// All texts that were entered, to be shown, copied or changed.
    pub texts: Vec<DraftText>,
    /// What can be done now, besides discarding it.
    pub remedies: Vec<Remedy>,
    /// The drafts that depend on it; they are sent and discarded with it.
    pub waiting: Vec<WaitingDraft>,
}

/// What was entered, in the form in which it is entered.
#[derive(Debug, Clone, uniffi::Enum)]
#[expect(
    clippy::large_enum_variant,
    reason = "made one at a time, on its way over the border, which knows no boxes"
)]
pub enum DraftContent {
    Case {
        case: NewCase,
    },
    Patient {
        patient: NewPatient,
    },
    Opinion {
        opinion: Opinion,
    },
    /// Of another operation: see the texts.
    Other,
    /// Written by another version of the app. It is kept, and this version cannot show it.
    Unreadable,
}

/// One text of a draft.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftText {
    /// Where it stands: a JSON pointer (RFC 6901), such as `/request/clinical_question`.
    pub place: EnteredText,
    pub text: EnteredText,
}

/// A draft that depends on another one.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WaitingDraft {
    pub command_id: CommandId,
    /// The operation's name.
    pub operation: String,
}
