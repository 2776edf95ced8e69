//! `RevokeVerification`: an admin revokes the verification of a patient's identity, with a reason. Open cases
//! continue; new ones require the patient to be verified again.

use serde::{Deserialize, Serialize};

use super::patient::Verification;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::PatientId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeVerification {
    pub patient_id: PatientId,
    pub reason: Reason,
}

impl Operation for RevokeVerification {
    const SPEC: Spec = Spec::online("revoke_verification", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(patient) = facts.patient.existing()? else {
            return Ok(Decision::noop());
        };
        patient.must_not_be_merged()?;
        match patient.verification {
            Verification::Verified { .. } => {}
            Verification::Revoked { .. } => return Ok(Decision::noop()),
            Verification::Unverified => return Err(Refusal::PatientUnverified),
        }
        let mut patient = patient.clone();
        patient.verification = Verification::Revoked {
            by: ctx.actor.user,
            at: ctx.now,
            reason: self.reason.clone(),
        };
        patient.version += 1;
        Ok(Decision::of(Event::Patient(Box::new(patient))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::patients::Patient;
    use crate::testing::{Fixture, patient_after, text};

    fn revoke(patient: Patient, ctx: &Context) -> Result<Decision, Refusal> {
        let command = RevokeVerification {
            patient_id: patient.id,
            reason: text("The passport was another one's."),
        };
        let facts = Facts {
            patient: Fact::Known(Some(patient)),
            ..Facts::default()
        };
        command.decide(&facts, ctx)
    }

    #[test]
    fn an_attestation_is_taken_back_once_and_only_where_there_is_one() {
        let world = Fixture::new();
        let after = patient_after(&revoke(world.patient(), &world.as_admin()).unwrap());
        let expected = Verification::Revoked {
            by: world.admin,
            at: world.now,
            reason: text("The passport was another one's."),
        };
        assert_eq!(after.verification, expected);
        assert_eq!(after.version, world.patient().version + 1);
        assert!(
            after.active,
            "it is about who the patient is, not about the record"
        );

        assert_eq!(revoke(after, &world.as_admin()), Ok(Decision::noop()));
        let unverified = Patient {
            verification: Verification::Unverified,
            ..world.patient()
        };
        assert_eq!(
            revoke(unverified, &world.as_admin()),
            Err(Refusal::PatientUnverified)
        );
        let merged = Patient {
            duplicate_of: Some(world.patient),
            ..world.patient()
        };
        assert_eq!(revoke(merged, &world.as_admin()), Err(Refusal::PatientMerged));
    }
}
