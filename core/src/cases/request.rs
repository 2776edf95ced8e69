//! What a requester asks: the clinical content of a case, checked field by field as it is read.
//!
//! Not here: who may ask and when (`submit.rs`).

use serde::{Deserialize, Serialize};

use super::recommendation::{DiagnosisRank, Icd10Code};
use crate::catalogue::{Specialty, SpecialtyCode};
use crate::facts::{Context, Facts};
use crate::ids::{CaseId, DocumentId};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::{PartialDate, Timestamp};

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

named! {
    /// The level of urgency without its reason.
    pub enum UrgencyLevel {
        /// In the usual time.
        Routine = "routine",
        /// Sooner.
        Urgent = "urgent",
    }
}

named! {
    /// What kind of opinion is asked for.
    pub enum ServiceType {
        /// One expert's opinion.
        OneSpecialist = "one_specialist",
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
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<AllergySeverity>,
}

named! {
    /// How bad an allergy is, FHIR `AllergyIntoleranceSeverity`.
    pub enum AllergySeverity {
        /// `mild`
        Mild = "mild",
        /// `moderate`
        Moderate = "moderate",
        /// `severe`
        Severe = "severe",
    }
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
    /// How it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Text<1, 100>>,
    /// Since when, as exact as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<PartialDate>,
}

named! {
    /// Whether the patient is pregnant, where that can be.
    pub enum PregnancyStatus {
        /// Pregnant.
        Pregnant = "pregnant",
        /// Not pregnant.
        NotPregnant = "not_pregnant",
        /// Not known.
        Unknown = "unknown",
    }
}

/// Vital signs, in the units of FHIR's vital signs profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Vitals {
    /// mmHg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub systolic: Option<u16>,
    /// mmHg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diastolic: Option<u16>,
    /// Beats a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heart_rate: Option<u16>,
    /// Breaths a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respiratory_rate: Option<u16>,
    /// Tenths of a degree Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_tenths: Option<u16>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oxygen_saturation: Option<u8>,
    /// Grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    /// Millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_millimetres: Option<u16>,
}

named! {
    /// How sure the referring side is.
    pub enum DiagnosisCertainty {
        /// Confirmed.
        Confirmed = "confirmed",
        /// Provisional.
        Provisional = "provisional",
        /// One of several.
        Differential = "differential",
    }
}

/// A diagnosis as it stands when the opinion is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentDiagnosis {
    /// ICD-10, where it is coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icd10: Option<Icd10Code>,
    /// In words.
    pub text: Text<1, 1_000>,
    /// Primary or not.
    pub rank: DiagnosisRank,
    /// How sure.
    pub certainty: DiagnosisCertainty,
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
    /// Work, habits, surroundings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social: Option<Text<1, 8_000>>,
    /// Current medicines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub medications: Vec<CurrentMedication>,
    /// Known allergies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allergies: Vec<Allergy>,
    /// Asserted: none known.
    #[serde(default)]
    pub no_known_allergies: bool,
    /// Vital signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vitals: Option<Vitals>,
    /// Where the patient may be pregnant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pregnancy_status: Option<PregnancyStatus>,
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
    /// When it was given, as exact as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// Files of the case that hold it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document_ids: Vec<DocumentId>,
}

named! {
    /// How consent was given (D-34).
    pub enum ConsentKind {
        /// On paper or screen.
        Written = "written",
        /// Said, and attested by staff.
        Verbal = "verbal",
        /// Not needed by law.
        LegalBasis = "legal_basis",
    }
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
    /// The file that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<DocumentId>,
}

/// The clinical content of a case, fixed at submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRequest {
    /// One specialist, in this version.
    pub service_type: ServiceType,
    /// From the catalogue.
    pub specialty: SpecialtyCode,
    /// A narrower field, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subspecialty: Option<Text<1, 200>>,
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
    /// At most ten, at most one of them primary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub current_diagnosis: Vec<CurrentDiagnosis>,
    /// What else it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differential: Option<Text<1, 8_000>>,
    /// The earlier case that this one goes on from (D-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows_case: Option<CaseId>,
}

impl CaseRequest {
    /// What holds for every request, new or edited.
    pub(super) fn check(&self, facts: &Facts, ctx: &Context) -> Result<(), Refusal> {
        let unknown = |all: &Vec<Specialty>| !all.iter().any(|one| one.code == self.specialty);
        if facts.specialties.known().is_some_and(unknown) {
            return Err(Refusal::SpecialtyUnknown);
        }
        if self.consent_basis.obtained_at > ctx.now {
            return Err(Refusal::ConsentInvalid);
        }
        let primary = |diagnosis: &&CurrentDiagnosis| diagnosis.rank == DiagnosisRank::Primary;
        if self.current_diagnosis.len() > 10 || self.current_diagnosis.iter().filter(primary).count() > 1 {
            return Err(Refusal::DiagnosisInvalid);
        }
        let history = &self.history;
        if history.no_known_allergies && !history.allergies.is_empty() {
            return Err(Refusal::AllergiesContradict);
        }
        Ok(())
    }
}
