//! Patients for tests.

use super::{Fixture, text};
use crate::decision::{Decision, Event};
use crate::ids::PatientId;
use crate::patients::{
    Address, CreatePatient, Guardian, Identifier, IdentifierKind, IdentifierValue, Patient, PatientName,
    PhoneNumber, Sex, Transliteration, Verification, VerificationMethod,
};
use crate::people::EmailAddress;
use crate::time::PartialDate;

impl Fixture {
    /// The patient: active, verified, with an identifier.
    #[must_use]
    pub fn patient(&self) -> Patient {
        Patient {
            id: self.patient,
            institution_id: self.institution,
            identifiers: vec![Identifier::new(
                IdentifierKind::NationalId,
                text("DE"),
                IdentifierValue::new("T22000129").expect("an identifier"),
            )],
            no_identifier_reason: None,
            name: PatientName::new(text("Haddad"), Some(text("Amal"))),
            birth_date: PartialDate::Year(1958),
            birth_date_estimated: false,
            sex: Sex::Female,
            nationality: None,
            country: None,
            phone: None,
            email: None,
            address: None,
            preferred_language: None,
            guardian: None,
            verification: Verification::Verified {
                by: self.requester,
                at: self.now,
                method: VerificationMethod::DocumentSeen,
                note: None,
            },
            active: true,
            inactive: None,
            duplicate_of: None,
            possible_duplicates: Vec::new(),
            distinct_from: Vec::new(),
            field_versions: std::collections::BTreeMap::new(),
            version: 2,
        }
    }

    /// The same patient with a value in every field that people fill in.
    #[must_use]
    pub fn patient_with_everything(&self) -> Patient {
        let mut patient = self.patient();
        if let Some(identifier) = patient.identifiers.first_mut() {
            identifier.valid_to = "2031-08-01".parse().ok();
        }
        let arabic = Transliteration {
            family: text("حداد"),
            given: Some(text("أمل")),
        };
        patient
            .name
            .transliterations
            .insert("ar".parse().expect("a language"), arabic);
        Patient {
            no_identifier_reason: Some(text("The passport is in renewal.")),
            birth_date_estimated: true,
            nationality: "SY".parse().ok(),
            country: "DE".parse().ok(),
            phone: PhoneNumber::new("+49 30 1234567"),
            email: EmailAddress::new("amal.haddad@example.org").ok(),
            address: Some(Address {
                lines: vec![text("c/o Weber"), text("Heidestraße 17")],
                city: Some(text("51147 Köln")),
                country: "DE".parse().ok(),
            }),
            preferred_language: "ar-SY".parse().ok(),
            guardian: Some(Guardian {
                name: text("Karim Haddad"),
                relation: text("son"),
                phone: PhoneNumber::new("+49 30 7654321"),
            }),
            ..patient
        }
    }

    /// A patient to be created, with the fixture's name and without an identifier.
    #[must_use]
    pub fn create_patient(&self) -> CreatePatient {
        let patient = Patient {
            identifiers: Vec::new(),
            no_identifier_reason: Some(text("No papers yet.")),
            ..self.patient()
        };
        self.create_patient_like(&patient)
    }

    /// A patient to be created under a new id, of whom the same is said as of this one.
    #[must_use]
    pub fn create_patient_like(&self, patient: &Patient) -> CreatePatient {
        let patient = patient.clone();
        CreatePatient {
            patient_id: PatientId::generate(self.now),
            identifiers: patient.identifiers,
            no_identifier_reason: patient.no_identifier_reason,
            name: patient.name,
            birth_date: patient.birth_date,
            birth_date_estimated: patient.birth_date_estimated,
            sex: patient.sex,
            nationality: patient.nationality,
            country: patient.country,
            phone: patient.phone,
            email: patient.email,
            address: patient.address,
            preferred_language: patient.preferred_language,
            guardian: patient.guardian,
        }
    }
}

/// The patients that a decision changes, as they are from now on; the one that it is about first.
///
/// # Panics
/// When the decision changes anything else.
#[must_use]
pub fn patients_after(decision: &Decision) -> Vec<Patient> {
    let patient = |event: &Event| {
        let patient = if let Event::Patient(patient) = event {
            Some((**patient).clone())
        } else {
            None
        };
        patient.expect("a decision about patients")
    };
    decision.events.iter().map(patient).collect()
}

/// The patient that a decision is about, as it is from now on.
///
/// # Panics
/// When the decision changes no patient.
#[must_use]
pub fn patient_after(decision: &Decision) -> Patient {
    let first = patients_after(decision).into_iter().next();
    first.expect("a decision about a patient")
}
