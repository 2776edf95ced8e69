//! What people enter, checked: text becomes the core's types, or an error that names the field.

use mso_core::cases::{
    self, Advice, AdvisedMedication, ConsentBasis, Diagnosis, FeedbackContent, History, Icd10Code,
    PreviousOpinion, Rating, RecommendationContent, ServiceType, Urgency, UrgencyLevel,
};
use mso_core::catalogue::SpecialtyCode;
use mso_core::patients::{CreatePatient, Identifier, IdentifierValue, PatientName};
use mso_core::people::Language;
use mso_core::text::{Form, Text, is_blank};

use crate::error::MsoError;
use crate::records::{
    AdviceItem, CaseRequest, DiagnosisItem, Feedback, MedicationItem, NewPatient, Opinion, PatientIdentifier,
};
use crate::text::EnteredText;
use crate::views::timestamp;

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

impl TryFrom<CaseRequest> for cases::CaseRequest {
    type Error = MsoError;

    fn try_from(request: CaseRequest) -> Result<Self, MsoError> {
        let CaseRequest {
            specialty,
            urgency,
            urgency_reason,
            clinical_question,
            present_illness,
            past_medical,
            treatment_so_far,
            previous_opinion,
            consent_kind,
            consent_obtained_by,
            consent_obtained_at,
        } = request;
        let urgency = match urgency {
            UrgencyLevel::Routine => Urgency::Routine,
            UrgencyLevel::Urgent => Urgency::Urgent {
                reason: required("urgency_reason", &urgency_reason.unwrap_or_else(|| "".into()))?,
            },
        };
        let previous_opinion = optional("previous_opinion", previous_opinion)?;
        Ok(Self {
            service_type: ServiceType::OneSpecialist,
            specialty: SpecialtyCode::new(specialty.of("specialty")?)
                .ok_or_else(|| MsoError::malformed("specialty"))?,
            urgency,
            clinical_question: required("clinical_question", &clinical_question)?,
            history: History {
                present_illness: optional("present_illness", present_illness)?,
                past_medical: optional("past_medical", past_medical)?,
                ..History::default()
            },
            treatment_so_far: optional("treatment_so_far", treatment_so_far)?,
            previous_opinion: previous_opinion.map(|summary| PreviousOpinion {
                source: None,
                summary,
                date: None,
                document_ids: Vec::new(),
            }),
            consent_basis: ConsentBasis {
                kind: consent_kind,
                obtained_by: required("consent_obtained_by", &consent_obtained_by)?,
                obtained_at: timestamp(consent_obtained_at),
                document_id: None,
            },
            subspecialty: None,
            current_diagnosis: Vec::new(),
            differential: None,
            follows_case: None,
        })
    }
}

impl TryFrom<Opinion> for RecommendationContent {
    type Error = MsoError;

    fn try_from(opinion: Opinion) -> Result<Self, MsoError> {
        let Opinion {
            brief_history,
            assessment,
            diagnosis,
            recommendations,
            medications,
            answer_to_question,
            limitations,
            urgency_flag,
            declaration,
        } = opinion;
        Ok(Self {
            brief_history: required("brief_history", &brief_history)?,
            findings: Vec::new(),
            assessment: required("assessment", &assessment)?,
            diagnosis: diagnosis
                .into_iter()
                .map(Diagnosis::try_from)
                .collect::<Result<_, _>>()?,
            recommendations: recommendations
                .into_iter()
                .map(Advice::try_from)
                .collect::<Result<_, _>>()?,
            medications: medications
                .into_iter()
                .map(AdvisedMedication::try_from)
                .collect::<Result<_, _>>()?,
            answer_to_question: required("answer_to_question", &answer_to_question)?,
            limitations: optional("limitations", limitations)?,
            urgency_flag,
            references: Vec::new(),
            // The core lists what is on this phone.
            reviewed_documents: Vec::new(),
            declaration,
        })
    }
}

impl TryFrom<DiagnosisItem> for Diagnosis {
    type Error = MsoError;

    fn try_from(item: DiagnosisItem) -> Result<Self, MsoError> {
        let DiagnosisItem {
            icd10,
            text,
            rank,
            agreement,
        } = item;
        let code =
            |code: EnteredText| Icd10Code::new(code.of("icd10")?).ok_or_else(|| MsoError::malformed("icd10"));
        Ok(Self {
            icd10: icd10.map(code).transpose()?,
            text: required("diagnosis", &text)?,
            rank,
            agreement,
        })
    }
}

impl TryFrom<AdviceItem> for Advice {
    type Error = MsoError;

    fn try_from(item: AdviceItem) -> Result<Self, MsoError> {
        let AdviceItem {
            kind,
            text,
            timeframe,
        } = item;
        Ok(Self {
            kind,
            text: required("recommendations", &text)?,
            timeframe: optional("timeframe", timeframe)?,
            priority: None,
        })
    }
}

impl TryFrom<MedicationItem> for AdvisedMedication {
    type Error = MsoError;

    fn try_from(item: MedicationItem) -> Result<Self, MsoError> {
        let MedicationItem {
            name,
            dose,
            route,
            frequency,
            duration,
        } = item;
        Ok(Self {
            name: required("name", &name)?,
            dose: required("dose", &dose)?,
            route: required("route", &route)?,
            frequency: required("frequency", &frequency)?,
            duration: optional("duration", duration)?,
            code: None,
            unit: None,
            caution: None,
            allergy_acknowledged: false,
        })
    }
}

impl TryFrom<Feedback> for FeedbackContent {
    type Error = MsoError;

    fn try_from(feedback: Feedback) -> Result<Self, MsoError> {
        let Feedback {
            rating,
            usefulness,
            outcome,
            changed_management,
            comment,
            shared_with_provider,
        } = feedback;
        let rated =
            |field: &'static str, rating: u8| Rating::new(rating).map_err(|_| MsoError::malformed(field));
        Ok(Self {
            rating: rated("rating", rating)?,
            usefulness: usefulness.map(|rating| rated("usefulness", rating)).transpose()?,
            outcome,
            changed_management,
            comment: optional("comment", comment)?,
            shared_with_provider,
        })
    }
}

fn language(tag: EnteredText) -> Result<Language, MsoError> {
    let field = "preferred_language";
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
            preferred_language: preferred_language.map(language).transpose()?,
            ..CreatePatient::new(patient_id, name, birth_date, sex)
        })
    }
}

impl TryFrom<PatientIdentifier> for Identifier {
    type Error = MsoError;

    fn try_from(identifier: PatientIdentifier) -> Result<Self, MsoError> {
        let PatientIdentifier { kind, issuer, number } = identifier;
        let issuer = required("issuer", &issuer)?;
        let value =
            IdentifierValue::new(number.of("number")?).ok_or_else(|| MsoError::malformed("number"))?;
        Ok(Self {
            kind,
            issuer,
            value,
            valid_to: None,
        })
    }
}
