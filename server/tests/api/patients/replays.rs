//! Every command on a patient sent twice: the same answer again, and nothing changed.

use mso_core::command::Command;
use mso_core::ids::PatientId;
use mso_core::patients::{
    CreatePatient, DeactivatePatient, DismissDuplicate, Inactive, MergePatients, ReactivatePatient,
    RevokeVerification,
};
use mso_core::testing::text;

use super::{edit, named, verify};
use crate::commands::world::{World, code};

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_gives_the_first_answer_and_changes_nothing() {
    let world = World::new().await;
    let other = world.verified_patient("1").await;
    let create = CreatePatient {
        name: world.create_patient("1").name,
        ..world.create_patient("2")
    };
    let id = create.patient_id;
    type Make = fn(&World, PatientId, PatientId) -> Command;
    let commands: [(_, Make); 8] = [
        (&world.requester, |_, patient_id, other_id| {
            Command::DismissDuplicate(DismissDuplicate { patient_id, other_id })
        }),
        (&world.requester, |_, id, _| verify(id)),
        (&world.requester, |_, patient_id, _| {
            Command::DeactivatePatient(DeactivatePatient {
                patient_id,
                inactive: Inactive::Left,
            })
        }),
        (&world.requester, |_, patient_id, _| {
            Command::ReactivatePatient(ReactivatePatient { patient_id })
        }),
        (&world.admin, |_, patient_id, _| {
            Command::RevokeVerification(RevokeVerification {
                patient_id,
                reason: text("The passport was another one's."),
            })
        }),
        (&world.requester, |world, id, _| {
            let mut seen = world.fixture.patient();
            seen.id = id;
            edit(&seen, vec![named("Khoury", "Amal")])
        }),
        // Refused the second time under another id; under the same id it is a replay.
        (&world.requester, |world, id, _| {
            let mut seen = world.fixture.patient();
            seen.id = id;
            edit(&seen, vec![named("Nasser", "Amal")])
        }),
        (&world.admin, |_, patient_id, survivor_id| {
            Command::MergePatients(MergePatients {
                patient_id,
                survivor_id,
                reason: text("Registered twice."),
            })
        }),
    ];
    let mut requests = vec![(
        &world.requester,
        world.request(Command::CreatePatient(create.clone()), None),
    )];
    for (actor, command) in commands {
        requests.push((actor, world.request(command(&world, id, other), None)));
    }
    let mut answers = Vec::new();
    for (actor, request) in &requests {
        answers.push(code(&world.send(actor, request).await.outcome));
    }
    let mut expected = vec!["applied"; 9];
    expected[7] = "field_conflict";
    assert_eq!(answers, expected);

    let before = (
        world.footprint().await,
        world.patient(id).await,
        world.patient(other).await,
    );
    for ((actor, request), first) in requests.iter().zip(answers) {
        let again = code(&world.send(actor, request).await.outcome);
        assert_eq!(again, format!("replayed {first}"));
    }
    let after = (
        world.footprint().await,
        world.patient(id).await,
        world.patient(other).await,
    );
    assert_eq!(after, before);

    // The same creation under another command id finds the patient as wanted and does nothing.
    let third = world.create_patient("3");
    world.created(third.clone()).await;
    let version = world.patient(third.patient_id).await.version;
    let again = Command::CreatePatient(third.clone());
    assert_eq!(world.run(&world.requester, again, None).await, "applied");
    assert_eq!(world.patient(third.patient_id).await.version, version);
}
