//! The recommendation: the expert's structured answer, and the rules for its completeness.
//!
//! When it may be submitted is in `submit_recommendation.rs`. Drafts exist only on the author's phone.

use serde::{Deserialize, Serialize};

use super::case::Case;
use crate::crypto::Sha256Hash;
use crate::documents::Document;
use crate::facts::Facts;
use crate::ids::{CaseId, DocumentId, ProviderId, RecommendationId, UserId};
use crate::refusal::Refusal;
use crate::text::{Code, Line, Reason, Text};
use crate::time::Timestamp;

pub use crate::catalogue::icd10::Icd10Code;

/// A finding in one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub document_id: DocumentId,
    pub comment: Text<1, 8_000>,
}

named! {
    /// How a diagnosis relates to the referring diagnosis.
    pub enum Agreement {
        /// The same diagnosis.
        Confirmed = "confirmed",
        /// A more precise diagnosis.
        Refined = "refined",
        /// A different diagnosis.
        Changed = "changed",
        Undetermined = "undetermined",
    }
}

named! {
    pub enum DiagnosisRank {
        /// The main diagnosis; a recommendation has exactly one.
        Primary = "primary",
        Secondary = "secondary",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// ICD-10 code with dot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icd10: Option<Icd10Code>,
    pub text: Text<1, 1_000>,
    pub rank: DiagnosisRank,
    /// Compared with the referring diagnosis.
    pub agreement: Agreement,
}

named! {
    /// The kind of a recommended step.
    pub enum AdviceKind {
        Investigation = "investigation",
        Treatment = "treatment",
        Referral = "referral",
        FollowUp = "follow_up",
        Lifestyle = "lifestyle",
        Surgery = "surgery",
        /// Continue the current treatment.
        NoChange = "no_change",
    }
}

/// One recommended step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    pub kind: AdviceKind,
    pub text: Text<1, 4_000>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<AdvicePriority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeframe: Option<Line<1, 200>>,
}

named! {
    /// Priority of a recommended step, FHIR `RequestPriority`.
    pub enum AdvicePriority {
        Routine = "routine",
        Urgent = "urgent",
        Stat = "stat",
    }
}

/// One recommended medication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisedMedication {
    pub name: Line<1, 200>,
    /// With unit.
    pub dose: Line<1, 100>,
    pub route: Line<1, 100>,
    pub frequency: Line<1, 100>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Line<1, 100>>,
    /// Formulary code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code<1, 40>>,
    /// Unit of the dose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Line<1, 40>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<Text<1, 1_000>>,
    /// Whether the expert confirms knowing that the patient is allergic to it.
    #[serde(default)]
    pub allergy_acknowledged: bool,
}

/// A document that was on the expert's device, identified by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReviewedDocument {
    /// Which document.
    pub document_id: DocumentId,
    /// Hash of the content on the device.
    pub sha256: Sha256Hash,
}

/// The content of a recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecommendationContent {
    pub brief_history: Text<20, 10_000>,
    #[serde(default)]
    pub findings: Vec<Finding>,
    pub assessment: Text<20, 20_000>,
    /// 1 to 10, exactly one primary.
    pub diagnosis: Vec<Diagnosis>,
    /// 1 to 30.
    pub recommendations: Vec<Advice>,
    /// 0 to 30.
    #[serde(default)]
    pub medications: Vec<AdvisedMedication>,
    pub answer_to_question: Text<1, 10_000>,
    /// What the recommendation does not cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limitations: Option<Text<1, 8_000>>,
    /// "Contact now": the requester must be notified immediately.
    #[serde(default)]
    pub urgency_flag: bool,
    /// Literature references.
    #[serde(default)]
    pub references: Vec<Text<1, 1_000>>,
    /// Documents that were on the device at submit.
    #[serde(default)]
    pub reviewed_documents: Vec<ReviewedDocument>,
    /// The expert's declaration of independence and valid licence. Must be true.
    pub declaration: bool,
}

impl RecommendationContent {
    /// Checks that all sections are complete (`domain.md` 3.5).
    ///
    /// # Errors
    ///
    /// [`Refusal::RecommendationInvalid`] names the first invalid field.
    pub fn check(&self) -> Result<(), Refusal> {
        let invalid = |field| Err(Refusal::RecommendationInvalid { field });
        let primaries = self
            .diagnosis
            .iter()
            .filter(|d| d.rank == DiagnosisRank::Primary)
            .count();
        if !(1..=10).contains(&self.diagnosis.len()) || primaries != 1 {
            return invalid("diagnosis");
        }
        if !(1..=30).contains(&self.recommendations.len()) {
            return invalid("recommendations");
        }
        if self.medications.len() > 30 {
            return invalid("medications");
        }
        if !self.declaration {
            return invalid("declaration");
        }
        Ok(())
    }

    /// Checks the content against the case: sections, documents of the case, allergies.
    pub(super) fn check_against(&self, case: Option<&Case>, facts: &Facts) -> Result<(), Refusal> {
        self.check()?;
        let invalid = |field| Err(Refusal::RecommendationInvalid { field });
        if let Some(documents) = facts.documents.known() {
            let on_file = |reviewed: &ReviewedDocument| {
                let same = |d: &&Document| d.id == reviewed.document_id && d.file.sha256 == reviewed.sha256;
                documents.iter().find(same).is_some_and(Document::is_readable)
            };
            if !self.reviewed_documents.iter().all(on_file) {
                return invalid("reviewed_documents");
            }
            let known = |finding: &Finding| documents.iter().any(|d| d.id == finding.document_id);
            if !self.findings.iter().all(known) {
                return invalid("findings");
            }
        }
        let allergies = case.map_or(&[][..], |case| &case.request.history.allergies);
        let hit = |medication: &AdvisedMedication| {
            allergies
                .iter()
                .any(|allergy| same_substance(&medication.name, &allergy.substance))
        };
        if self
            .medications
            .iter()
            .any(|medication| hit(medication) && !medication.allergy_acknowledged)
        {
            return Err(Refusal::AllergyUnacknowledged);
        }
        Ok(())
    }
}

/// Whether the names share a word of four or more letters, ignoring case. A false positive is preferred to a
/// missed allergy.
fn same_substance(medication: &Line<1, 200>, substance: &Line<1, 200>) -> bool {
    let words = |text: &Line<1, 200>| -> Vec<String> {
        text.as_str()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= 4)
            .map(str::to_lowercase)
            .collect()
    };
    let (medication, substance) = (words(medication), words(substance));
    medication.iter().any(|word| substance.contains(word))
}

/// One frozen version of a recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Generated by the author's device.
    pub id: RecommendationId,
    pub case_id: CaseId,
    /// Starts at 1.
    pub version: u32,
    pub author: ProviderId,
    /// When the server received it.
    pub signed_at: Timestamp,
    pub content: RecommendationContent,
    /// Set when an admin marked the version as entered in error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_in_error: Option<EnteredInError>,
}

/// Records that a version was entered in error, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnteredInError {
    /// Hidden from readers who may not see an admin's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    pub at: Timestamp,
    pub reason: Reason,
}

impl Recommendation {
    /// Computes the hash that freezes the content: SHA-256 over its JSON with sorted keys and no spaces.
    #[must_use]
    pub fn content_hash(&self) -> Sha256Hash {
        // `serde_json::Map` is sorted by key, so its text is canonical.
        let canonical = serde_json::to_value(&self.content)
            .map(|value| value.to_string())
            .unwrap_or_default();
        Sha256Hash::of(canonical.as_bytes())
    }
}
