//! A patient's record whole: its form, and what concerns the record itself.

use mso_core::ids::{CommandId, PatientId};
use mso_core::patients::{PatientAction, PatientField, Sex};

use super::patient::{PatientIdentifier, PatientSummary};
use crate::text::EnteredText;

/// A patient's screen.
#[derive(Debug, Clone, uniffi::Record)]
pub struct PatientDetail {
    /// The row of the list.
    pub summary: PatientSummary,
    /// Everything that a form shows and edits.
    pub fields: PatientFields,
    /// Why the record is inactive; absent while it is active.
    pub inactive: Option<Inactive>,
    /// Why an admin revoked the verification.
    pub revoked_reason: Option<String>,
    /// The record into which this one was merged.
    pub duplicate_of: Option<PatientId>,
    /// Records that seem to describe the same person, until somebody decides.
    pub possible_duplicates: Vec<PatientId>,
    /// What this user may do now.
    pub allowed_actions: Vec<PatientAction>,
}

/// The editable fields of a patient, as shown and as entered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PatientFields {
    /// Family name, or the only name.
    pub family_name: EnteredText,
    pub given_name: Option<EnteredText>,
    /// The same name as written in other languages; at most eight.
    pub other_names: Vec<WrittenName>,
    /// `1958`, `1958-04` or `1958-04-17`.
    pub birth_date: EnteredText,
    /// Whether the birth date is a guess.
    pub birth_date_estimated: bool,
    pub sex: Sex,
    /// At most eight.
    pub identifiers: Vec<PatientIdentifier>,
    /// Needed when there is no identifier.
    pub no_identifier_reason: Option<EnteredText>,
    /// ISO 3166-1 alpha-2.
    pub nationality: Option<EnteredText>,
    /// The country of residence, ISO 3166-1 alpha-2.
    pub country: Option<EnteredText>,
    /// With the country's code, `+49 30 1234567`.
    pub phone: Option<EnteredText>,
    pub email: Option<EnteredText>,
    /// The lines above the city; at most five.
    pub address_lines: Vec<EnteredText>,
    /// With the postal code where the country uses one.
    pub city: Option<EnteredText>,
    /// ISO 3166-1 alpha-2.
    pub address_country: Option<EnteredText>,
    /// BCP 47.
    pub preferred_language: Option<EnteredText>,
    /// Of a minor, or of an adult who cannot decide.
    pub guardian_name: Option<EnteredText>,
    /// Mother, uncle, court-appointed; needed with a guardian.
    pub guardian_relation: Option<EnteredText>,
    pub guardian_phone: Option<EnteredText>,
}

/// A name as written in one language.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WrittenName {
    /// BCP 47.
    pub language: EnteredText,
    pub family_name: EnteredText,
    pub given_name: Option<EnteredText>,
}

/// Why a record cannot be used for new cases.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Inactive {
    Deceased {
        /// `2026`, `2026-04` or `2026-04-17`.
        deceased_date: EnteredText,
    },
    /// Another record describes the same person.
    Duplicate,
    Left,
    /// Created in error.
    Error,
}

/// An edit that the server refused because somebody else changed the same fields.
#[derive(Debug, Clone, uniffi::Record)]
pub struct PatientEditConflict {
    /// Names it in the calls that resolve or discard it.
    pub command_id: CommandId,
    pub patient_id: PatientId,
    /// The fields that both changed.
    pub fields: Vec<PatientField>,
    /// The record with all that the user entered.
    pub mine: PatientFields,
    /// The record as it is now.
    pub theirs: PatientFields,
    /// Names of the operations that wait for it.
    pub waiting: Vec<String>,
}
