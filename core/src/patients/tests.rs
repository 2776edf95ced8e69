//! Properties that hold for all operations on patients.

mod synthea;

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::command::Command;
use crate::facts::{Context, Fact, Facts};
use crate::ids::{InstitutionId, PatientId};
use crate::testing::{Fixture, text};

static WORLD: LazyLock<Fixture> = LazyLock::new(Fixture::new);
static OTHER: LazyLock<PatientId> = LazyLock::new(|| PatientId::generate(WORLD.now));

/// All commands on the fixture's patient; `other` is the second patient.
fn commands(world: &Fixture, other: PatientId) -> Vec<Command> {
    let patient_id = world.patient;
    let seen = world.patient();
    let edit = |change: PatientChange, reason| {
        Command::EditPatient(EditPatient {
            patient_id,
            edits: vec![seen.edit(change)],
            reason,
        })
    };
    let reason = || text("Looked at the papers.");
    vec![
        Command::CreatePatient(CreatePatient {
            patient_id,
            ..world.create_patient()
        }),
        Command::VerifyPatient(VerifyPatient {
            patient_id,
            method: VerificationMethod::DocumentSeen,
            note: None,
        }),
        edit(PatientChange::Phone(PhoneNumber::new("+4930123456")), None),
        edit(PatientChange::Sex(Sex::Other), Some(reason())),
        edit(PatientChange::Identifiers(IdentifierSet::default()), None),
        Command::RevokeVerification(RevokeVerification {
            patient_id,
            reason: reason(),
        }),
        Command::MergePatients(MergePatients {
            patient_id,
            survivor_id: other,
            reason: reason(),
        }),
        Command::DeactivatePatient(DeactivatePatient {
            patient_id,
            inactive: Inactive::Deceased {
                deceased_date: "1960".parse().unwrap(),
            },
        }),
        Command::ReactivatePatient(ReactivatePatient { patient_id }),
        Command::DismissDuplicate(DismissDuplicate {
            patient_id,
            other_id: other,
        }),
    ]
}

/// A patient in any state that rules check.
fn any_patient(world: Fixture, id: PatientId, other: PatientId) -> impl Strategy<Value = Patient> {
    let verification = prop_oneof![
        Just(Verification::Unverified),
        Just(world.patient().verification),
        Just(Verification::Revoked {
            by: world.admin,
            at: world.now,
            reason: text("Another one's passport."),
        }),
    ];
    let inactive = prop_oneof![
        Just(None),
        Just(Some(Inactive::Left)),
        Just(Some(Inactive::Error)),
        Just(Some(Inactive::Deceased {
            deceased_date: "2020".parse().unwrap()
        })),
    ];
    let foreign = InstitutionId::generate(world.now);
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.2),
        0..2_u64,
    );
    (verification, inactive, flags).prop_map(
        move |(verification, inactive, (flagged, bare, merged, elsewhere, seen))| {
            let mut patient = Patient {
                id,
                verification,
                active: inactive.is_none() && !merged,
                inactive,
                duplicate_of: merged.then_some(other),
                possible_duplicates: if flagged { vec![other] } else { Vec::new() },
                ..world.patient()
            };
            if bare {
                patient.identifiers.clear();
            }
            if elsewhere {
                patient.institution_id = foreign;
            }
            patient.field_versions.insert(PatientField::Phone, seen);
            patient
        },
    )
}

fn absent_or<T: Clone + std::fmt::Debug + 'static>(
    some: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Fact<Option<T>>> {
    prop::option::of(some).prop_map(Fact::Known)
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let (world, other) = (WORLD.clone(), *OTHER);
    let (own, id) = (world.patient(), world.patient);
    let others = absent_or(any_patient(world.clone(), other, id));
    let similar = prop::collection::vec(any_patient(world.clone(), other, id), 0..2);
    (
        absent_or(any_patient(world, own.id, other)),
        others,
        absent_or(Just(other)),
        similar,
    )
        .prop_map(|(patient, other_patient, same_identifier, similar)| Facts {
            patient,
            other_patient,
            same_identifier,
            similar_patients: Fact::Known(similar),
            ..Facts::default()
        })
}

fn hide(facts: &Facts, mask: u8) -> Facts {
    let mut hidden = facts.clone();
    if mask & 1 != 0 {
        hidden.patient = Fact::Unseen;
    }
    if mask & 2 != 0 {
        hidden.other_patient = Fact::Unseen;
    }
    if mask & 4 != 0 {
        hidden.same_identifier = Fact::Unseen;
    }
    if mask & 8 != 0 {
        hidden.similar_patients = Fact::Unseen;
    }
    hidden
}

fn contexts(world: &Fixture) -> [Context; 2] {
    [world.as_requester(), world.as_admin()]
}

#[test]
fn nobody_but_the_institution_and_admins_touches_a_patient_and_only_admins_merge_and_revoke() {
    let world = Fixture::new();
    let other = PatientId::generate(world.now);
    let case = crate::testing::a_case(&world).assigned();
    for command in commands(&world, other) {
        let judged = |ctx: &Context| command.decide(&Facts::default(), ctx);
        let name = command.name();
        let refused = Err(crate::refusal::Refusal::Forbidden);
        assert_eq!(judged(&world.as_provider(&case)), refused, "{name}");
        assert_eq!(judged(&world.as_system()), refused, "{name}");
        let of_requesters = !matches!(name, "merge_patients" | "revoke_verification");
        assert_eq!(judged(&world.as_requester()) != refused, of_requesters, "{name}");
        assert_eq!(
            judged(&world.as_admin()) != refused,
            name != "create_patient",
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn hiding_facts_never_refuses(
        facts in any_facts(),
        mask in 0..16_u8,
    ) {
        for command in commands(&WORLD, *OTHER) {
            for ctx in contexts(&WORLD) {
                if command.decide(&facts, &ctx).is_ok() {
                    let hidden = command.decide(&hide(&facts, mask), &ctx);
                    prop_assert!(hidden.is_ok(), "{} {hidden:?}", command.name());
                }
            }
        }
    }

    #[test]
    fn an_accepted_command_raises_the_version_of_each_record_it_changes_by_one(
        facts in any_facts(),
    ) {
        for command in commands(&WORLD, *OTHER) {
            for ctx in contexts(&WORLD) {
                let Ok(decision) = command.decide(&facts, &ctx) else { continue };
                for event in &decision.events {
                    let crate::decision::Event::Patient(after) = event else {
                        return Err(TestCaseError::fail("another record"));
                    };
                    let known = [&facts.patient, &facts.other_patient];
                    let mut known: Vec<_> = known.iter().filter_map(|fact| fact.known()?.as_ref()).collect();
                    known.extend(facts.similar_patients.known().into_iter().flatten());
                    let before = known.iter().find(|before| before.id == after.id);
                    prop_assert_eq!(after.version, before.map_or(1, |before| before.version + 1));
                    prop_assert!(after.active == (after.inactive.is_none() && !after.is_merged()));
                }
            }
        }
    }
}
