//! Two records of one person: both ids remain, and one refers to the other (D-11, R16).

use mso_core::command::Command;
use mso_core::ids::PatientId;
use mso_core::patients::{CreatePatient, IdentifierSet, Inactive, MergePatients, PatientChange, PatientName};
use mso_core::testing::text;

use super::{edit, verify};
use crate::commands::world::{World, mrn};

fn merge(patient_id: PatientId, survivor_id: PatientId) -> Command {
    Command::MergePatients(MergePatients {
        patient_id,
        survivor_id,
        reason: text("Registered twice."),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_for_the_merged_one_is_submitted_for_the_survivor() {
    let world = World::new().await;
    let survivor = world.verified_patient("1").await;
    let duplicate = world.verified_patient("2").await;
    let before = world.new_case(duplicate).await;
    world.apply(&world.admin, merge(duplicate, survivor), None).await;
    let merged = world.patient(duplicate).await;
    assert_eq!(
        (merged.active, merged.inactive, merged.duplicate_of),
        (false, Some(Inactive::Duplicate), Some(survivor))
    );

    let case = world.new_case(duplicate).await;
    let patient_of = "select patient_id::text from mso_case where id = $1";
    assert_eq!(world.text(patient_of, case.as_uuid()).await, survivor.to_string());
    // A case submitted earlier keeps the record it was submitted with.
    assert_eq!(
        world.text(patient_of, before.as_uuid()).await,
        duplicate.to_string()
    );
    world.in_progress(before, &world.cardiologist).await;

    for command in [
        verify(duplicate),
        edit(&merged, vec![super::phone("+4930123456")]),
    ] {
        assert_eq!(world.run(&world.requester, command, None).await, "patient_merged");
    }
    assert_eq!(
        world.run(&world.admin, merge(duplicate, survivor), None).await,
        "applied",
        "said twice, done once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_step_always_leads_to_the_survivor() {
    let world = World::new().await;
    let (first, second, third) = (
        world.verified_patient("1").await,
        world.verified_patient("2").await,
        world.verified_patient("3").await,
    );
    world.apply(&world.admin, merge(first, second), None).await;
    world.apply(&world.admin, merge(second, third), None).await;
    for id in [first, second] {
        assert_eq!(world.patient(id).await.duplicate_of, Some(third));
    }
    assert_eq!(
        world.run(&world.admin, merge(third, first), None).await,
        "patient_merged"
    );
    let case = world.new_case(first).await;
    let patient_of = "select patient_id::text from mso_case where id = $1";
    assert_eq!(world.text(patient_of, case.as_uuid()).await, third.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_merged_ones_identifier_names_the_survivor_and_may_be_entered_there() {
    let world = World::new().await;
    let survivor = world.verified_patient("1").await;
    let duplicate = world.verified_patient("2").await;
    world.apply(&world.admin, merge(duplicate, survivor), None).await;
    let again = CreatePatient {
        identifiers: vec![mrn("2")],
        ..world.create_patient("3")
    };
    let refusal = world
        .refusal(&world.requester, Command::CreatePatient(again.clone()))
        .await;
    assert_eq!(
        (refusal.code.as_str(), refusal.existing),
        ("patient_exists", Some(survivor))
    );

    let both = PatientChange::Identifiers(IdentifierSet {
        identifiers: vec![mrn("1"), mrn("2")],
        no_identifier_reason: None,
    });
    let seen = world.patient(survivor).await;
    world.apply(&world.requester, edit(&seen, vec![both]), None).await;
    let refusal = world
        .refusal(&world.requester, Command::CreatePatient(again))
        .await;
    assert_eq!(refusal.existing, Some(survivor));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_decides_what_others_were_waiting_for() {
    let world = World::new().await;
    let survivor = world.verified_patient("1").await;
    let alike = |number| CreatePatient {
        name: PatientName::new(text("Haddad"), Some(text("Amal 1"))),
        ..world.create_patient(number)
    };
    let duplicate = world.created(alike("2")).await;
    let third = world.created(alike("3")).await;
    assert_eq!(world.patient(survivor).await.possible_duplicates.len(), 2);
    world.apply(&world.admin, merge(duplicate, survivor), None).await;
    world.apply(&world.admin, merge(third, survivor), None).await;
    for id in [survivor, duplicate, third] {
        assert!(world.patient(id).await.possible_duplicates.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_two_institutions_are_never_merged() {
    let world = World::new().await;
    let ours = world.verified_patient("1").await;
    let theirs = world.create_patient("1");
    let theirs_id = theirs.patient_id;
    world
        .apply(&world.stranger, Command::CreatePatient(theirs), None)
        .await;
    assert_eq!(
        world.run(&world.admin, merge(ours, theirs_id), None).await,
        "patient_foreign"
    );
    assert_eq!(
        world.run(&world.admin, merge(ours, ours), None).await,
        "bad_request"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_merges_at_once_that_would_make_a_circle_one_is_refused() {
    let world = World::new().await;
    for round in 0..4 {
        let one = world.verified_patient(&format!("{round}-1")).await;
        let other = world.verified_patient(&format!("{round}-2")).await;
        let (first, second) = tokio::join!(
            world.run(&world.admin, merge(one, other), None),
            world.run(&world.admin, merge(other, one), None),
        );
        let mut codes = [first, second];
        codes.sort();
        assert_eq!(codes, ["applied", "patient_merged"]);
    }
}
