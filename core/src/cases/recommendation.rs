//! The recommendation: the expert's structured answer, and what makes one complete.
//!
//! Not here: when it may be submitted (`submit_recommendation.rs`); drafts, which live on the author's phone.

use serde::{Deserialize, Serialize};

use super::case::Case;
use crate::crypto::Sha256Hash;
use crate::documents::Document;
use crate::facts::Facts;
use crate::ids::{CaseId, DocumentId, ProviderId, RecommendationId, UserId};
use crate::refusal::Refusal;
use crate::text::{Reason, Text};
use crate::time::Timestamp;

pub use crate::catalogue::icd10::Icd10Code;

/// A comment on one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which document.
    pub document_id: DocumentId,
    /// What is seen in it.
    pub comment: Text<1, 8_000>,
}

named! {
    /// How a diagnosis relates to the referring one.
    pub enum Agreement {
        /// The same.
        Confirmed = "confirmed",
        /// Made more precise.
        Refined = "refined",
        /// Another one.
        Changed = "changed",
        /// Cannot be told.
        Undetermined = "undetermined",
    }
}

named! {
    /// The rank of a diagnosis.
    pub enum DiagnosisRank {
        /// The main one: exactly one.
        Primary = "primary",
        /// A further one.
        Secondary = "secondary",
    }
}

/// A diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// ICD-10 with dot, where one is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icd10: Option<Icd10Code>,
    /// In words.
    pub text: Text<1, 1_000>,
    /// Main or further.
    pub rank: DiagnosisRank,
    /// Against the referring diagnosis.
    pub agreement: Agreement,
}

named! {
    /// What kind of step is advised.
    pub enum AdviceKind {
        /// A further test.
        Investigation = "investigation",
        /// A treatment.
        Treatment = "treatment",
        /// To another specialist.
        Referral = "referral",
        /// See again.
        FollowUp = "follow_up",
        /// Habits.
        Lifestyle = "lifestyle",
        /// An operation.
        Surgery = "surgery",
        /// Go on as before.
        NoChange = "no_change",
    }
}

/// One advised step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What kind.
    pub kind: AdviceKind,
    /// What to do.
    pub text: Text<1, 4_000>,
    /// How pressing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<AdvicePriority>,
    /// Within what time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeframe: Option<Text<1, 200>>,
}

named! {
    /// How pressing an advice is, FHIR `RequestPriority`.
    pub enum AdvicePriority {
        /// In its time.
        Routine = "routine",
        /// Soon.
        Urgent = "urgent",
        /// At once.
        Stat = "stat",
    }
}

/// One advised medicine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisedMedication {
    /// What.
    pub name: Text<1, 200>,
    /// How much, with unit.
    pub dose: Text<1, 100>,
    /// By which way.
    pub route: Text<1, 100>,
    /// How often.
    pub frequency: Text<1, 100>,
    /// How long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Text<1, 100>>,
    /// A code of the formulary, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Text<1, 40>>,
    /// Of the dose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text<1, 40>>,
    /// What to watch for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<Text<1, 1_000>>,
    /// The expert knows that the patient is allergic to it.
    #[serde(default)]
    pub allergy_acknowledged: bool,
}

/// A document that the expert had on the device, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReviewedDocument {
    /// Which document.
    pub document_id: DocumentId,
    /// Its content's hash, as found on the device.
    pub sha256: Sha256Hash,
}

/// The opinion's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecommendationContent {
    /// The case in short.
    pub brief_history: Text<20, 10_000>,
    /// Comments on documents.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The expert's judgement.
    pub assessment: Text<20, 20_000>,
    /// 1 to 10, exactly one primary.
    pub diagnosis: Vec<Diagnosis>,
    /// 1 to 30.
    pub recommendations: Vec<Advice>,
    /// 0 to 30.
    #[serde(default)]
    pub medications: Vec<AdvisedMedication>,
    /// The direct answer to the clinical question.
    pub answer_to_question: Text<1, 10_000>,
    /// What the opinion cannot say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limitations: Option<Text<1, 8_000>>,
    /// "Contact now": tell the requester at once.
    #[serde(default)]
    pub urgency_flag: bool,
    /// Literature.
    #[serde(default)]
    pub references: Vec<Text<1, 1_000>>,
    /// What was on the device at submit.
    #[serde(default)]
    pub reviewed_documents: Vec<ReviewedDocument>,
    /// Independence and licence, stated by the expert. Must be true.
    pub declaration: bool,
}

impl RecommendationContent {
    /// Whether all sections hold what they must (`domain.md` 3.5); names the first that does not.
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

    /// Whether it holds what an opinion on this case must: sections, documents of the case, allergies.
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

/// Whether the names share a word of four letters or more, whatever the case: better to ask once too often.
fn same_substance(medication: &Text<1, 200>, substance: &Text<1, 200>) -> bool {
    let words = |text: &Text<1, 200>| -> Vec<String> {
        text.as_str()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= 4)
            .map(str::to_lowercase)
            .collect()
    };
    let (medication, substance) = (words(medication), words(substance));
    medication.iter().any(|word| substance.contains(word))
}

/// One version of an opinion, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Made by the author's device.
    pub id: RecommendationId,
    /// Of which case.
    pub case_id: CaseId,
    /// From 1.
    pub version: u32,
    /// The author.
    pub author: ProviderId,
    /// When the server took it.
    pub signed_at: Timestamp,
    /// What it says.
    pub content: RecommendationContent,
    /// An admin marked it as wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_in_error: Option<EnteredInError>,
}

/// That a version is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnteredInError {
    /// By which admin; hidden from who may not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

impl Recommendation {
    /// The hash that freezes the content: SHA-256 over its JSON with sorted keys and no spaces.
    #[must_use]
    pub fn content_hash(&self) -> Sha256Hash {
        // serde_json's own map is sorted by key, so the value's text is canonical.
        let canonical = serde_json::to_value(&self.content)
            .map(|value| value.to_string())
            .unwrap_or_default();
        Sha256Hash::of(canonical.as_bytes())
    }
}
