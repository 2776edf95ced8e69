//! What people enter, checked: text becomes the core's types, or an error that names the field.

mod opinion;
mod patient;
mod people;
mod request;

use mso_core::cases::Icd10Code;
use mso_core::patients::{CreatePatient, Identifier, IdentifierValue, PatientName};
use mso_core::people::Language;
use mso_core::text::{Form, Text, is_blank};
use mso_core::time::{Date, PartialDate};

use crate::error::MsoError;
use crate::records::{NewPatient, PatientIdentifier};
use crate::text::EnteredText;

/// A text field that may be absent; an empty one counts as absent.
pub(crate) fn optional<const MIN: usize, const MAX: usize, F: Form>(
    field: &'static str,
    text: Option<EnteredText>,
) -> Result<Option<Text<MIN, MAX, F>>, MsoError> {
    let text = text.as_ref().map(|text| text.of(field)).transpose()?;
    let text = text.filter(|text| !is_blank(text));
    text.map(|text| Text::new(text).map_err(MsoError::text(field)))
        .transpose()
}

/// A text field that must be there.
pub(crate) fn required<const MIN: usize, const MAX: usize, F: Form>(
    field: &'static str,
    text: &EnteredText,
) -> Result<Text<MIN, MAX, F>, MsoError> {
    Text::new(text.of(field)?).map_err(MsoError::text(field))
}

/// The records of a list, each checked.
fn all<T, U: TryFrom<T, Error = MsoError>>(items: Vec<T>) -> Result<Vec<U>, MsoError> {
    items.into_iter().map(U::try_from).collect()
}

/// A date as precise as known: `2026`, `2026-04` or `2026-04-03`. An empty one counts as absent.
fn partial_date(field: &'static str, date: Option<EnteredText>) -> Result<Option<PartialDate>, MsoError> {
    let date = date.as_ref().map(|date| date.of(field)).transpose()?;
    let date = date.filter(|date| !is_blank(date));
    date.map(|date| date.parse().map_err(|_| MsoError::malformed(field)))
        .transpose()
}

/// A day, `2026-04-03`. An empty one counts as absent.
fn day(field: &'static str, day: Option<&EnteredText>) -> Result<Option<Date>, MsoError> {
    let day = day.map(|day| day.of(field)).transpose()?;
    let day = day.filter(|day| !is_blank(day));
    day.map(|day| day.parse().map_err(|_| MsoError::malformed(field)))
        .transpose()
}

/// A code of ICD-10 with dot. An empty one counts as absent.
fn icd10(code: Option<EnteredText>) -> Result<Option<Icd10Code>, MsoError> {
    let code = code.as_ref().map(|code| code.of("icd10")).transpose()?;
    let code = code.filter(|code| !is_blank(code));
    code.map(|code| Icd10Code::new(code).ok_or_else(|| MsoError::malformed("icd10")))
        .transpose()
}

fn language(field: &'static str, tag: &EnteredText) -> Result<Language, MsoError> {
    Language::new(tag.of(field)?).map_err(|_| MsoError::malformed(field))
}

impl NewPatient {
    pub(crate) fn create(self) -> Result<CreatePatient, MsoError> {
        let Self {
            patient_id,
            family_name,
            given_name,
            birth_date,
            sex,
            identifiers,
            no_identifier_reason,
            preferred_language,
        } = self;
        let name = PatientName {
            family: required("family_name", &family_name)?,
            given: optional("given_name", given_name)?,
            transliterations: std::collections::BTreeMap::new(),
        };
        let birth_date = birth_date
            .of("birth_date")?
            .parse()
            .map_err(|_| MsoError::malformed("birth_date"))?;
        Ok(CreatePatient {
            identifiers: identifiers
                .into_iter()
                .map(Identifier::try_from)
                .collect::<Result<_, _>>()?,
            no_identifier_reason: optional("no_identifier_reason", no_identifier_reason)?,
            preferred_language: preferred_language
                .map(|tag| language("preferred_language", &tag))
                .transpose()?,
            ..CreatePatient::new(patient_id, name, birth_date, sex)
        })
    }
}

impl TryFrom<PatientIdentifier> for Identifier {
    type Error = MsoError;

    fn try_from(identifier: PatientIdentifier) -> Result<Self, MsoError> {
        let PatientIdentifier {
            kind,
            issuer,
            number,
            valid_to,
        } = identifier;
        let issuer = required("issuer", &issuer)?;
        let value =
            IdentifierValue::new(number.of("number")?).ok_or_else(|| MsoError::malformed("number"))?;
        Ok(Self {
            kind,
            issuer,
            value,
            valid_to: day("valid_to", valid_to.as_ref())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use mso_core::cases::{CaseRequest, RecommendationContent};
    use serde_json::json;

    use super::*;
    use crate::records;

    fn request() -> CaseRequest {
        let document = "01920000-0000-7000-8000-000000000001";
        serde_json::from_value(json!({
            "service_type": "one_specialist", "specialty": "cardiology", "subspecialty": "Valves",
            "urgency": {"level": "urgent", "reason": "Worse since yesterday."},
            "clinical_question": "Is repair of the valve indicated now?",
            "history": {
                "present_illness": "Short of breath.", "past_medical": "Hypertension.", "surgical": "None.",
                "family": "A brother had a stroke.", "social": "Teacher.",
                "medications": [{"name": "Ramipril", "dose": "5 mg", "frequency": "daily", "route": "oral", "since": "2009-04"}],
                "allergies": [{"substance": "Penicillin", "reaction": "Rash", "severity": "mild"}],
                "vitals": {"systolic": 130, "diastolic": 80, "heart_rate": 71, "respiratory_rate": 14,
                    "temperature_tenths": 368, "oxygen_saturation": 97, "weight_grams": 70000, "height_millimetres": 1700},
                "pregnancy_status": "not_pregnant",
            },
            "treatment_so_far": "Torasemide.",
            "previous_opinion": {"source": "A clinic", "summary": "Wait.", "date": "2026", "document_ids": [document]},
            "consent_basis": {"kind": "written", "obtained_by": "A. Nasser", "obtained_at": "2026-01-05T09:00:00.000Z",
                "document_id": document},
            "current_diagnosis": [{"icd10": "I34.0", "text": "Insufficiency", "rank": "primary", "certainty": "confirmed"}],
            "differential": "Endocarditis.", "follows_case": "01920000-0000-7000-8000-000000000002",
        }))
        .unwrap()
    }

    /// What a screen shows and sends back unchanged loses nothing: an edit replaces the whole.
    #[test]
    fn a_request_that_is_shown_and_sent_back_is_the_same() {
        let shown = records::CaseRequest::from(request());
        assert_eq!(CaseRequest::try_from(shown).unwrap(), request());
    }

    #[test]
    fn a_first_opinion_without_a_summary_is_refused_and_not_dropped() {
        let mut shown = records::CaseRequest::from(request());
        shown.previous_opinion = None;
        assert_eq!(
            CaseRequest::try_from(shown.clone()),
            Err(MsoError::malformed("previous_opinion"))
        );
        shown.previous_opinion_source = None;
        shown.previous_opinion_date = Some(" ".into());
        shown.previous_opinion_documents.clear();
        assert_eq!(
            CaseRequest::try_from(shown.clone()).unwrap().previous_opinion,
            None
        );
        shown.medications[0].since = Some("last year".into());
        assert_eq!(CaseRequest::try_from(shown), Err(MsoError::malformed("since")));
    }

    #[test]
    fn an_opinion_that_is_shown_and_sent_back_is_the_same() {
        let opinion: RecommendationContent = serde_json::from_value(json!({
            "brief_history": "Symptomatic mitral regurgitation.",
            "findings": [{"document_id": "01920000-0000-7000-8000-000000000001", "comment": "A jet."}],
            "assessment": "Severe, with preserved function.",
            "diagnosis": [{"icd10": "I34.0", "text": "Insufficiency", "rank": "primary", "agreement": "refined"}],
            "recommendations": [{"kind": "surgery", "text": "Repair.", "priority": "urgent", "timeframe": "8 weeks"}],
            "medications": [{"name": "Ramipril", "dose": "5", "route": "oral", "frequency": "daily", "duration": "a year",
                "code": "C09AA05", "unit": "mg", "caution": "Cough.", "allergy_acknowledged": true}],
            "answer_to_question": "Yes.", "limitations": "No echo seen.", "urgency_flag": true,
            "references": ["ESC 2025"], "declaration": true,
        }))
        .unwrap();
        let shown = records::Opinion::from(opinion.clone());
        assert_eq!(RecommendationContent::try_from(shown).unwrap(), opinion);
    }
}
