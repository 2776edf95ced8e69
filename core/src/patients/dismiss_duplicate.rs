//! `DismissDuplicate`: a user decides that two similar records are different people (D-11). By any user of
//! the institution, or an admin. The flag is removed from both records and is not set again. Works offline.

use serde::{Deserialize, Serialize};

use super::likeness;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DismissDuplicate {
    pub patient_id: PatientId,
    pub other_id: PatientId,
}

impl Operation for DismissDuplicate {
    const SPEC: Spec = Spec::offline("dismiss_duplicate", &[Role::Requester, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::OtherPatient(self.other_id)]
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(patient) = facts.patient.existing()? else {
            return Ok(Decision::noop());
        };
        patient.must_be_in_scope(&ctx.actor)?;
        let other = facts.other_patient.existing()?;
        if !patient.possible_duplicates.contains(&self.other_id) {
            return Ok(Decision::noop());
        }
        let mut patient = patient.clone();
        likeness::mark_distinct(&mut patient, self.other_id);
        let mut decision = Decision::of(Event::Patient(Box::new(patient)));
        if let Some(other) = other {
            let mut other = other.clone();
            likeness::mark_distinct(&mut other, self.patient_id);
            decision = decision.and(Event::Patient(Box::new(other)));
        }
        Ok(decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::patients::Patient;
    use crate::testing::Fixture;

    fn dismiss(
        patient: &Patient,
        other_id: PatientId,
        other: Fact<Option<Patient>>,
        ctx: &Context,
    ) -> Result<Decision, Refusal> {
        let facts = Facts {
            patient: Fact::Known(Some(patient.clone())),
            other_patient: other,
            ..Facts::default()
        };
        let patient_id = patient.id;
        DismissDuplicate { patient_id, other_id }.decide(&facts, ctx)
    }

    fn flagged(world: &Fixture) -> (Patient, Patient) {
        let (mut one, mut other) = (world.patient(), world.patient());
        other.id = PatientId::generate(world.now);
        one.possible_duplicates = vec![other.id];
        other.possible_duplicates = vec![one.id];
        (one, other)
    }

    #[test]
    fn both_records_know_that_they_are_two_people() {
        let world = Fixture::new();
        let (one, other) = flagged(&world);
        for ctx in [world.as_requester(), world.as_admin()] {
            let known = Fact::Known(Some(other.clone()));
            let decision = dismiss(&one, other.id, known, &ctx).unwrap();
            let apart = |patient: &Patient, id| Patient {
                possible_duplicates: Vec::new(),
                distinct_from: vec![id],
                version: patient.version + 1,
                ..patient.clone()
            };
            let expected = [apart(&one, other.id), apart(&other, one.id)];
            assert_eq!(
                decision.events,
                expected.map(|patient| Event::Patient(Box::new(patient)))
            );
        }
        let alone = dismiss(&one, other.id, Fact::Unseen, &world.as_requester()).unwrap();
        assert_eq!(alone.events.len(), 1);
    }

    #[test]
    fn what_is_not_flagged_needs_no_decision_and_what_does_not_exist_has_none() {
        let world = Fixture::new();
        let (one, other) = flagged(&world);
        let ctx = world.as_requester();
        let known = Fact::Known(Some(other.clone()));
        let twice = dismiss(&world.patient(), other.id, known, &ctx);
        assert_eq!(twice, Ok(Decision::noop()));
        assert_eq!(
            dismiss(&one, other.id, Fact::Known(None), &ctx),
            Err(Refusal::NotFound)
        );
        let foreign = Patient {
            institution_id: crate::ids::InstitutionId::generate(world.now),
            ..one
        };
        let refused = dismiss(&foreign, other.id, Fact::Known(Some(other.clone())), &ctx);
        assert_eq!(refused, Err(Refusal::NotFound));
    }
}
