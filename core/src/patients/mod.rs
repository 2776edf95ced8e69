//! Patients: the people whom cases are about. Each belongs to one institution; there is no matching across
//! institutions.
//!
//! The record and its parts, one file per operation, search, and detection of duplicates.

mod actions;
mod birth_date;
mod check_digits;
mod contact;
mod create;
mod deactivate;
mod dismiss_duplicate;
mod edit;
mod fields;
mod identifier;
mod likeness;
mod merge;
mod name;
mod patient;
mod query;
mod reactivate;
mod revoke_verification;
#[cfg(test)]
mod tests;
mod verify;

pub use actions::PatientAction;
pub use contact::{Address, Guardian, MAX_ADDRESS_LINES, PhoneNumber};
pub use create::CreatePatient;
pub use deactivate::DeactivatePatient;
pub use dismiss_duplicate::DismissDuplicate;
pub use edit::EditPatient;
pub use fields::{BirthDate, FieldEdit, IdentifierSet, PatientChange, PatientField};
pub use identifier::{Identifier, IdentifierKind, IdentifierValue, Issuer, MAX_IDENTIFIERS};
pub use likeness::Likeness;
pub use merge::MergePatients;
pub use name::{MAX_TRANSLITERATIONS, NameKey, PatientName, Transliteration};
pub use patient::{ClinicalPatient, Inactive, Patient, Sex, Verification, VerificationMethod};
pub use query::PatientQuery;
pub use reactivate::ReactivatePatient;
pub use revoke_verification::RevokeVerification;
pub use verify::VerifyPatient;
