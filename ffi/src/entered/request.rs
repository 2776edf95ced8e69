//! What is asked of the expert, as entered.

use mso_core::cases::{
    self, Allergy, ConsentBasis, CurrentDiagnosis, CurrentMedication, History, PreviousOpinion, ServiceType,
    Urgency, UrgencyLevel,
};
use mso_core::catalogue::SpecialtyCode;

use super::{all, icd10, optional, partial_date, required};
use crate::error::MsoError;
use crate::records::{AllergyItem, CaseRequest, CurrentDiagnosisItem, CurrentMedicationItem};
use crate::views::timestamp;

impl TryFrom<CaseRequest> for cases::CaseRequest {
    type Error = MsoError;

    fn try_from(request: CaseRequest) -> Result<Self, MsoError> {
        let CaseRequest {
            specialty,
            subspecialty,
            urgency,
            urgency_reason,
            clinical_question,
            present_illness,
            past_medical,
            surgical,
            family,
            social,
            medications,
            allergies,
            no_known_allergies,
            vitals,
            pregnancy_status,
            current_diagnosis,
            differential,
            treatment_so_far,
            previous_opinion,
            previous_opinion_source,
            previous_opinion_date,
            previous_opinion_documents,
            follows_case,
            consent_kind,
            consent_obtained_by,
            consent_obtained_at,
            consent_document,
        } = request;
        let urgency = match urgency {
            UrgencyLevel::Routine => Urgency::Routine,
            UrgencyLevel::Urgent => Urgency::Urgent {
                reason: required("urgency_reason", &urgency_reason.unwrap_or_else(|| "".into()))?,
            },
        };
        let source = optional("previous_opinion_source", previous_opinion_source)?;
        let date = partial_date("previous_opinion_date", previous_opinion_date)?;
        let document_ids = previous_opinion_documents;
        let previous_opinion = match optional("previous_opinion", previous_opinion)? {
            Some(summary) => Some(PreviousOpinion {
                source,
                summary,
                date,
                document_ids,
            }),
            None if source.is_some() || date.is_some() || !document_ids.is_empty() => {
                return Err(MsoError::malformed("previous_opinion"));
            }
            None => None,
        };
        Ok(Self {
            service_type: ServiceType::OneSpecialist,
            specialty: SpecialtyCode::new(specialty.of("specialty")?)
                .ok_or_else(|| MsoError::malformed("specialty"))?,
            subspecialty: optional("subspecialty", subspecialty)?,
            urgency,
            clinical_question: required("clinical_question", &clinical_question)?,
            history: History {
                present_illness: optional("present_illness", present_illness)?,
                past_medical: optional("past_medical", past_medical)?,
                surgical: optional("surgical", surgical)?,
                family: optional("family", family)?,
                social: optional("social", social)?,
                medications: all(medications)?,
                allergies: all(allergies)?,
                no_known_allergies,
                vitals,
                pregnancy_status,
            },
            treatment_so_far: optional("treatment_so_far", treatment_so_far)?,
            previous_opinion,
            consent_basis: ConsentBasis {
                kind: consent_kind,
                obtained_by: required("consent_obtained_by", &consent_obtained_by)?,
                obtained_at: timestamp(consent_obtained_at),
                document_id: consent_document,
            },
            current_diagnosis: all(current_diagnosis)?,
            differential: optional("differential", differential)?,
            follows_case,
        })
    }
}

impl TryFrom<CurrentMedicationItem> for CurrentMedication {
    type Error = MsoError;

    fn try_from(item: CurrentMedicationItem) -> Result<Self, MsoError> {
        let CurrentMedicationItem {
            name,
            dose,
            frequency,
            route,
            since,
        } = item;
        Ok(Self {
            name: required("name", &name)?,
            dose: optional("dose", dose)?,
            frequency: optional("frequency", frequency)?,
            route: optional("route", route)?,
            since: partial_date("since", since)?,
        })
    }
}

impl TryFrom<AllergyItem> for Allergy {
    type Error = MsoError;

    fn try_from(item: AllergyItem) -> Result<Self, MsoError> {
        let AllergyItem {
            substance,
            reaction,
            severity,
        } = item;
        Ok(Self {
            substance: required("substance", &substance)?,
            reaction: optional("reaction", reaction)?,
            severity,
        })
    }
}

impl TryFrom<CurrentDiagnosisItem> for CurrentDiagnosis {
    type Error = MsoError;

    fn try_from(item: CurrentDiagnosisItem) -> Result<Self, MsoError> {
        let CurrentDiagnosisItem {
            icd10: code,
            text,
            rank,
            certainty,
        } = item;
        Ok(Self {
            icd10: icd10(code)?,
            text: required("current_diagnosis", &text)?,
            rank,
            certainty,
        })
    }
}
