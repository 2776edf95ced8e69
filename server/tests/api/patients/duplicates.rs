//! The same identifier is refused; the same name, birth date and sex is flagged until a person decides
//! (D-11).

use mso_core::command::Command;
use mso_core::ids::PatientId;
use mso_core::patients::{CreatePatient, DismissDuplicate, PatientChange, PatientName};
use mso_core::protocol::sync::Outcome;
use mso_core::testing::text;
use mso_server::commands::execute::execute;
use serde_json::json;

use super::{edit, named, verify};
use crate::commands::world::{World, code, mrn};

/// Another record of the person whom the fixture calls Amal 1.
fn alike(world: &World, number: &str) -> CreatePatient {
    CreatePatient {
        name: PatientName::new(text("HADDÁD"), Some(text("amal 1"))),
        ..world.create_patient(number)
    }
}

/// `DE` and `de`, and a number from two keyboards, would otherwise be two patients.
#[tokio::test(flavor = "multi_thread")]
async fn de_and_de_in_small_letters_are_one_patient() {
    let world = World::new().await;
    let of = |kind: &str, issuer: &str, value: &str| CreatePatient {
        identifiers: vec![
            serde_json::from_value(json!({ "kind": kind, "issuer": issuer, "value": value })).unwrap(),
        ],
        ..world.create_patient("1")
    };
    for (kind, one, other) in [
        ("passport", ("DE", "C01X-1"), ("de", "c01x–1")),
        ("mrn", ("St Mary", "17"), ("ＳＴ\u{a0}ＭＡＲＹ\u{200b}", "١٧")),
    ] {
        let first = world.created(of(kind, one.0, one.1)).await;
        let second = of(kind, other.0, other.1);
        let refusal = world
            .refusal(&world.requester, Command::CreatePatient(second))
            .await;
        assert_eq!(
            (refusal.code.as_str(), refusal.existing),
            ("patient_exists", Some(first))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_identifier_is_refused_with_the_patient_to_use_instead() {
    let world = World::new().await;
    let first = world.created(world.create_patient("1")).await;
    let second = CreatePatient {
        name: world.create_patient("2").name,
        ..world.create_patient("1")
    };
    let refusal = world
        .refusal(&world.requester, Command::CreatePatient(second.clone()))
        .await;
    assert_eq!(
        (refusal.code.as_str(), refusal.existing),
        ("patient_exists", Some(first))
    );
    // In another institution the same number identifies somebody else.
    world
        .apply(&world.stranger, Command::CreatePatient(second), None)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_register_one_identifier_at_once_one_does_and_the_others_are_told_of_it() {
    let world = World::new().await;
    for round in 0..3 {
        let mut racing = tokio::task::JoinSet::new();
        for n in 0..6 {
            let create = CreatePatient {
                identifiers: vec![mrn(&format!("R{round}"))],
                ..world.create_patient(&format!("{round}-{n}"))
            };
            let id = create.patient_id;
            let request = world.request(Command::CreatePatient(create), None);
            let (state, actor) = (world.state().clone(), world.requester);
            racing.spawn(async move { (id, execute(&state, &actor, request).await.unwrap().outcome) });
        }
        let (mut made, mut told) = (Vec::new(), Vec::new());
        while let Some(answered) = racing.join_next().await {
            match answered.unwrap() {
                (id, Outcome::Applied) => made.push(id),
                (_, Outcome::Refused { refusal }) if refusal.code == "patient_exists" => {
                    told.push(refusal.existing.unwrap());
                }
                (_, other) => panic!("{}", code(&other)),
            }
        }
        assert_eq!(made.len(), 1);
        assert_eq!(told, [made[0]; 5]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_at_once_that_take_one_identifier_one_is_told_of_the_other() {
    let world = World::new().await;
    for round in 0..3 {
        let mut seen = Vec::new();
        for n in 0..2 {
            let id = world.created(world.create_patient(&format!("{round}-{n}"))).await;
            seen.push(world.patient(id).await);
        }
        let number = PatientChange::Identifiers(mso_core::patients::IdentifierSet {
            identifiers: vec![mrn(&format!("E{round}"))],
            no_identifier_reason: None,
        });
        let (first, second) = tokio::join!(
            world.run(&world.requester, edit(&seen[0], vec![number.clone()]), None),
            world.run(&world.requester, edit(&seen[1], vec![number]), None),
        );
        let mut codes = [first, second];
        codes.sort();
        assert_eq!(codes, ["applied", "patient_exists"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_like_somebody_waits_for_a_person_to_decide() {
    let world = World::new().await;
    let first = world.verified_patient("1").await;
    let second = world.created(alike(&world, "2")).await;
    assert_eq!(world.patient(first).await.possible_duplicates, [second]);
    assert_eq!(world.patient(second).await.possible_duplicates, [first]);
    assert_eq!(
        world.run(&world.requester, verify(second), None).await,
        "possible_duplicate"
    );
    // A patient who was verified before can be used all along.
    world.new_case(first).await;

    let dismiss = |patient_id, other_id| Command::DismissDuplicate(DismissDuplicate { patient_id, other_id });
    let nobody = PatientId::generate(world.fixture.now);
    assert_eq!(
        world.run(&world.requester, dismiss(second, nobody), None).await,
        "not_found"
    );
    world.apply(&world.requester, dismiss(second, first), None).await;
    for (id, other) in [(first, second), (second, first)] {
        let patient = world.patient(id).await;
        assert_eq!(
            (patient.possible_duplicates, patient.distinct_from),
            (vec![], vec![other])
        );
    }
    world.apply(&world.requester, verify(second), None).await;

    // A decision stays, whatever else is edited.
    let seen = world.patient(second).await;
    world
        .apply(
            &world.requester,
            edit(&seen, vec![named("Haddad", "Amal 1")]),
            None,
        )
        .await;
    assert!(world.patient(second).await.possible_duplicates.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_are_registered_at_once_and_look_alike_know_of_each_other() {
    let world = World::new().await;
    for round in 0..4 {
        let name = |n| CreatePatient {
            name: PatientName::new(text(&format!("Haddad {round}")), None),
            ..world.create_patient(&format!("{round}-{n}"))
        };
        let (one, other) = (name(1), name(2));
        let ids = [one.patient_id, other.patient_id];
        tokio::join!(
            world.apply(&world.requester, Command::CreatePatient(one), None),
            world.apply(&world.requester, Command::CreatePatient(other), None),
        );
        assert_eq!(world.patient(ids[0]).await.possible_duplicates, [ids[1]]);
        assert_eq!(world.patient(ids[1]).await.possible_duplicates, [ids[0]]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_follows_what_the_patient_looks_like() {
    let world = World::new().await;
    let first = world.created(world.create_patient("1")).await;
    let second = world.created(world.create_patient("2")).await;
    let seen = world.patient(second).await;
    let same = edit(&seen, vec![named("Haddad", "Amal 1")]);
    world.apply(&world.requester, same, None).await;
    assert_eq!(world.patient(first).await.possible_duplicates, [second]);
    let seen = world.patient(second).await;
    let other = edit(&seen, vec![named("Haddad", "Amal 2")]);
    world.apply(&world.requester, other, None).await;
    for id in [first, second] {
        assert!(world.patient(id).await.possible_duplicates.is_empty());
    }
    // The other institution's Amal is not a duplicate here.
    let theirs = world.create_patient("1");
    let id = theirs.patient_id;
    world
        .apply(&world.stranger, Command::CreatePatient(theirs), None)
        .await;
    assert!(world.patient(id).await.possible_duplicates.is_empty());
    assert!(world.patient(first).await.possible_duplicates.is_empty());
}
