//! The opinion and its assessment, as entered.

use mso_core::cases::{
    Advice, AdvisedMedication, Diagnosis, FeedbackContent, Finding, Rating, RecommendationContent,
};

use super::{all, icd10, optional, required};
use crate::error::MsoError;
use crate::records::{AdviceItem, DiagnosisItem, Feedback, FindingItem, MedicationItem, Opinion};

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
            findings,
            references,
        } = opinion;
        let references = references.iter().map(|text| required("references", text));
        Ok(Self {
            brief_history: required("brief_history", &brief_history)?,
            findings: all(findings)?,
            assessment: required("assessment", &assessment)?,
            diagnosis: all(diagnosis)?,
            recommendations: all(recommendations)?,
            medications: all(medications)?,
            answer_to_question: required("answer_to_question", &answer_to_question)?,
            limitations: optional("limitations", limitations)?,
            urgency_flag,
            references: references.collect::<Result<_, _>>()?,
            // The core lists what is on this phone.
            reviewed_documents: Vec::new(),
            declaration,
        })
    }
}

impl TryFrom<FindingItem> for Finding {
    type Error = MsoError;

    fn try_from(item: FindingItem) -> Result<Self, MsoError> {
        let FindingItem { document_id, comment } = item;
        Ok(Self {
            document_id,
            comment: required("findings", &comment)?,
        })
    }
}

impl TryFrom<DiagnosisItem> for Diagnosis {
    type Error = MsoError;

    fn try_from(item: DiagnosisItem) -> Result<Self, MsoError> {
        let DiagnosisItem {
            icd10: code,
            text,
            rank,
            agreement,
        } = item;
        Ok(Self {
            icd10: icd10(code)?,
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
            priority,
        } = item;
        Ok(Self {
            kind,
            text: required("recommendations", &text)?,
            timeframe: optional("timeframe", timeframe)?,
            priority,
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
            code,
            unit,
            caution,
            allergy_acknowledged,
        } = item;
        Ok(Self {
            name: required("name", &name)?,
            dose: required("dose", &dose)?,
            route: required("route", &route)?,
            frequency: required("frequency", &frequency)?,
            duration: optional("duration", duration)?,
            code: optional("code", code)?,
            unit: optional("unit", unit)?,
            caution: optional("caution", caution)?,
            allergy_acknowledged,
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
