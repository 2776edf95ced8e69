//! The opinion, as screens show it.

use mso_core::cases::{
    self, Advice, AdvisedMedication, Diagnosis, Finding, Recommendation, RecommendationContent,
};

use super::{each, entered, string, system_time};
use crate::records::{
    AdviceItem, DiagnosisItem, EnteredInError, FindingItem, MedicationItem, Opinion, RecommendationView,
};
use crate::text::EnteredText;

impl From<Recommendation> for RecommendationView {
    fn from(recommendation: Recommendation) -> Self {
        let Recommendation {
            id,
            case_id: _,
            version,
            author,
            signed_at,
            content,
            entered_in_error,
        } = recommendation;
        let reviewed_documents = u32::try_from(content.reviewed_documents.len()).unwrap_or(u32::MAX);
        Self {
            recommendation_id: id,
            version,
            author,
            signed_at: system_time(signed_at),
            opinion: content.into(),
            reviewed_documents,
            entered_in_error: entered_in_error.map(EnteredInError::from),
        }
    }
}

impl From<cases::EnteredInError> for EnteredInError {
    fn from(error: cases::EnteredInError) -> Self {
        let cases::EnteredInError { by: _, at, reason } = error;
        Self {
            at: system_time(at),
            reason: string(reason),
        }
    }
}

impl From<RecommendationContent> for Opinion {
    fn from(content: RecommendationContent) -> Self {
        let RecommendationContent {
            brief_history,
            findings,
            assessment,
            diagnosis,
            recommendations,
            medications,
            answer_to_question,
            limitations,
            urgency_flag,
            references,
            reviewed_documents: _,
            declaration,
        } = content;
        Self {
            brief_history: entered(brief_history),
            assessment: entered(assessment),
            diagnosis: each(diagnosis),
            recommendations: each(recommendations),
            medications: each(medications),
            answer_to_question: entered(answer_to_question),
            limitations: limitations.map(entered),
            urgency_flag,
            declaration,
            findings: each(findings),
            references: references.into_iter().map(entered).collect(),
        }
    }
}

impl From<Finding> for FindingItem {
    fn from(finding: Finding) -> Self {
        let Finding { document_id, comment } = finding;
        Self {
            document_id,
            comment: entered(comment),
        }
    }
}

impl From<Diagnosis> for DiagnosisItem {
    fn from(diagnosis: Diagnosis) -> Self {
        let Diagnosis {
            icd10,
            text,
            rank,
            agreement,
        } = diagnosis;
        Self {
            icd10: icd10.map(EnteredText::from),
            text: entered(text),
            rank,
            agreement,
        }
    }
}

impl From<Advice> for AdviceItem {
    fn from(advice: Advice) -> Self {
        let Advice {
            kind,
            text,
            timeframe,
            priority,
        } = advice;
        Self {
            kind,
            text: entered(text),
            timeframe: timeframe.map(entered),
            priority,
        }
    }
}

impl From<AdvisedMedication> for MedicationItem {
    fn from(medication: AdvisedMedication) -> Self {
        let AdvisedMedication {
            name,
            dose,
            route,
            frequency,
            duration,
            code,
            unit,
            caution,
            allergy_acknowledged,
        } = medication;
        Self {
            name: entered(name),
            dose: entered(dose),
            route: entered(route),
            frequency: entered(frequency),
            duration: duration.map(entered),
            code: code.map(|code| code.as_str().into()),
            unit: unit.map(entered),
            caution: caution.map(entered),
            allergy_acknowledged,
        }
    }
}
