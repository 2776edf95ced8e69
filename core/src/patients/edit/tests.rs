//! Concurrent edits, what an edit revokes, and which records the patient resembles afterwards.

use super::*;
use crate::decision::Event;
use crate::facts::Fact;
use crate::patients::{
    Address, BirthDate, Identifier, IdentifierKind, IdentifierSet, IdentifierValue, PatientName, PhoneNumber,
    Sex,
};
use crate::testing::{Fixture, patient_after, text};

fn facts(patient: &Patient) -> Facts {
    Facts {
        patient: Fact::Known(Some(patient.clone())),
        same_identifier: Fact::Known(None),
        similar_patients: Fact::Known(Vec::new()),
        ..Facts::default()
    }
}

fn edit(seen: &Patient, changes: Vec<PatientChange>) -> EditPatient {
    EditPatient {
        patient_id: seen.id,
        edits: changes.into_iter().map(|change| seen.edit(change)).collect(),
        reason: None,
    }
}

fn phone(number: &str) -> PatientChange {
    PatientChange::Phone(PhoneNumber::new(number))
}

fn named(family: &str) -> PatientChange {
    PatientChange::Name(PatientName::new(text(family), Some(text("Amal"))))
}

#[test]
fn two_people_who_edit_different_fields_do_not_disturb_each_other() {
    let world = Fixture::new();
    let seen = world.patient();
    let first = edit(&seen, vec![phone("+4930123456")]);
    let second = edit(&seen, vec![PatientChange::Country("DE".parse().ok())]);
    let after = patient_after(&first.decide(&facts(&seen), &world.as_requester()).unwrap());
    let after = patient_after(&second.decide(&facts(&after), &world.as_requester()).unwrap());
    assert_eq!(after.value(PatientField::Phone), phone("+4930123456"));
    assert_eq!(after.country, "DE".parse().ok());
    assert_eq!(after.version, seen.version + 2);
    assert!(after.is_verified(), "neither says who the patient is");
}

#[test]
fn the_second_of_two_who_edit_the_same_field_is_told_which() {
    let world = Fixture::new();
    let seen = world.patient();
    let first = edit(&seen, vec![phone("+4930123456"), named("Khoury")]);
    let after = patient_after(&first.decide(&facts(&seen), &world.as_requester()).unwrap());
    let address = PatientChange::Address(Some(Address::default()));
    let second = edit(&seen, vec![address, phone("+4930999999"), named("Nasser")]);
    let refused = second.decide(&facts(&after), &world.as_requester());
    let fields = vec!["phone", "name"];
    assert_eq!(refused, Err(Refusal::FieldConflict { fields }));

    // An author who has seen the other value may replace it.
    let informed = edit(&after, vec![phone("+4930999999")]);
    let after = patient_after(&informed.decide(&facts(&after), &world.as_requester()).unwrap());
    assert_eq!(after.value(PatientField::Phone), phone("+4930999999"));
    assert_eq!(after.field_version(PatientField::Phone), 2);
}

#[test]
fn the_same_value_twice_is_no_conflict_and_no_change() {
    let world = Fixture::new();
    let seen = world.patient();
    let both = edit(&seen, vec![phone("+4930123456")]);
    let after = patient_after(&both.decide(&facts(&seen), &world.as_requester()).unwrap());
    let again = both.decide(&facts(&after), &world.as_requester());
    assert_eq!(again, Ok(Decision::noop()));
    let nothing = edit(&seen, Vec::new()).decide(&facts(&seen), &world.as_requester());
    assert_eq!(nothing, Ok(Decision::noop()));
}

#[test]
fn a_count_from_a_future_that_never_was_is_a_conflict_too() {
    let world = Fixture::new();
    let mut ahead = edit(&world.patient(), vec![phone("+4930123456")]);
    ahead.edits[0].seen = 7;
    let refused = ahead.decide(&facts(&world.patient()), &world.as_requester());
    assert_eq!(
        refused,
        Err(Refusal::FieldConflict {
            fields: vec!["phone"]
        })
    );
}

fn identity_changes() -> [PatientChange; 4] {
    let mrn = Identifier::new(
        IdentifierKind::Mrn,
        text("DH"),
        IdentifierValue::new("1").unwrap(),
    );
    [
        PatientChange::Identifiers(IdentifierSet {
            identifiers: vec![mrn],
            no_identifier_reason: None,
        }),
        named("Khoury"),
        PatientChange::BirthDate(BirthDate {
            date: "1959".parse().unwrap(),
            estimated: true,
        }),
        PatientChange::Sex(Sex::Unknown),
    ]
}

#[test]
fn whoever_changes_who_the_patient_is_undoes_the_attestation_unless_an_admin_does() {
    let world = Fixture::new();
    for change in identity_changes() {
        let mut command = edit(&world.patient(), vec![change]);
        let decided = command.decide(&facts(&world.patient()), &world.as_requester());
        let after = patient_after(&decided.unwrap());
        assert_eq!(after.verification, Verification::Unverified);

        command.reason = Some(text("Misread at the desk."));
        let decided = command.decide(&facts(&world.patient()), &world.as_admin());
        assert!(patient_after(&decided.unwrap()).is_verified());
    }
    let identity = identity_changes().map(|change| change.field());
    for field in PatientField::ALL {
        assert_eq!(
            field.is_of_identity(),
            identity.contains(&field),
            "{}",
            field.name()
        );
    }
}

#[test]
fn what_an_admin_took_back_stays_taken_back() {
    let world = Fixture::new();
    let revoked = Patient {
        verification: Verification::Revoked {
            by: world.admin,
            at: world.now,
            reason: text("The passport was another one's."),
        },
        ..world.patient()
    };
    let command = edit(&revoked, vec![named("Khoury")]);
    let after = patient_after(&command.decide(&facts(&revoked), &world.as_requester()).unwrap());
    assert_eq!(after.verification, revoked.verification);
}

#[test]
fn an_admin_says_why() {
    let world = Fixture::new();
    let mut command = edit(&world.patient(), vec![phone("+4930123456")]);
    let refused = command.decide(&facts(&world.patient()), &world.as_admin());
    assert_eq!(refused, Err(Refusal::ReasonRequired));
    command.reason = Some(text("Asked by the ward."));
    assert!(
        command
            .decide(&facts(&world.patient()), &world.as_admin())
            .is_ok()
    );
}

#[test]
fn an_identifier_of_somebody_else_names_that_record() {
    let world = Fixture::new();
    let existing = Some(PatientId::generate(world.now));
    let taken = Facts {
        same_identifier: Fact::Known(existing),
        ..facts(&world.patient())
    };
    let [identifiers, name, ..] = identity_changes();
    let refused = edit(&world.patient(), vec![identifiers]).decide(&taken, &world.as_requester());
    assert_eq!(refused, Err(Refusal::PatientExists { existing }));
    let of_the_name = edit(&world.patient(), vec![name]).decide(&taken, &world.as_requester());
    assert!(of_the_name.is_ok());
}

#[test]
fn who_looks_like_somebody_now_is_flagged_and_who_no_longer_does_is_not() {
    let world = Fixture::new();
    let other = Patient {
        id: PatientId::generate(world.now),
        name: PatientName::new(text("KHOÚRY"), Some(text("amal"))),
        ..world.patient()
    };
    let around = |patient: &Patient, other: &Patient| Facts {
        similar_patients: Fact::Known(vec![other.clone()]),
        ..facts(patient)
    };
    let patients = |decision: Decision| {
        let patients = decision.events.into_iter().map(|event| {
            let Event::Patient(patient) = event else {
                panic!("{event:?}")
            };
            *patient
        });
        patients.collect::<Vec<_>>()
    };
    let command = edit(&world.patient(), vec![named("Khoury")]);
    let facts = around(&world.patient(), &other);
    let alike = patients(command.decide(&facts, &world.as_requester()).unwrap());
    let [patient, other] = &alike[..] else { panic!() };
    assert_eq!(patient.possible_duplicates, [other.id]);
    assert_eq!(other.possible_duplicates, [patient.id]);

    let command = edit(patient, vec![named("Haddad")]);
    let decided = command.decide(&around(patient, other), &world.as_requester());
    for patient in patients(decided.unwrap()) {
        assert!(patient.possible_duplicates.is_empty());
    }
}

#[test]
fn what_cannot_be_is_refused_and_what_is_merged_or_foreign_left_alone() {
    let world = Fixture::new();
    let seen = world.patient();
    let refused = |patient: &Patient, changes| {
        let decided = edit(patient, changes).decide(&facts(patient), &world.as_requester());
        decided.unwrap_err()
    };
    let born = |year: &str| {
        PatientChange::BirthDate(BirthDate {
            date: year.parse().unwrap(),
            estimated: false,
        })
    };
    assert_eq!(refused(&seen, vec![born("2027")]), Refusal::BirthDateInvalid);
    let twice = vec![phone("+4930123456"), PatientChange::Phone(None)];
    assert_eq!(refused(&seen, twice), Refusal::BadRequest);
    let dead = Patient {
        active: false,
        inactive: Some(Inactive::Deceased {
            deceased_date: "1990-01-01".parse().unwrap(),
        }),
        ..world.patient()
    };
    assert_eq!(refused(&dead, vec![born("1991")]), Refusal::DeceasedDateInvalid);
    let decided = edit(&dead, vec![born("1990")]).decide(&facts(&dead), &world.as_requester());
    assert!(decided.is_ok(), "the data of the dead can be put right");
    let merged = Patient {
        duplicate_of: Some(PatientId::generate(world.now)),
        ..world.patient()
    };
    assert_eq!(refused(&merged, vec![named("Khoury")]), Refusal::PatientMerged);
    let foreign = Patient {
        institution_id: crate::ids::InstitutionId::generate(world.now),
        ..world.patient()
    };
    assert_eq!(refused(&foreign, vec![named("Khoury")]), Refusal::NotFound);
}
