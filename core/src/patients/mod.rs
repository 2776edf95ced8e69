//! Patients: the people that cases are about. Each belongs to one institution.
//!
//! Here: the record, creation and verification. Not here: matching across institutions, which there is none of.

mod create;
mod patient;
mod verify;

pub use create::CreatePatient;
pub use patient::{
    ClinicalPatient, Identifier, IdentifierKind, IdentifierValue, NameKey, Patient, PatientEvent,
    PatientName, Sex, Verification, VerificationMethod,
};
pub use verify::VerifyPatient;
