//! The request: the clinical content of a case. Each field is validated on deserialization.
//!
//! Who may submit and when is in `submit.rs`.

use serde::{Deserialize, Serialize};

use super::recommendation::{DiagnosisRank, Icd10Code};
use crate::catalogue::{Specialty, SpecialtyCode};
use crate::facts::{Context, Facts};
use crate::ids::{CaseId, DocumentId};
use crate::refusal::Refusal;
use crate::text::{Line, Text};
use crate::time::{PartialDate, Timestamp};

/// Requested urgency, with a reason if urgent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum Urgency {
    Routine,
    Urgent {
        /// At least ten characters.
        reason: Text<10, 2000>,
    },
}

impl Urgency {
    /// Returns the level alone, which determines price and deadlines.
    #[must_use]
    pub const fn level(&self) -> UrgencyLevel {
        match self {
            Self::Routine => UrgencyLevel::Routine,
            Self::Urgent { .. } => UrgencyLevel::Urgent,
        }
    }
}

named! {
    pub enum UrgencyLevel {
        Routine = "routine",
        Urgent = "urgent",
    }
}

named! {
    /// The kind of second opinion requested.
    pub enum ServiceType {
        /// The opinion of one expert.
        OneSpecialist = "one_specialist",
    }
}

/// A substance to which the patient is allergic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allergy {
    pub substance: Line<1, 200>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Text<1, 500>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<AllergySeverity>,
}

named! {
    /// FHIR `AllergyIntoleranceSeverity`.
    pub enum AllergySeverity {
        Mild = "mild",
        Moderate = "moderate",
        Severe = "severe",
    }
}

/// A medication that the patient takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentMedication {
    pub name: Line<1, 200>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dose: Option<Line<1, 100>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Line<1, 100>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Line<1, 100>>,
    /// As precise as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<PartialDate>,
}

named! {
    /// Pregnancy status, where applicable.
    pub enum PregnancyStatus {
        Pregnant = "pregnant",
        NotPregnant = "not_pregnant",
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
    /// Certainty of a diagnosis according to the referring side.
    pub enum DiagnosisCertainty {
        Confirmed = "confirmed",
        Provisional = "provisional",
        /// One of several possible diagnoses.
        Differential = "differential",
    }
}

/// A diagnosis at the time of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentDiagnosis {
    /// ICD-10 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icd10: Option<Icd10Code>,
    pub text: Text<1, 1_000>,
    pub rank: DiagnosisRank,
    pub certainty: DiagnosisCertainty,
}

/// The patient's medical history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present_illness: Option<Text<1, 20_000>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_medical: Option<Text<1, 8_000>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surgical: Option<Text<1, 8_000>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Text<1, 8_000>>,
    /// Occupation, habits, living conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social: Option<Text<1, 8_000>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub medications: Vec<CurrentMedication>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allergies: Vec<Allergy>,
    /// The requester states that the patient has no known allergies.
    #[serde(default)]
    pub no_known_allergies: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vitals: Option<Vitals>,
    /// `None` where pregnancy is not applicable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pregnancy_status: Option<PregnancyStatus>,
}

impl History {
    /// Whether the present illness, past medical or surgical history is given.
    #[must_use]
    pub fn has_narrative(&self) -> bool {
        self.present_illness.is_some() || self.past_medical.is_some() || self.surgical.is_some()
    }
}

/// The first opinion, to which this one is the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousOpinion {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Line<1, 200>>,
    pub summary: Text<1, 8_000>,
    /// As precise as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// Documents of the case that contain it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document_ids: Vec<DocumentId>,
}

named! {
    /// How consent was obtained (D-34).
    pub enum ConsentKind {
        /// On paper or on screen.
        Written = "written",
        /// Given orally and attested by staff.
        Verbal = "verbal",
        /// Consent is not required by law.
        LegalBasis = "legal_basis",
    }
}

/// Who obtained consent, how and when. It covers this case only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentBasis {
    pub kind: ConsentKind,
    /// Name of the person who obtained it.
    pub obtained_by: Line<1, 200>,
    /// Must not be in the future.
    pub obtained_at: Timestamp,
    /// The document that proves consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<DocumentId>,
}

/// The clinical content of a case, fixed at submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRequest {
    /// Only one specialist in this version.
    pub service_type: ServiceType,
    /// From the catalogue.
    pub specialty: SpecialtyCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subspecialty: Option<Line<1, 200>>,
    pub urgency: Urgency,
    /// The question that the expert is asked to answer.
    pub clinical_question: Text<20, 4_000>,
    #[serde(default)]
    pub history: History,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment_so_far: Option<Text<1, 8_000>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_opinion: Option<PreviousOpinion>,
    pub consent_basis: ConsentBasis,
    /// At most ten, of which at most one is primary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub current_diagnosis: Vec<CurrentDiagnosis>,
    /// Differential diagnoses, as free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differential: Option<Text<1, 8_000>>,
    /// The earlier case that this one follows up (D-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows_case: Option<CaseId>,
}

impl CaseRequest {
    /// Checks the rules for every request, new or edited.
    pub(super) fn check(&self, facts: &Facts, ctx: &Context) -> Result<(), Refusal> {
        let unknown = |all: &Vec<Specialty>| !all.iter().any(|one| one.code == self.specialty);
        if facts.specialties.known().is_some_and(unknown) {
            return Err(Refusal::SpecialtyUnknown);
        }
        if self.consent_basis.obtained_at > ctx.latest_now() {
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
