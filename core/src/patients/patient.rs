//! The patient record. Field names and codes follow FHIR `Patient`.
//!
//! Not here: who may see which field (the server's projections). `Debug` prints no name and no identifier.

use serde::{Deserialize, Serialize};

use crate::ids::{InstitutionId, PatientId, UserId};
use crate::text::Text;
use crate::time::{PartialDate, Timestamp};

/// What an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// Issued by a country to its people.
    NationalId,
    /// Issued by a country to residents.
    ResidencePermit,
    /// A passport.
    Passport,
    /// A hospital's record number.
    Mrn,
    /// An insurer's number.
    Insurance,
    /// Something else.
    Other,
}

impl IdentifierKind {
    /// The name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NationalId => "national_id",
            Self::ResidencePermit => "residence_permit",
            Self::Passport => "passport",
            Self::Mrn => "mrn",
            Self::Insurance => "insurance",
            Self::Other => "other",
        }
    }
}

/// A number that somebody gave the patient. Unique in the institution by kind, issuer and value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// What it is.
    pub kind: IdentifierKind,
    /// ISO 3166-1 alpha-2 country, or the institution's id for an `mrn`.
    pub issuer: Text<2, 64>,
    /// 1–40 characters of `A-Z 0-9 . / -` and single spaces, upper case.
    pub value: IdentifierValue,
}

/// The value of an identifier, in its one written form.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdentifierValue(String);

impl IdentifierValue {
    /// Upper-cases, collapses spaces, and refuses other characters.
    #[must_use]
    pub fn new(value: &str) -> Option<Self> {
        let value = value
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_ascii_uppercase();
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " ./-".contains(c);
        ((1..=40).contains(&value.len()) && value.chars().all(allowed)).then_some(Self(value))
    }

    /// The value. Patient data: not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdentifierValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentifierValue(..)")
    }
}

impl TryFrom<String> for IdentifierValue {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::new(&value).ok_or("not an identifier value")
    }
}

impl From<IdentifierValue> for String {
    fn from(value: IdentifierValue) -> Self {
        value.0
    }
}

/// A person's name. Mononyms exist: only the family part is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientName {
    /// Family name, or the only name.
    pub family: Text<1, 100>,
    /// Given names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Text<1, 100>>,
}

impl PatientName {
    /// As shown: given names first.
    #[must_use]
    pub fn display(&self) -> String {
        match &self.given {
            Some(given) => format!("{} {}", given.as_str(), self.family.as_str()),
            None => self.family.as_str().to_owned(),
        }
    }

    /// The form for search and duplicates: lower case, without diacritics and tatweel.
    #[must_use]
    pub fn key(&self) -> NameKey {
        use unicode_normalization::UnicodeNormalization;
        let display = self.display();
        let key = display
            .nfd()
            .filter(|c| !unicode_normalization::char::is_combining_mark(*c));
        let key = key.filter(|c| *c != '\u{640}').collect::<String>().to_lowercase();
        NameKey(key.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// A name reduced for comparison.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(String);

impl NameKey {
    /// The reduced name. Patient data: not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for NameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameKey(..)")
    }
}

/// Administrative sex, FHIR `AdministrativeGender`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// `female`
    Female,
    /// `male`
    Male,
    /// `other`
    Other,
    /// `unknown`
    Unknown,
}

/// How the identity was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationMethod {
    /// A document was seen.
    DocumentSeen,
    /// A registry was asked.
    Registry,
    /// The institution knows the person.
    KnownToInstitution,
}

/// Whether somebody attested the patient's identity (D-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Verification {
    /// Nobody yet.
    Unverified,
    /// Attested.
    Verified {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
        /// How.
        method: VerificationMethod,
    },
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
    /// Administrative sex.
    pub sex: Sex,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<Text<2, 35>>,
    /// Attested or not.
    pub verification: Verification,
    /// May be used for new cases.
    pub active: bool,
    /// Counts accepted commands, from 1.
    pub version: u64,
}

/// What an expert may see of a patient: never identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClinicalPatient {
    /// Name.
    pub name: PatientName,
    /// Birth date.
    pub birth_date: PartialDate,
    /// Administrative sex.
    pub sex: Sex,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<Text<2, 35>>,
}

/// What happened to a patient record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatientEvent {
    /// Identity attested.
    Verified(Verification),
}

impl Patient {
    /// The record after the event.
    pub fn apply(&mut self, event: &PatientEvent) {
        match event {
            PatientEvent::Verified(verification) => self.verification = verification.clone(),
        }
        self.version += 1;
    }

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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(given: &str, family: &str) -> PatientName {
        PatientName {
            family: Text::new(family).unwrap(),
            given: Text::new(given).ok(),
        }
    }

    #[test]
    fn a_name_key_has_no_case_no_diacritics_and_no_tatweel() {
        assert_eq!(name("Zoë", "ÁLVAREZ  Núñez").key().as_str(), "zoe alvarez nunez");
        assert_eq!(name("أمـــل", "حداد").key(), name("أمل", "حداد").key());
    }

    #[test]
    fn an_identifier_value_has_one_written_form() {
        assert_eq!(IdentifierValue::new(" ab 12  /3 ").unwrap().as_str(), "AB 12 /3");
        for bad in ["", "a_b", "é1", "1234567890123456789012345678901234567890X"] {
            assert!(IdentifierValue::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_patient_data() {
        let shown = format!("{:?}", name("Amal", "Haddad"));
        assert!(!shown.contains("Amal") && !shown.contains("Haddad"), "{shown}");
    }
}
