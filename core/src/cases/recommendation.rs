//! The recommendation: the expert's structured answer, and what makes one complete.
//!
//! Not here: when it may be submitted (`submit_recommendation.rs`); drafts, which live on the author's phone.

use serde::{Deserialize, Serialize};

use crate::crypto::Sha256Hash;
use crate::ids::{CaseId, DocumentId, ProviderId, RecommendationId};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::Timestamp;

/// A comment on one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which document.
    pub document_id: DocumentId,
    /// What is seen in it.
    pub comment: Text<1, 8_000>,
}

/// How a diagnosis relates to the referring one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The same.
    Confirmed,
    /// Made more precise.
    Refined,
    /// Another one.
    Changed,
    /// Cannot be told.
    Undetermined,
}

/// The rank of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisRank {
    /// The main one: exactly one.
    Primary,
    /// A further one.
    Secondary,
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

/// An ICD-10 code of WHO or CM shape, with dot: `U07.1`, `QA0.01`. Shape only; membership is the catalogue's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Icd10Code(String);

impl Icd10Code {
    /// Checks the shape `^[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?$`, which takes in both editions: WHO has U07.1,
    /// and the April 2026 CM list has letters in second place.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let (head, tail) = code
            .split_once('.')
            .map_or((code, None), |(head, tail)| (head, Some(tail)));
        let letter_or_digit = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let head_ok =
            head.len() == 3 && head.starts_with(|c: char| c.is_ascii_uppercase()) && letter_or_digit(head);
        let tail_ok = tail.is_none_or(|tail| (1..=4).contains(&tail.len()) && letter_or_digit(tail));
        (head_ok && tail_ok).then(|| Self(code.to_owned()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Icd10Code {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code).ok_or("not an ICD-10 code")
    }
}

impl From<Icd10Code> for String {
    fn from(code: Icd10Code) -> Self {
        code.0
    }
}

/// What kind of step is advised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    /// A further test.
    Investigation,
    /// A treatment.
    Treatment,
    /// To another specialist.
    Referral,
    /// See again.
    FollowUp,
    /// Habits.
    Lifestyle,
    /// An operation.
    Surgery,
    /// Go on as before.
    NoChange,
}

/// One advised step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What kind.
    pub kind: AdviceKind,
    /// What to do.
    pub text: Text<1, 4_000>,
    /// Within what time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeframe: Option<Text<1, 200>>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icd10_codes_of_both_editions_are_taken() {
        for code in ["A00", "U07.1", "C50.911", "QA0.0101", "Z99"] {
            assert!(Icd10Code::new(code).is_some(), "{code}");
        }
        for code in [
            "",
            "A0",
            "a00",
            "A00.",
            "A00.12345",
            "A00-A09",
            "1A0",
            "A00.1 ",
            "Ä00",
        ] {
            assert!(Icd10Code::new(code).is_none(), "{code}");
        }
    }
}
