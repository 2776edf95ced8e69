//! The opinion, as screens show it.

use mso_core::cases::{Advice, AdvisedMedication, Diagnosis, Finding, Recommendation, RecommendationContent};

use super::{entered, string, system_time};
use crate::records::{AdviceItem, DiagnosisItem, MedicationItem, Opinion, RecommendationView};
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
            entered_in_error: _,
        } = recommendation;
        let reviewed_documents = u32::try_from(content.reviewed_documents.len()).unwrap_or(u32::MAX);
        Self {
            recommendation_id: id,
            version,
            author,
            signed_at: system_time(signed_at),
            findings: content
                .findings
                .iter()
                .map(
                    |Finding {
                         document_id: _,
                         comment,
                     }| string(comment.clone()),
                )
                .collect(),
            references: content.references.iter().cloned().map(string).collect(),
            opinion: content.into(),
            reviewed_documents,
        }
    }
}

impl From<RecommendationContent> for Opinion {
    fn from(content: RecommendationContent) -> Self {
        let RecommendationContent {
            brief_history,
            findings: _,
            assessment,
            diagnosis,
            recommendations,
            medications,
            answer_to_question,
            limitations,
            urgency_flag,
            references: _,
            reviewed_documents: _,
            declaration,
        } = content;
        Self {
            brief_history: entered(brief_history),
            assessment: entered(assessment),
            diagnosis: diagnosis.into_iter().map(DiagnosisItem::from).collect(),
            recommendations: recommendations.into_iter().map(AdviceItem::from).collect(),
            medications: medications.into_iter().map(MedicationItem::from).collect(),
            answer_to_question: entered(answer_to_question),
            limitations: limitations.map(entered),
            urgency_flag,
            declaration,
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
            priority: _,
        } = advice;
        Self {
            kind,
            text: entered(text),
            timeframe: timeframe.map(entered),
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
            code: _,
            unit: _,
            caution: _,
            allergy_acknowledged: _,
        } = medication;
        Self {
            name: entered(name),
            dose: entered(dose),
            route: entered(route),
            frequency: entered(frequency),
            duration: duration.map(entered),
        }
    }
}
