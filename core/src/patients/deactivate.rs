//! `DeactivatePatient`: a record is closed for new cases because the patient died or left, or because the
//! record is a duplicate or an error. By any user of the institution, or an admin. Open cases continue. Works
//! offline.
//!
//! A repeated command with another reason corrects the reason. A duplicate or erroneous record no longer
//! counts as a possible duplicate of others (D-11).

use super::Likeness;
use serde::{Deserialize, Serialize};

use super::birth_date;
use super::likeness;
use super::patient::{Inactive, Patient};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeactivatePatient {
    pub patient_id: PatientId,
    pub inactive: Inactive,
}

impl Operation for DeactivatePatient {
    const SPEC: Spec = Spec::offline("deactivate_patient", &[Role::Requester, Role::Admin]);

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
        if let Inactive::Deceased { deceased_date } = self.inactive {
            birth_date::check_death(patient.birth_date, deceased_date, ctx)?;
        }
        if patient.inactive == Some(self.inactive) {
            return Ok(Decision::noop());
        }
        let after = Patient {
            active: false,
            inactive: Some(self.inactive),
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
    use crate::testing::{Fixture, patient_after};

    fn deactivate(
        patient: &Patient,
        inactive: Inactive,
        around: Vec<Patient>,
        ctx: &Context,
    ) -> Result<Decision, Refusal> {
        let command = DeactivatePatient {
            patient_id: patient.id,
            inactive,
        };
        let facts = Facts {
            patient: Fact::Known(Some(patient.clone())),
            similar_patients: Fact::Known(around),
            ..Facts::default()
        };
        command.decide(&facts, ctx)
    }

    fn deceased(date: &str) -> Inactive {
        Inactive::Deceased {
            deceased_date: date.parse().unwrap(),
        }
    }

    #[test]
    fn a_record_goes_out_of_use_with_its_reason_and_stays_verified() {
        let world = Fixture::new();
        for inactive in [
            Inactive::Left,
            Inactive::Duplicate,
            Inactive::Error,
            deceased("2026-11"),
        ] {
            for ctx in [world.as_requester(), world.as_admin()] {
                let decision = deactivate(&world.patient(), inactive, Vec::new(), &ctx).unwrap();
                let after = patient_after(&decision);
                assert_eq!((after.active, after.inactive), (false, Some(inactive)));
                assert!(after.is_verified() && !after.is_merged());
                let again = deactivate(&after, inactive, Vec::new(), &ctx);
                assert_eq!(again, Ok(Decision::noop()));
            }
        }
        let json = serde_json::to_value(deceased("2026-11")).unwrap();
        assert_eq!(
            json,
            serde_json::json!({ "reason": "deceased", "deceased_date": "2026-11" })
        );
    }

    #[test]
    fn a_reason_is_corrected_by_saying_the_other_one() {
        let world = Fixture::new();
        let ctx = world.as_requester();
        let left = deactivate(&world.patient(), Inactive::Left, Vec::new(), &ctx).unwrap();
        let died = deactivate(&patient_after(&left), deceased("2026"), Vec::new(), &ctx).unwrap();
        assert_eq!(patient_after(&died).inactive, Some(deceased("2026")));
    }

    #[test]
    fn nobody_dies_before_birth() {
        let world = Fixture::new();
        let ctx = world.as_requester();
        assert!(deactivate(&world.patient(), deceased("1958"), Vec::new(), &ctx).is_ok());
        let before = deactivate(&world.patient(), deceased("1957-12-31"), Vec::new(), &ctx);
        assert_eq!(before, Err(Refusal::DeceasedDateInvalid));
    }

    #[test]
    fn a_mistake_is_nobody_to_be_taken_for_but_somebody_who_left_is() {
        let world = Fixture::new();
        let mut patient = world.patient();
        let mut other = Patient {
            id: PatientId::generate(world.now),
            ..world.patient()
        };
        patient.possible_duplicates = vec![other.id];
        other.possible_duplicates = vec![patient.id];
        let events = |inactive| {
            let ctx = world.as_requester();
            let decision = deactivate(&patient, inactive, vec![other.clone()], &ctx).unwrap();
            let flagged = patient_after(&decision).possible_duplicates.len();
            (decision.events.len(), flagged)
        };
        assert_eq!(events(Inactive::Error), (2, 0));
        assert_eq!(events(Inactive::Left), (1, 1));
    }

    #[test]
    fn merged_and_foreign_records_are_left_alone() {
        let world = Fixture::new();
        let ctx = world.as_requester();
        let merged = Patient {
            duplicate_of: Some(world.patient),
            ..world.patient()
        };
        let refused = deactivate(&merged, Inactive::Left, Vec::new(), &ctx);
        assert_eq!(refused, Err(Refusal::PatientMerged));
        let foreign = Patient {
            institution_id: crate::ids::InstitutionId::generate(world.now),
            ..world.patient()
        };
        let refused = deactivate(&foreign, Inactive::Left, Vec::new(), &ctx);
        assert_eq!(refused, Err(Refusal::NotFound));
    }
}
