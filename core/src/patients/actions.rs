//! The actions that a patient's record offers, in the order in which apps show the buttons. The rule of each operation still
//! decides when the command is sent.

use super::patient::Patient;
use super::{DeactivatePatient, DismissDuplicate, EditPatient, ReactivatePatient, VerifyPatient};
use crate::actor::Actor;
use crate::cases::SubmitCase;
use crate::command::Operation as _;

named! {
    /// An action on a patient's record.
    pub enum PatientAction {
        /// `SubmitCase` for this patient.
        SubmitCase = "submit_case",
        Verify = "verify",
        Edit = "edit",
        /// `DismissDuplicate`, for each of `possible_duplicates`.
        DismissDuplicate = "dismiss_duplicate",
        Deactivate = "deactivate",
        Reactivate = "reactivate",
    }
}

impl Patient {
    /// Returns what this actor may do with the record now.
    #[must_use]
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<PatientAction> {
        if self.must_be_in_scope(actor).is_err() {
            return Vec::new();
        }
        let identified = !self.identifiers.is_empty() || self.no_identifier_reason.is_some();
        let alone = self.possible_duplicates.is_empty();
        let current = !self.is_merged();
        let usable = current && self.active;
        let offered = [
            (
                PatientAction::SubmitCase,
                SubmitCase::SPEC,
                usable && self.is_verified(),
            ),
            (
                PatientAction::Verify,
                VerifyPatient::SPEC,
                usable && identified && alone && !self.is_verified(),
            ),
            (PatientAction::Edit, EditPatient::SPEC, current),
            (PatientAction::DismissDuplicate, DismissDuplicate::SPEC, !alone),
            (PatientAction::Deactivate, DeactivatePatient::SPEC, usable),
            (
                PatientAction::Reactivate,
                ReactivatePatient::SPEC,
                current && !self.active,
            ),
        ];
        let offered = offered.into_iter();
        offered
            .filter(|(_, spec, now)| *now && spec.roles.contains(&actor.role()))
            .map(|(action, _, _)| action)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::facts::{Context, Fact, Facts};
    use crate::ids::PatientId;
    use crate::patients::{Inactive, PatientChange, Verification, VerificationMethod};
    use crate::people::EmailAddress;
    use crate::testing::Fixture;

    fn patients(world: &Fixture) -> Vec<Patient> {
        let patient = world.patient();
        let unverified = Patient {
            verification: Verification::Unverified,
            ..patient.clone()
        };
        let nameless = Patient {
            identifiers: Vec::new(),
            no_identifier_reason: None,
            ..unverified.clone()
        };
        let inactive = Patient {
            active: false,
            inactive: Some(Inactive::Left),
            ..patient.clone()
        };
        let merged = Patient {
            duplicate_of: Some(PatientId::generate(world.now)),
            active: false,
            ..patient.clone()
        };
        let similar = Patient {
            possible_duplicates: vec![PatientId::generate(world.now)],
            ..unverified.clone()
        };
        vec![patient, unverified, nameless, inactive, merged, similar]
    }

    /// Whether the operation's own rule takes it and changes something.
    fn taken(action: PatientAction, patient: &Patient, ctx: &Context) -> Option<bool> {
        let patient_id = patient.id;
        let command: Command = match action {
            PatientAction::SubmitCase => return None,
            PatientAction::Verify => VerifyPatient {
                patient_id,
                method: VerificationMethod::DocumentSeen,
                note: None,
            }
            .into(),
            PatientAction::Edit => EditPatient {
                patient_id,
                edits: vec![patient.edit(PatientChange::Email(EmailAddress::new("new@example.org").ok()))],
                reason: Some(crate::testing::text("A new address.")),
            }
            .into(),
            PatientAction::DismissDuplicate => DismissDuplicate {
                patient_id,
                other_id: *patient.possible_duplicates.first()?,
            }
            .into(),
            PatientAction::Deactivate => DeactivatePatient {
                patient_id,
                inactive: Inactive::Error,
            }
            .into(),
            PatientAction::Reactivate => ReactivatePatient { patient_id }.into(),
        };
        let facts = Facts {
            patient: Fact::Known(Some(patient.clone())),
            ..Facts::default()
        };
        Some(
            command
                .decide(&facts, ctx)
                .is_ok_and(|decision| !decision.events.is_empty()),
        )
    }

    #[test]
    fn what_is_offered_is_what_the_rules_take() {
        let world = Fixture::new();
        for ctx in [world.as_requester(), world.as_admin()] {
            for patient in patients(&world) {
                let offered = patient.allowed_actions(&ctx.actor);
                for action in PatientAction::ALL {
                    if let Some(taken) = taken(action, &patient, &ctx) {
                        // Another reason may replace the one that is stored: apps reactivate first.
                        let again = action == PatientAction::Deactivate && !patient.active;
                        let wanted = taken && !again;
                        assert_eq!(offered.contains(&action), wanted, "{action:?} {patient:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_case_is_opened_for_a_verified_active_patient_of_the_own_institution() {
        let world = Fixture::new();
        let actor = world.as_requester().actor;
        let offered = |patient: &Patient| {
            patient
                .allowed_actions(&actor)
                .contains(&PatientAction::SubmitCase)
        };
        let offered: Vec<bool> = patients(&world).iter().map(offered).collect();
        assert_eq!(offered, [true, false, false, false, false, false]);
        let foreign = Patient {
            institution_id: crate::ids::InstitutionId::generate(world.now),
            ..world.patient()
        };
        assert_eq!(foreign.allowed_actions(&actor), []);
    }
}
