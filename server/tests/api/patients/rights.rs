//! Who may do what with a patient: rows 1 to 8 of the rights, one by one.

use mso_core::actor::Actor;
use mso_core::command::Command;
use mso_core::ids::PatientId;
use mso_core::patients::{
    DeactivatePatient, DismissDuplicate, Inactive, MergePatients, ReactivatePatient, RevokeVerification,
};
use mso_core::testing::text;

use super::{edit_with_reason, phone, verify};
use crate::commands::world::World;

/// Every command on an existing patient.
async fn commands(world: &World, id: PatientId, other: PatientId) -> Vec<Command> {
    let seen = world.patient(id).await;
    vec![
        verify(id),
        edit_with_reason(&seen, vec![phone("+4930123456")]),
        Command::DismissDuplicate(DismissDuplicate {
            patient_id: id,
            other_id: other,
        }),
        Command::DeactivatePatient(DeactivatePatient {
            patient_id: id,
            inactive: Inactive::Left,
        }),
        Command::ReactivatePatient(ReactivatePatient { patient_id: id }),
        Command::RevokeVerification(RevokeVerification {
            patient_id: id,
            reason: text("The passport was another one's."),
        }),
        Command::MergePatients(MergePatients {
            patient_id: other,
            survivor_id: id,
            reason: text("Registered twice."),
        }),
    ]
}

async fn answers(world: &World, actor: &Actor, id: PatientId, other: PatientId) -> Vec<String> {
    let mut answers = Vec::new();
    for command in commands(world, id, other).await {
        answers.push(world.run(actor, command, None).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_institution_no_patient_exists_and_admins_do_what_only_they_may() {
    let world = World::new().await;
    let id = world.verified_patient("1").await;
    let other = world.verified_patient("2").await;
    // An expert who has a case of the patient sees the patient only as part of it.
    let case = world.new_case(id).await;
    world.in_progress(case, &world.cardiologist).await;
    let before = (world.patient(id).await, world.patient(other).await);
    for outsider in [&world.stranger, &world.cardiologist, &world.generalist] {
        assert_eq!(answers(&world, outsider, id, other).await, ["not_found"; 7]);
    }
    assert_eq!((world.patient(id).await, world.patient(other).await), before);

    let mut expected = ["applied"; 7];
    expected[5] = "forbidden";
    expected[6] = "forbidden";
    assert_eq!(answers(&world, &world.requester, id, other).await, expected);
    assert_eq!(answers(&world, &world.admin, id, other).await, ["applied"; 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_of_another_institution_is_nobody_to_be_told_apart_from() {
    let world = World::new().await;
    let ours = world.verified_patient("1").await;
    let theirs = world.create_patient("2");
    let other_id = theirs.patient_id;
    world
        .apply(&world.stranger, Command::CreatePatient(theirs), None)
        .await;
    let dismiss = Command::DismissDuplicate(DismissDuplicate {
        patient_id: ours,
        other_id,
    });
    assert_eq!(world.run(&world.requester, dismiss, None).await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_gives_an_experts_login_neither_the_record_nor_an_identifier() {
    let world = World::new().await;
    let id = world.verified_patient("1").await;
    let case = world.new_case(id).await;
    world.in_progress(case, &world.cardiologist).await;
    for query in [
        "select record::text from patient",
        "select name_search from patient",
        "select value from patient_identifier",
    ] {
        let mut tx = world
            .state()
            .database
            .begin_scoped(&world.cardiologist)
            .await
            .unwrap();
        let names: i64 = sqlx::query_scalar("select count(family_name) from patient")
            .fetch_one(tx.conn())
            .await
            .unwrap();
        assert_eq!(names, 1);
        let denied = sqlx::query_scalar::<_, String>(query).fetch_all(tx.conn()).await;
        let code = denied
            .unwrap_err()
            .into_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned();
        assert_eq!(code, "42501", "{query}");
    }
}
