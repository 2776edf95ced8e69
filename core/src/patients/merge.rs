//! `MergePatients`: an admin finds that two records describe the same person. The duplicate becomes inactive
//! and refers to the survivor; both ids remain, and later requests for the duplicate are redirected to the
//! survivor (D-11, R16). Records merged into the duplicate earlier are redirected to the survivor too, so one
//! step always leads there.
//!
//! Both belong to one institution, and the survivor is active. Nothing is copied: data that only the
//! duplicate has can be entered into the survivor, including its identifiers. Cases keep the record with
//! which they were submitted.

use super::Likeness;
use serde::{Deserialize, Serialize};

use super::likeness;
use super::patient::{Inactive, Patient};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergePatients {
    /// The duplicate.
    pub patient_id: PatientId,
    /// The record that is kept.
    pub survivor_id: PatientId,
    pub reason: Reason,
}

impl Operation for MergePatients {
    const SPEC: Spec = Spec::online("merge_patients", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![
            Need::OtherPatient(self.survivor_id),
            Need::SimilarPatients(Likeness::default()),
        ]
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        if self.patient_id == self.survivor_id {
            return Err(Refusal::BadRequest);
        }
        let Some(patient) = facts.patient.existing()? else {
            return Ok(Decision::noop());
        };
        if patient.duplicate_of == Some(self.survivor_id) {
            return Ok(Decision::noop());
        }
        patient.must_not_be_merged()?;
        let survivor = facts.other_patient.existing()?;
        if let Some(survivor) = survivor {
            if survivor.institution_id != patient.institution_id {
                return Err(Refusal::PatientForeign);
            }
            survivor.must_not_be_merged()?;
            if !survivor.active {
                return Err(Refusal::PatientInactive);
            }
        }
        let around = facts.similar_patients.known().cloned().unwrap_or_default();
        let (followers, mut around): (Vec<_>, Vec<_>) = around
            .into_iter()
            .partition(|known| known.duplicate_of == Some(patient.id));
        around.extend(
            survivor
                .filter(|survivor| around.iter().all(|known| known.id != survivor.id))
                .cloned(),
        );
        let duplicate = Patient {
            active: false,
            inactive: Some(Inactive::Duplicate),
            duplicate_of: Some(self.survivor_id),
            version: patient.version + 1,
            ..patient.clone()
        };
        let mut decision = likeness::store_and_flag(duplicate, &around);
        for mut follower in followers {
            follower.duplicate_of = Some(self.survivor_id);
            follower.version += 1;
            decision = decision.and(Event::Patient(Box::new(follower)));
        }
        Ok(decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::ids::InstitutionId;
    use crate::testing::{Fixture, patient_after, text};

    fn two(world: &Fixture) -> (Patient, Patient) {
        let survivor = Patient {
            id: PatientId::generate(world.now),
            ..world.patient()
        };
        (world.patient(), survivor)
    }

    fn merge(
        world: &Fixture,
        duplicate: &Patient,
        survivor: &Patient,
        around: Vec<Patient>,
    ) -> Result<Decision, Refusal> {
        let command = MergePatients {
            patient_id: duplicate.id,
            survivor_id: survivor.id,
            reason: text("Registered twice."),
        };
        let facts = Facts {
            patient: Fact::Known(Some(duplicate.clone())),
            other_patient: Fact::Known(Some(survivor.clone())),
            similar_patients: Fact::Known(around),
            ..Facts::default()
        };
        command.decide(&facts, &world.as_admin())
    }

    #[test]
    fn the_duplicate_is_inactive_names_the_survivor_and_keeps_what_it_says() {
        let world = Fixture::new();
        let (duplicate, survivor) = two(&world);
        let decision = merge(&world, &duplicate, &survivor, Vec::new()).unwrap();
        assert_eq!(decision.events.len(), 1, "the survivor stays as it is");
        let after = patient_after(&decision);
        let expected = Patient {
            active: false,
            inactive: Some(Inactive::Duplicate),
            duplicate_of: Some(survivor.id),
            version: duplicate.version + 1,
            ..duplicate
        };
        assert_eq!(after, expected);
        assert_eq!(
            merge(&world, &after, &survivor, Vec::new()),
            Ok(Decision::noop()),
            "said twice, done once"
        );
    }

    #[test]
    fn nobody_waits_any_more_for_the_duplicate_to_be_decided_about() {
        let world = Fixture::new();
        let (mut duplicate, mut survivor) = two(&world);
        let mut third = Patient {
            id: PatientId::generate(world.now),
            ..world.patient()
        };
        duplicate.possible_duplicates = vec![survivor.id, third.id];
        survivor.possible_duplicates = vec![duplicate.id, third.id];
        third.possible_duplicates = vec![duplicate.id, survivor.id];
        for around in [
            vec![third.clone()],
            vec![third.clone(), survivor.clone()],
            vec![survivor.clone(), third.clone()],
        ] {
            let decision = merge(&world, &duplicate, &survivor, around).unwrap();
            let mut flags: Vec<_> = decision
                .events
                .iter()
                .map(|event| {
                    let Event::Patient(patient) = event else {
                        panic!("{event:?}")
                    };
                    (patient.id, patient.possible_duplicates.clone())
                })
                .collect();
            flags.sort();
            let mut expected = [
                (duplicate.id, vec![]),
                (survivor.id, vec![third.id]),
                (third.id, vec![survivor.id]),
            ];
            expected.sort();
            assert_eq!(flags, expected);
        }
    }

    #[test]
    fn what_was_merged_into_the_duplicate_before_follows_it() {
        let world = Fixture::new();
        let (duplicate, survivor) = two(&world);
        let follower = Patient {
            id: PatientId::generate(world.now),
            active: false,
            inactive: Some(Inactive::Duplicate),
            duplicate_of: Some(duplicate.id),
            ..world.patient()
        };
        let decision = merge(&world, &duplicate, &survivor, vec![follower.clone()]).unwrap();
        let expected = Patient {
            duplicate_of: Some(survivor.id),
            version: follower.version + 1,
            ..follower
        };
        assert_eq!(decision.events.len(), 2);
        assert_eq!(decision.events.last(), Some(&Event::Patient(Box::new(expected))));
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        let world = Fixture::new();
        let (duplicate, survivor) = two(&world);
        let elsewhere = InstitutionId::generate(world.now);
        let third = PatientId::generate(world.now);
        let cases: [(Patient, Patient, Refusal); 5] = [
            (duplicate.clone(), duplicate.clone(), Refusal::BadRequest),
            (
                duplicate.clone(),
                Patient {
                    institution_id: elsewhere,
                    ..survivor.clone()
                },
                Refusal::PatientForeign,
            ),
            (
                duplicate.clone(),
                Patient {
                    active: false,
                    ..survivor.clone()
                },
                Refusal::PatientInactive,
            ),
            (
                duplicate.clone(),
                Patient {
                    duplicate_of: Some(third),
                    ..survivor.clone()
                },
                Refusal::PatientMerged,
            ),
            (
                Patient {
                    duplicate_of: Some(third),
                    ..duplicate.clone()
                },
                survivor.clone(),
                Refusal::PatientMerged,
            ),
        ];
        for (duplicate, survivor, refusal) in cases {
            assert_eq!(merge(&world, &duplicate, &survivor, Vec::new()), Err(refusal));
        }
        let command = MergePatients {
            patient_id: duplicate.id,
            survivor_id: third,
            reason: text("Registered twice."),
        };
        let facts = Facts {
            patient: Fact::Known(Some(duplicate)),
            other_patient: Fact::Known(None),
            ..Facts::default()
        };
        assert_eq!(command.decide(&facts, &world.as_admin()), Err(Refusal::NotFound));
    }
}
