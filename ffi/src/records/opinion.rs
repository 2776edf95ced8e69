//! Opinions, as entered and as shown.

use std::time::SystemTime;

use mso_core::cases::{AdviceKind, Agreement, DiagnosisRank, FeedbackOutcome, ManagementChange};
use mso_core::ids::{ProviderId, RecommendationId};

use crate::text::EnteredText;

/// A diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DiagnosisItem {
    /// ICD-10 with dot.
    pub icd10: Option<EnteredText>,
    pub text: EnteredText,
    /// Exactly one is primary.
    pub rank: DiagnosisRank,
    /// Against the referring diagnosis.
    pub agreement: Agreement,
}

/// One advised step.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AdviceItem {
    pub kind: AdviceKind,
    pub text: EnteredText,
    /// Within what time.
    pub timeframe: Option<EnteredText>,
}

/// One advised medicine.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MedicationItem {
    pub name: EnteredText,
    /// How much, with unit.
    pub dose: EnteredText,
    /// By which way.
    pub route: EnteredText,
    pub frequency: EnteredText,
    pub duration: Option<EnteredText>,
}

/// An opinion as written. The documents on this phone are listed as reviewed by the core itself.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Opinion {
    /// 20 to 10,000 characters.
    pub brief_history: EnteredText,
    /// 20 to 20,000 characters.
    pub assessment: EnteredText,
    /// 1 to 10, exactly one primary.
    pub diagnosis: Vec<DiagnosisItem>,
    /// 1 to 30.
    pub recommendations: Vec<AdviceItem>,
    /// 0 to 30.
    pub medications: Vec<MedicationItem>,
    /// The direct answer.
    pub answer_to_question: EnteredText,
    /// What the opinion cannot say.
    pub limitations: Option<EnteredText>,
    /// "Contact now".
    pub urgency_flag: bool,
    /// Independence and licence, stated by the expert. Must be true.
    pub declaration: bool,
}

/// An opinion as given.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecommendationView {
    pub recommendation_id: RecommendationId,
    /// From 1.
    pub version: u32,
    /// The author's profile.
    pub author: ProviderId,
    /// When the server took it.
    pub signed_at: SystemTime,
    pub opinion: Opinion,
    /// Comments on single documents.
    pub findings: Vec<String>,
    /// Literature.
    pub references: Vec<String>,
    /// How many documents the expert had on the phone.
    pub reviewed_documents: u32,
}

/// An institution's assessment of one version of an opinion.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Feedback {
    /// 1 (worst) to 5 (best).
    pub rating: u8,
    /// 1 (worst) to 5 (best).
    pub usefulness: Option<u8>,
    pub outcome: FeedbackOutcome,
    pub changed_management: Option<ManagementChange>,
    /// At most 4,000 characters.
    pub comment: Option<EnteredText>,
    pub shared_with_provider: bool,
}
