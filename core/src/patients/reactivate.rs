//! `ReactivatePatient`: a record can be used for new cases again. By any user of the institution, or an
//! admin. Works offline. A merged record cannot be reactivated.

use super::Likeness;
use serde::{Deserialize, Serialize};

use super::likeness;
use super::patient::Patient;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactivatePatient {
    pub patient_id: PatientId,
}

impl Operation for ReactivatePatient {
    const SPEC: Spec = Spec::offline("reactivate_patient", &[Role::Requester, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::SimilarPatients(Likeness::default())]
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(patient) = facts.patient.existing()? else {
            return Ok(Decision::noop());
        };
        patient.must_be_in_scope(&ctx.actor)?;
        patient.must_not_be_merged()?;
        if patient.active {
            return Ok(Decision::noop());
        }
        let after = Patient {
            active: true,
            inactive: None,
            version: patient.version + 1,
            ..patient.clone()
        };
        let similar = facts.similar_patients.known().map_or(&[][..], Vec::as_slice);
        Ok(likeness::store_and_flag(after, similar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::patients::Inactive;
    use crate::testing::{Fixture, patient_after};

    fn reactivate(patient: &Patient, around: Vec<Patient>, ctx: &Context) -> Result<Decision, Refusal> {
        let facts = Facts {
            patient: Fact::Known(Some(patient.clone())),
            similar_patients: Fact::Known(around),
            ..Facts::default()
        };
        let patient_id = patient.id;
        ReactivatePatient { patient_id }.decide(&facts, ctx)
    }

    fn mistaken(world: &Fixture) -> Patient {
        Patient {
            active: false,
            inactive: Some(Inactive::Error),
            ..world.patient()
        }
    }

    #[test]
    fn a_record_comes_back_and_is_looked_at_again() {
        let world = Fixture::new();
        let other = Patient {
            id: PatientId::generate(world.now),
            ..world.patient()
        };
        for ctx in [world.as_requester(), world.as_admin()] {
            let decision = reactivate(&mistaken(&world), vec![other.clone()], &ctx).unwrap();
            let after = patient_after(&decision);
            assert_eq!((after.active, after.inactive), (true, None));
            assert_eq!(after.possible_duplicates, [other.id]);
            assert_eq!(decision.events.len(), 2);
            assert_eq!(reactivate(&after, Vec::new(), &ctx), Ok(Decision::noop()));
        }
    }

    #[test]
    fn merged_and_foreign_records_are_left_alone() {
        let world = Fixture::new();
        let merged = Patient {
            duplicate_of: Some(PatientId::generate(world.now)),
            ..mistaken(&world)
        };
        let refused = reactivate(&merged, Vec::new(), &world.as_admin());
        assert_eq!(refused, Err(Refusal::PatientMerged));
        let foreign = Patient {
            institution_id: crate::ids::InstitutionId::generate(world.now),
            ..mistaken(&world)
        };
        let refused = reactivate(&foreign, Vec::new(), &world.as_requester());
        assert_eq!(refused, Err(Refusal::NotFound));
    }
}
