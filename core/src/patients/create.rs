//! `CreatePatient`: a requester adds a patient of the own institution.
//!
//! Works offline; the id is the device's. The same identifier twice in one institution is refused with the
//! existing patient's id (D-11).

use serde::{Deserialize, Serialize};

use super::patient::{Identifier, Patient, PatientName, Sex, Verification};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::PartialDate;

/// Adds a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePatient {
    /// The new patient.
    pub patient_id: PatientId,
    /// 0 to 8.
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_identifier_reason: Option<Text<1, 500>>,
    /// Name.
    pub name: PatientName,
    /// Birth date.
    pub birth_date: PartialDate,
    /// Administrative sex.
    pub sex: Sex,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<Text<2, 35>>,
}

impl CreatePatient {
    pub(crate) const NEEDS: &'static [Need] = &[Need::Patient, Need::SameIdentifier];

    pub(crate) fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(institution_id) = ctx.actor.institution() else {
            return Err(Refusal::Forbidden);
        };
        if facts.patient.known().is_some_and(Option::is_some) {
            return Err(Refusal::PatientExists {
                existing: Some(self.patient_id),
            });
        }
        if let Some(Some(existing)) = facts.same_identifier.known() {
            return Err(Refusal::PatientExists {
                existing: Some(*existing),
            });
        }
        let repeated = |(index, one)| self.identifiers.iter().skip(index + 1).any(|other| other == one);
        if self.identifiers.len() > 8 || self.identifiers.iter().enumerate().any(repeated) {
            return Err(Refusal::BadRequest);
        }
        let born = self.birth_date.earliest();
        let today = ctx.now.date();
        let (year, month, day) = today.parts();
        let oldest = crate::time::Date::new(year - 130, month, day.min(28)).unwrap_or(born);
        if born > today || born < oldest {
            return Err(Refusal::BirthDateInvalid);
        }
        Ok(Decision::of(Event::PatientCreated(Box::new(Patient {
            id: self.patient_id,
            institution_id,
            identifiers: self.identifiers.clone(),
            no_identifier_reason: self.no_identifier_reason.clone(),
            name: self.name.clone(),
            birth_date: self.birth_date,
            sex: self.sex,
            preferred_language: self.preferred_language.clone(),
            verification: Verification::Unverified,
            active: true,
            version: 1,
        }))))
    }
}
