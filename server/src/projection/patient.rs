//! A complete patient, as users of their own institution and admins read it (rows 2 and 3 of the rights).
//! Experts never do: they read the clinical part of it in a case ([`super::provider`]).
//!
//! The invariant: each field is named. A field that is not named cannot leave the server.

use std::collections::BTreeMap;

use mso_core::ids::{InstitutionId, PatientId};
use mso_core::patients::{
    Address, Guardian, Identifier, Inactive, Patient, PatientField, PatientName, PhoneNumber, Sex,
    Verification,
};
use mso_core::people::{Country, EmailAddress, Language};
use mso_core::text::Text;
use mso_core::time::PartialDate;
use serde::Serialize;

/// A patient with every field of the record.
#[derive(Debug, Serialize)]
pub struct FullPatient {
    id: PatientId,
    institution_id: InstitutionId,
    identifiers: Vec<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_identifier_reason: Option<Text<1, 500>>,
    name: PatientName,
    birth_date: PartialDate,
    birth_date_estimated: bool,
    sex: Sex,
    #[serde(skip_serializing_if = "Option::is_none")]
    nationality: Option<Country>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<EmailAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<Language>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardian: Option<Guardian>,
    verification: Verification,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    inactive: Option<Inactive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<PatientId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    possible_duplicates: Vec<PatientId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    distinct_from: Vec<PatientId>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    field_versions: BTreeMap<PatientField, u64>,
    version: u64,
}

impl From<Patient> for FullPatient {
    fn from(patient: Patient) -> Self {
        let Patient {
            id,
            institution_id,
            identifiers,
            no_identifier_reason,
            name,
            birth_date,
            birth_date_estimated,
            sex,
            nationality,
            country,
            phone,
            email,
            address,
            preferred_language,
            guardian,
            verification,
            active,
            inactive,
            duplicate_of,
            possible_duplicates,
            distinct_from,
            field_versions,
            version,
        } = patient;
        Self {
            id,
            institution_id,
            identifiers,
            no_identifier_reason,
            name,
            birth_date,
            birth_date_estimated,
            sex,
            nationality,
            country,
            phone,
            email,
            address,
            preferred_language,
            guardian,
            verification,
            active,
            inactive,
            duplicate_of,
            possible_duplicates,
            distinct_from,
            field_versions,
            version,
        }
    }
}

#[cfg(test)]
mod tests {
    use mso_core::protocol::cbor;
    use mso_core::testing::Fixture;

    use super::*;

    #[test]
    fn phones_read_what_is_projected_as_the_record_that_they_know() {
        let patient = Fixture::new().patient_with_everything();
        let bytes = cbor::encode(&FullPatient::from(patient.clone())).unwrap();
        assert_eq!(cbor::decode::<Patient>(&bytes).unwrap(), patient);
    }
}
