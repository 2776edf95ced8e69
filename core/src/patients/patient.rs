//! The patient record. Field names and codes follow FHIR `Patient`.
//!
//! Not here: who may see which field (the server's projections), and its parts, which have files of their own.
//! `Debug` prints no name, no number and no address.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contact::{Address, Guardian, PhoneNumber};
use super::fields::PatientField;
use super::identifier::Identifier;
use super::name::PatientName;
use crate::actor::Actor;
use crate::ids::{InstitutionId, PatientId, UserId};
use crate::people::{Country, EmailAddress, Language};
use crate::refusal::Refusal;
use crate::text::{Reason, Text};
use crate::time::{PartialDate, Timestamp};

named! {
    /// Administrative sex, FHIR `AdministrativeGender`.
    pub enum Sex {
        /// `female`
        Female = "female",
        /// `male`
        Male = "male",
        /// `other`
        Other = "other",
        /// `unknown`
        Unknown = "unknown",
    }
}

named! {
    /// How the identity was checked.
    pub enum VerificationMethod {
        /// A document was seen.
        DocumentSeen = "document_seen",
        /// A registry was asked.
        Registry = "registry",
        /// The institution knows the person.
        KnownToInstitution = "known_to_institution",
    }
}

/// Whether somebody attested the patient's identity (D-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Verification {
    /// Nobody yet, or not since the identity was changed.
    Unverified,
    /// Attested.
    Verified {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
        /// How.
        method: VerificationMethod,
        /// What else is worth knowing of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Text<1, 1000>>,
    },
    /// Attested once, and taken back by an admin.
    Revoked {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
}

/// Why a record is not used for new cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Inactive {
    /// The patient has died.
    Deceased {
        /// When, as exactly as it is known.
        deceased_date: PartialDate,
    },
    /// Another record is the same person's.
    Duplicate,
    /// The patient has left the institution.
    Left,
    /// The record should not be.
    Error,
}

/// A patient of one institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// Made by the requester's device.
    pub id: PatientId,
    /// The owner, fixed at creation.
    pub institution_id: InstitutionId,
    /// 0 to 8.
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_identifier_reason: Option<Text<1, 500>>,
    /// Name.
    pub name: PatientName,
    /// Birth date, as exact as it is known.
    pub birth_date: PartialDate,
    /// It was guessed.
    #[serde(default)]
    pub birth_date_estimated: bool,
    /// Administrative sex.
    pub sex: Sex,
    /// Of which country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<Country>,
    /// Where the patient lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The language to speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<Language>,
    /// Who answers for the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<Guardian>,
    /// Attested or not.
    pub verification: Verification,
    /// May be used for new cases.
    pub active: bool,
    /// Why not, when it may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactive: Option<Inactive>,
    /// The record that this one was merged into (D-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<PatientId>,
    /// Records that look like the same person's, until somebody has decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possible_duplicates: Vec<PatientId>,
    /// Records that look so, of which somebody decided that they are other people's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<PatientId>,
    /// How often each field was changed since creation; what never was is missing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub field_versions: BTreeMap<PatientField, u64>,
    /// Counts accepted commands, from 1.
    pub version: u64,
}

/// What an expert may see of a patient: never identifiers, never how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClinicalPatient {
    /// Name.
    pub name: PatientName,
    /// Birth date.
    pub birth_date: PartialDate,
    /// Administrative sex.
    pub sex: Sex,
    /// The language to speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<Language>,
}

impl Patient {
    /// The part that an expert may see.
    #[must_use]
    pub fn clinical(&self) -> ClinicalPatient {
        ClinicalPatient {
            name: self.name.clone(),
            birth_date: self.birth_date,
            sex: self.sex,
            preferred_language: self.preferred_language.clone(),
        }
    }

    /// Whether somebody attested who this is, and nobody took it back.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self.verification, Verification::Verified { .. })
    }

    /// Whether this record was merged into another: then that one is the patient (D-11).
    #[must_use]
    pub const fn is_merged(&self) -> bool {
        self.duplicate_of.is_some()
    }

    /// Outside one's institution no patient exists. Admins belong to none and see all.
    pub(super) fn must_be_in_scope(&self, actor: &Actor) -> Result<(), Refusal> {
        match actor.institution() {
            Some(own) if own != self.institution_id => Err(Refusal::NotFound),
            Some(_) | None => Ok(()),
        }
    }

    /// A merged record is history: what is to be said of the patient is said of the other one.
    pub(super) const fn must_not_be_merged(&self) -> Result<(), Refusal> {
        if self.is_merged() {
            return Err(Refusal::PatientMerged);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::cbor;
    use crate::testing::Fixture;

    #[test]
    fn debug_shows_no_patient_data() {
        let patient = Fixture::new().patient_with_everything();
        let shown = format!("{patient:?}").to_lowercase();
        let known = serde_json::to_value(&patient).unwrap();
        for private in [
            &known["name"]["family"],
            &known["name"]["given"],
            &known["name"]["transliterations"]["ar"]["family"],
            &known["identifiers"][0]["value"],
            &known["phone"],
            &known["email"],
            &known["address"]["city"],
            &known["guardian"]["name"],
        ] {
            let private = private.as_str().unwrap().to_lowercase();
            assert!(!shown.contains(&private), "{private}");
        }
    }

    #[test]
    fn a_record_of_the_first_release_is_read_and_every_field_survives_the_wire() {
        let world = Fixture::new();
        let first = serde_json::json!({
            "id": world.patient, "institution_id": world.institution, "name": { "family": "Haddad" },
            "birth_date": "1958", "sex": "female", "verification": { "state": "unverified" },
            "active": true, "version": 1,
        });
        let read: Patient = serde_json::from_value(first).unwrap();
        assert!(read.field_versions.is_empty() && read.inactive.is_none());

        let whole = world.patient_with_everything();
        let bytes = cbor::encode(&whole).unwrap();
        assert_eq!(cbor::decode::<Patient>(&bytes).unwrap(), whole);
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Patient>(&json).unwrap(), whole);
    }

    #[test]
    fn the_clinical_part_is_name_birth_date_sex_and_language_and_nothing_else() {
        let clinical = Fixture::new().patient_with_everything().clinical();
        let json = serde_json::to_value(clinical).unwrap();
        let fields: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["birth_date", "name", "preferred_language", "sex"]);
    }
}
