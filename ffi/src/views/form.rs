//! Forms, from and to the bytes that the core keeps: CBOR of the record that is entered.

use mso_core::client::{self, FormOf};
use mso_core::protocol::cbor;

use super::system_time;
use crate::error::MsoError;
use crate::records::{FormContent, SavedForm};

impl FormContent {
    /// What is kept, and of which form.
    pub(crate) fn stored(&self) -> Result<(FormOf, Vec<u8>), MsoError> {
        let (of, bytes) = match self {
            Self::Case { case } => (FormOf::Case(case.case_id), cbor::encode(case)),
            Self::Patient { patient } => (FormOf::Patient(patient.patient_id), cbor::encode(patient)),
            Self::Opinion { case_id, opinion } => (FormOf::Recommendation(*case_id), cbor::encode(opinion)),
            Self::Unreadable { .. } => return Err(MsoError::malformed("form")),
        };
        Ok((of, bytes.map_err(|_| MsoError::malformed("form"))?))
    }

    fn shown(of: FormOf, bytes: &[u8]) -> Self {
        let content = match of {
            FormOf::Case(_) => cbor::decode(bytes).map(|case| Self::Case { case }),
            FormOf::Patient(_) => cbor::decode(bytes).map(|patient| Self::Patient { patient }),
            FormOf::Recommendation(case_id) => {
                cbor::decode(bytes).map(|opinion| Self::Opinion { case_id, opinion })
            }
        };
        let (case_id, patient_id) = match of {
            FormOf::Case(id) | FormOf::Recommendation(id) => (Some(id), None),
            FormOf::Patient(id) => (None, Some(id)),
        };
        content.unwrap_or(Self::Unreadable { case_id, patient_id })
    }
}

impl From<client::SavedForm> for SavedForm {
    fn from(form: client::SavedForm) -> Self {
        let client::SavedForm {
            of,
            content,
            saved_at,
            kept_until,
        } = form;
        Self {
            content: FormContent::shown(of, &content),
            saved_at: system_time(saved_at),
            kept_until: kept_until.map(system_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{NewPatient, PatientIdentifier};
    use mso_core::ids::PatientId;
    use mso_core::patients::{IdentifierKind, Sex};

    fn patient() -> (PatientId, FormContent) {
        let id: PatientId = "01920000-0000-7000-8000-000000000001".parse().unwrap();
        let patient = NewPatient {
            patient_id: id,
            family_name: "".into(),
            given_name: Some("Ama".into()),
            birth_date: "195".into(),
            sex: Sex::Unknown,
            identifiers: vec![PatientIdentifier {
                kind: IdentifierKind::Passport,
                issuer: "S".into(),
                number: "".into(),
                valid_to: None,
            }],
            no_identifier_reason: None,
            preferred_language: None,
        };
        (id, FormContent::Patient { patient })
    }

    #[test]
    fn a_form_is_shown_as_it_was_entered_complete_or_not() {
        let (id, content) = patient();
        let (of, bytes) = content.stored().unwrap();
        assert_eq!(of, FormOf::Patient(id));
        assert_eq!(FormContent::shown(of, &bytes), content);
    }

    #[test]
    fn a_form_of_another_version_is_told_and_not_written_over() {
        let (id, _) = patient();
        let shown = FormContent::shown(FormOf::Patient(id), b"from the future");
        let unreadable = FormContent::Unreadable {
            case_id: None,
            patient_id: Some(id),
        };
        assert_eq!(shown, unreadable);
        assert_eq!(shown.stored(), Err(MsoError::malformed("form")));
    }
}
