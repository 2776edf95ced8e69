//! Patients.

use mso_core::ids::PatientId;
use mso_core::patients::{IdentifierKind, Sex};
use serde::{Deserialize, Serialize};

use crate::text::EnteredText;

/// A patient as typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct NewPatient {
    /// Made by `Patients::new_id` when the form opens, and kept until the patient is created: the same form sent twice makes
    /// one patient. A draft keeps the id that it has.
    pub patient_id: PatientId,
    /// Family name, or the only name.
    pub family_name: EnteredText,
    /// Given names.
    pub given_name: Option<EnteredText>,
    /// `1958`, `1958-04` or `1958-04-17`.
    pub birth_date: EnteredText,
    pub sex: Sex,
    /// At most eight.
    #[serde(default)]
    pub identifiers: Vec<PatientIdentifier>,
    /// Needed when there is no identifier.
    pub no_identifier_reason: Option<EnteredText>,
    /// BCP 47.
    pub preferred_language: Option<EnteredText>,
}

/// A number that somebody gave the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct PatientIdentifier {
    pub kind: IdentifierKind,
    /// ISO 3166-1 alpha-2 country, or the institution.
    pub issuer: EnteredText,
    pub number: EnteredText,
    /// The last day of its validity, `2031-08-01`.
    #[uniffi(default = None)]
    pub valid_to: Option<EnteredText>,
}

/// A patient in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PatientSummary {
    pub patient_id: PatientId,
    pub display_name: String,
    /// `1958`, `1958-04` or `1958-04-17`.
    pub birth_date: String,
    pub sex: Sex,
    /// Identity attested.
    pub verified: bool,
    /// May be used for new cases.
    pub active: bool,
    /// Names of commands that wait to be sent.
    pub pending: Vec<String>,
}

/// Patients of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PatientPage {
    pub patients: Vec<PatientSummary>,
    /// To ask for the page after this one; absent on the last.
    pub next: Option<String>,
}
