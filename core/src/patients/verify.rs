//! `VerifyPatient`: a user attests the patient's identity (D-10). Required before a case can be submitted.
//!
//! By any user of the institution, or an admin. Requires at least one identifier with issuer, or an explicit
//! reason for its absence; and no undecided possible duplicates (D-11). May be repeated after an admin
//! revoked it. Works offline.

use serde::{Deserialize, Serialize};

use super::patient::{Verification, VerificationMethod};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::PatientId;
use crate::refusal::Refusal;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyPatient {
    pub patient_id: PatientId,
    pub method: VerificationMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<1, 1000>>,
}

impl Operation for VerifyPatient {
    const SPEC: Spec = Spec::offline("verify_patient", &[Role::Requester, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(patient) = facts.patient.existing()? else {
            return Ok(Decision::noop());
        };
        patient.must_be_in_scope(&ctx.actor)?;
        patient.must_not_be_merged()?;
        if !patient.active {
            return Err(Refusal::PatientInactive);
        }
        if patient.identifiers.is_empty() && patient.no_identifier_reason.is_none() {
            return Err(Refusal::IdentifierMissing);
        }
        if patient.is_verified() {
            return Ok(Decision::noop());
        }
        if !patient.possible_duplicates.is_empty() {
            return Err(Refusal::PossibleDuplicate);
        }
        let mut patient = patient.clone();
        patient.verification = Verification::Verified {
            by: ctx.actor.user,
            at: ctx.now,
            method: self.method,
            note: self.note.clone(),
        };
        patient.version += 1;
        Ok(Decision::of(Event::Patient(Box::new(patient))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::patients::{Inactive, Patient};
    use crate::testing::{Fixture, patient_after, text};

    fn unverified(world: &Fixture) -> Patient {
        Patient {
            verification: Verification::Unverified,
            ..world.patient()
        }
    }

    fn verify(patient: &Patient, ctx: &Context) -> Result<Decision, Refusal> {
        let facts = Facts {
            patient: Fact::Known(Some(patient.clone())),
            ..Facts::default()
        };
        let command = VerifyPatient {
            patient_id: patient.id,
            method: VerificationMethod::Registry,
            note: Some(text("Seen at the desk.")),
        };
        command.decide(&facts, ctx)
    }

    #[test]
    fn whoever_attests_is_named_with_time_method_and_note() {
        let world = Fixture::new();
        let patient = unverified(&world);
        for ctx in [world.as_requester(), world.as_admin()] {
            let after = patient_after(&verify(&patient, &ctx).unwrap());
            let expected = Verification::Verified {
                by: ctx.actor.user,
                at: ctx.now,
                method: VerificationMethod::Registry,
                note: Some(text("Seen at the desk.")),
            };
            assert_eq!(
                (&after.verification, after.version),
                (&expected, patient.version + 1)
            );
        }
    }

    type Change = fn(&mut Patient);

    #[test]
    fn what_stands_in_the_way_is_said() {
        let world = Fixture::new();
        let cases: [(Change, Refusal); 4] = [
            (|patient| patient.identifiers.clear(), Refusal::IdentifierMissing),
            (
                |patient| {
                    patient.active = false;
                    patient.inactive = Some(Inactive::Left);
                },
                Refusal::PatientInactive,
            ),
            (
                |patient| patient.possible_duplicates = vec![patient.id],
                Refusal::PossibleDuplicate,
            ),
            (
                |patient| {
                    patient.active = false;
                    patient.duplicate_of = Some(patient.id);
                },
                Refusal::PatientMerged,
            ),
        ];
        for (change, refusal) in cases {
            let mut patient = unverified(&world);
            change(&mut patient);
            assert_eq!(verify(&patient, &world.as_requester()), Err(refusal));
        }
    }

    #[test]
    fn a_reason_does_for_an_identifier_and_a_verified_patient_needs_neither() {
        let world = Fixture::new();
        let mut patient = unverified(&world);
        patient.identifiers.clear();
        patient.no_identifier_reason = Some(text("Newborn."));
        assert!(verify(&patient, &world.as_requester()).is_ok());
        let verified = verify(&world.patient(), &world.as_requester());
        assert_eq!(verified, Ok(Decision::noop()));
    }

    #[test]
    fn what_was_taken_back_may_be_attested_again() {
        let world = Fixture::new();
        let mut patient = world.patient();
        patient.verification = Verification::Revoked {
            by: world.admin,
            at: world.now,
            reason: text("The passport was another one's."),
        };
        let after = patient_after(&verify(&patient, &world.as_requester()).unwrap());
        assert!(after.is_verified());
    }

    #[test]
    fn a_patient_of_another_institution_does_not_exist() {
        let world = Fixture::new();
        let mut patient = unverified(&world);
        patient.institution_id = crate::ids::InstitutionId::generate(world.now);
        assert_eq!(verify(&patient, &world.as_requester()), Err(Refusal::NotFound));
        assert!(verify(&patient, &world.as_admin()).is_ok());
    }
}
