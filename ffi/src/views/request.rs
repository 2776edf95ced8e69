//! What is asked of the expert, as screens show it and drafts keep it.

use mso_core::cases::{
    self, Allergy, ConsentBasis, CurrentDiagnosis, CurrentMedication, History, PreviousOpinion, Urgency,
};
use mso_core::time::PartialDate;

use super::{each, entered, system_time};
use crate::records::{AllergyItem, CaseRequest, CurrentDiagnosisItem, CurrentMedicationItem};
use crate::text::EnteredText;

impl From<cases::CaseRequest> for CaseRequest {
    fn from(request: cases::CaseRequest) -> Self {
        let cases::CaseRequest {
            service_type: _,
            specialty,
            subspecialty,
            urgency,
            clinical_question,
            history,
            treatment_so_far,
            previous_opinion,
            consent_basis,
            current_diagnosis,
            differential,
            follows_case,
        } = request;
        let History {
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
        } = history;
        let ConsentBasis {
            kind: consent_kind,
            obtained_by,
            obtained_at,
            document_id: consent_document,
        } = consent_basis;
        let (summary, source, date, documents) = match previous_opinion {
            Some(PreviousOpinion {
                source,
                summary,
                date,
                document_ids,
            }) => (Some(summary), source, date, document_ids),
            None => (None, None, None, Vec::new()),
        };
        Self {
            specialty: specialty.as_str().into(),
            subspecialty: subspecialty.map(entered),
            urgency: urgency.level(),
            urgency_reason: match urgency {
                Urgency::Routine => None,
                Urgency::Urgent { reason } => Some(entered(reason)),
            },
            clinical_question: entered(clinical_question),
            present_illness: present_illness.map(entered),
            past_medical: past_medical.map(entered),
            surgical: surgical.map(entered),
            family: family.map(entered),
            social: social.map(entered),
            medications: each(medications),
            allergies: each(allergies),
            no_known_allergies,
            vitals,
            pregnancy_status,
            current_diagnosis: each(current_diagnosis),
            differential: differential.map(entered),
            treatment_so_far: treatment_so_far.map(entered),
            previous_opinion: summary.map(entered),
            previous_opinion_source: source.map(entered),
            previous_opinion_date: date.map(dated),
            previous_opinion_documents: documents,
            follows_case,
            consent_kind,
            consent_obtained_by: entered(obtained_by),
            consent_obtained_at: system_time(obtained_at),
            consent_document,
        }
    }
}

fn dated(date: PartialDate) -> EnteredText {
    date.to_string().into()
}

impl From<CurrentMedication> for CurrentMedicationItem {
    fn from(medication: CurrentMedication) -> Self {
        let CurrentMedication {
            name,
            dose,
            frequency,
            route,
            since,
        } = medication;
        Self {
            name: entered(name),
            dose: dose.map(entered),
            frequency: frequency.map(entered),
            route: route.map(entered),
            since: since.map(dated),
        }
    }
}

impl From<Allergy> for AllergyItem {
    fn from(allergy: Allergy) -> Self {
        let Allergy {
            substance,
            reaction,
            severity,
        } = allergy;
        Self {
            substance: entered(substance),
            reaction: reaction.map(entered),
            severity,
        }
    }
}

impl From<CurrentDiagnosis> for CurrentDiagnosisItem {
    fn from(diagnosis: CurrentDiagnosis) -> Self {
        let CurrentDiagnosis {
            icd10,
            text,
            rank,
            certainty,
        } = diagnosis;
        Self {
            icd10: icd10.map(EnteredText::from),
            text: entered(text),
            rank,
            certainty,
        }
    }
}
