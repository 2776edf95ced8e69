//! Opinions, as entered and as shown.

use std::time::SystemTime;

use mso_core::cases::{
    AdviceKind, AdvicePriority, Agreement, DiagnosisRank, FeedbackOutcome, ManagementChange,
};
use mso_core::ids::{DocumentId, ProviderId, RecommendationId};
use serde::{Deserialize, Serialize};

use crate::text::EnteredText;

/// A diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct AdviceItem {
    pub kind: AdviceKind,
    pub text: EnteredText,
    /// Within what time.
    pub timeframe: Option<EnteredText>,
    #[uniffi(default = None)]
    pub priority: Option<AdvicePriority>,
}

/// One advised medicine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct MedicationItem {
    pub name: EnteredText,
    /// How much, with unit.
    pub dose: EnteredText,
    /// By which way.
    pub route: EnteredText,
    pub frequency: EnteredText,
    pub duration: Option<EnteredText>,
    /// Code of a formulary.
    #[uniffi(default = None)]
    pub code: Option<EnteredText>,
    /// Unit of the dose.
    #[uniffi(default = None)]
    pub unit: Option<EnteredText>,
    #[uniffi(default = None)]
    pub caution: Option<EnteredText>,
    /// The expert knows that the patient is allergic to it. Without this such a medicine is refused
    /// (`allergy_unacknowledged`).
    #[serde(default)]
    #[uniffi(default = false)]
    pub allergy_acknowledged: bool,
}

/// A comment on one document of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct FindingItem {
    pub document_id: DocumentId,
    pub comment: EnteredText,
}

/// An opinion as written. The documents on this phone are listed as reviewed by the core itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct Opinion {
    /// 20 to 10,000 characters.
    pub brief_history: EnteredText,
    /// 20 to 20,000 characters.
    pub assessment: EnteredText,
    /// 1 to 10, exactly one primary.
    #[serde(default)]
    pub diagnosis: Vec<DiagnosisItem>,
    /// 1 to 30.
    #[serde(default)]
    pub recommendations: Vec<AdviceItem>,
    /// 0 to 30.
    #[serde(default)]
    pub medications: Vec<MedicationItem>,
    /// The direct answer.
    pub answer_to_question: EnteredText,
    /// What the opinion cannot say.
    pub limitations: Option<EnteredText>,
    /// "Contact now".
    #[serde(default)]
    pub urgency_flag: bool,
    /// Independence and licence, stated by the expert. Must be true.
    #[serde(default)]
    pub declaration: bool,
    /// Comments on single documents.
    #[serde(default)]
    #[uniffi(default = [])]
    pub findings: Vec<FindingItem>,
    /// Literature.
    #[serde(default)]
    #[uniffi(default = [])]
    pub references: Vec<EnteredText>,
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
    /// How many documents the expert had on the phone.
    pub reviewed_documents: u32,
    /// This version does not hold: an admin marked it as entered in error.
    #[uniffi(default = None)]
    pub entered_in_error: Option<EnteredInError>,
}

/// Why and since when a version of an opinion does not hold.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EnteredInError {
    pub at: SystemTime,
    pub reason: String,
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
