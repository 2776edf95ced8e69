//! Patients.

use mso_core::client;
use mso_core::ids::PatientId;
use mso_core::patients::{Identifier, IdentifierValue, PatientName, VerificationMethod};
use mso_core::people::Language;
use mso_core::text::Text;

use crate::error::MsoError;
use crate::records::{NewPatient, PatientIdentifier, PatientSummary};
use crate::workspace::{Workspace, each};

#[uniffi::export]
impl Workspace {
    /// Adds a patient of the own institution. Works offline.
    pub fn create_patient(&self, patient: NewPatient) -> Result<PatientId, MsoError> {
        Ok(self.inner.create_patient(patient.try_into()?)?)
    }

    /// Attests a patient's identity. Works offline.
    pub fn verify_patient(&self, patient_id: PatientId, method: VerificationMethod) -> Result<(), MsoError> {
        Ok(self.inner.verify_patient(patient_id, method, None)?)
    }

    /// All patients of the institution, by name.
    pub fn patients(&self) -> Result<Vec<PatientSummary>, MsoError> {
        Ok(each(self.inner.patients()?))
    }
}

/// A text field that may be absent; an empty one counts as absent.
pub(crate) fn optional<const MIN: usize, const MAX: usize>(
    field: &'static str,
    text: Option<String>,
) -> Result<Option<Text<MIN, MAX>>, MsoError> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| Text::new(&text).map_err(MsoError::text(field)))
        .transpose()
}

impl TryFrom<NewPatient> for client::NewPatient {
    type Error = MsoError;

    fn try_from(patient: NewPatient) -> Result<Self, MsoError> {
        let NewPatient {
            family_name,
            given_name,
            birth_date,
            sex,
            identifiers,
            no_identifier_reason,
            preferred_language,
        } = patient;
        Ok(Self {
            identifiers: identifiers
                .into_iter()
                .map(Identifier::try_from)
                .collect::<Result<_, _>>()?,
            no_identifier_reason: optional("no_identifier_reason", no_identifier_reason)?,
            name: PatientName {
                family: Text::new(&family_name).map_err(MsoError::text("family_name"))?,
                given: optional("given_name", given_name)?,
                transliterations: std::collections::BTreeMap::new(),
            },
            birth_date: birth_date
                .parse()
                .map_err(|_| MsoError::malformed("birth_date"))?,
            sex,
            preferred_language: preferred_language
                .map(|tag| Language::new(&tag).map_err(|_| MsoError::malformed("preferred_language")))
                .transpose()?,
            birth_date_estimated: false,
            nationality: None,
            country: None,
            phone: None,
            email: None,
            address: None,
            guardian: None,
        })
    }
}

impl TryFrom<PatientIdentifier> for Identifier {
    type Error = MsoError;

    fn try_from(identifier: PatientIdentifier) -> Result<Self, MsoError> {
        let PatientIdentifier { kind, issuer, number } = identifier;
        let issuer = Text::new(&issuer).map_err(MsoError::text("issuer"))?;
        let value = IdentifierValue::new(&number).ok_or_else(|| MsoError::malformed("number"))?;
        Ok(Self {
            kind,
            issuer,
            value,
            valid_to: None,
        })
    }
}
