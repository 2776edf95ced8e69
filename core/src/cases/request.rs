//! What a requester asks: the clinical content of a case, checked field by field as it is read.
//!
//! Not here: who may ask and when (`submit.rs`).

use serde::{Deserialize, Serialize};

use crate::catalogue::SpecialtyCode;
use crate::text::Text;
use crate::time::Timestamp;

/// How soon an answer is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum Urgency {
    /// In the usual time.
    Routine,
    /// Sooner, and why.
    Urgent {
        /// At least ten characters.
        reason: Text<10, 2000>,
    },
}

impl Urgency {
    /// The level alone, for price list and deadlines.
    #[must_use]
    pub const fn level(&self) -> UrgencyLevel {
        match self {
            Self::Routine => UrgencyLevel::Routine,
            Self::Urgent { .. } => UrgencyLevel::Urgent,
        }
    }
}

/// The level of urgency without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgencyLevel {
    /// In the usual time.
    Routine,
    /// Sooner.
    Urgent,
}

impl UrgencyLevel {
    /// The name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::Urgent => "urgent",
        }
    }
}

/// What kind of opinion is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceType {
    /// One expert's opinion.
    OneSpecialist,
}

impl ServiceType {
    /// The name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneSpecialist => "one_specialist",
        }
    }
}

/// A substance the patient reacts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allergy {
    /// What.
    pub substance: Text<1, 200>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Text<1, 500>>,
}

/// A medicine the patient takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentMedication {
    /// What.
    pub name: Text<1, 200>,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dose: Option<Text<1, 100>>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Text<1, 100>>,
}

/// What is known of the patient's past and present.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// The present illness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present_illness: Option<Text<1, 20_000>>,
    /// Earlier illnesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_medical: Option<Text<1, 8_000>>,
    /// Operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surgical: Option<Text<1, 8_000>>,
    /// Illnesses in the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Text<1, 8_000>>,
    /// Current medicines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub medications: Vec<CurrentMedication>,
    /// Known allergies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allergies: Vec<Allergy>,
    /// Asserted: none known.
    #[serde(default)]
    pub no_known_allergies: bool,
}

impl History {
    /// Whether there is at least a paragraph to read.
    #[must_use]
    pub fn has_narrative(&self) -> bool {
        self.present_illness.is_some() || self.past_medical.is_some() || self.surgical.is_some()
    }
}

/// The opinion that this one is second to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousOpinion {
    /// Who gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Text<1, 200>>,
    /// What it said.
    pub summary: Text<1, 8_000>,
}

/// How consent was given (D-34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// On paper or screen.
    Written,
    /// Said, and attested by staff.
    Verbal,
    /// Not needed by law.
    LegalBasis,
}

/// Who obtained consent, how and when. Covers this case only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentBasis {
    /// How.
    pub kind: ConsentKind,
    /// Name of who obtained it.
    pub obtained_by: Text<1, 200>,
    /// When; not in the future.
    pub obtained_at: Timestamp,
}

/// The clinical content of a case, fixed at submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRequest {
    /// One specialist, in this version.
    pub service_type: ServiceType,
    /// From the catalogue.
    pub specialty: SpecialtyCode,
    /// How soon.
    pub urgency: Urgency,
    /// What the expert shall answer.
    pub clinical_question: Text<20, 4_000>,
    /// What is known.
    #[serde(default)]
    pub history: History,
    /// Treatment up to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment_so_far: Option<Text<1, 8_000>>,
    /// The first opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_opinion: Option<PreviousOpinion>,
    /// Consent.
    pub consent_basis: ConsentBasis,
}
