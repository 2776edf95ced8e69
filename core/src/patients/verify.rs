//! `VerifyPatient`: somebody attests who the patient is (D-10). Needed before a case can be submitted.
//!
//! Asks for at least one identifier with issuer, or an explicit reason why there is none.

use serde::{Deserialize, Serialize};

use super::patient::{PatientEvent, Verification, VerificationMethod};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;

/// Attests a patient's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyPatient {
    /// Whose.
    pub patient_id: PatientId,
    /// How it was checked.
    pub method: VerificationMethod,
}

impl VerifyPatient {
    pub(crate) const NEEDS: &'static [Need] = &[Need::Patient];

    pub(crate) fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if let Some(patient) = facts.patient.existing()? {
            if ctx
                .actor
                .institution()
                .is_some_and(|own| own != patient.institution_id)
            {
                return Err(Refusal::NotFound);
            }
            if !patient.active {
                return Err(Refusal::PatientInactive);
            }
            if patient.identifiers.is_empty() && patient.no_identifier_reason.is_none() {
                return Err(Refusal::IdentifierMissing);
            }
            if matches!(patient.verification, Verification::Verified { .. }) {
                return Ok(Decision::noop());
            }
        }
        let verified = Verification::Verified {
            by: ctx.actor.user,
            at: ctx.now,
            method: self.method,
        };
        Ok(Decision::of(Event::Patient(
            self.patient_id,
            PatientEvent::Verified(verified),
        )))
    }
}
