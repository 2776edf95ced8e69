//! Who may know of what: outside the caller's scope nothing exists.

use mso_core::cases::AcceptCase;
use mso_core::command::Command;
use mso_core::documents::DeclareDocument;
use mso_core::ids::{CaseId, ProviderId};
use mso_core::patients::{VerificationMethod, VerifyPatient};

use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_neither_case_nor_patient() {
    let world = World::new().await;
    let patient_id = world.verified_patient("1").await;
    let case_id = world.new_case(patient_id).await;
    world.assigned(case_id, &world.cardiologist).await;

    let accept = Command::AcceptCase(AcceptCase { case_id });
    assert_eq!(
        world.run(&world.generalist, accept.clone(), None).await,
        "not_found"
    );
    let declare = Command::DeclareDocument(DeclareDocument {
        case_id,
        file: world.fixture.file(),
    });
    assert_eq!(
        world.run(&world.stranger, declare.clone(), None).await,
        "not_found"
    );
    let method = VerificationMethod::Registry;
    let verify = Command::VerifyPatient(VerifyPatient {
        patient_id,
        method,
        note: None,
    });
    assert_eq!(
        world.run(&world.stranger, verify.clone(), None).await,
        "not_found"
    );
    assert_eq!(world.run(&world.cardiologist, verify, None).await, "not_found");
    let submit = Command::SubmitCase(world.submit_case(patient_id, Vec::new()));
    assert_eq!(world.run(&world.stranger, submit, None).await, "not_found");

    // A caller who may know of the case but not do this is told so.
    assert_eq!(world.run(&world.requester, accept, None).await, "forbidden");
    assert_eq!(world.run(&world.cardiologist, declare, None).await, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_may_not_create_are_refused_before_anything_is_read() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    for actor in [&world.admin, &world.cardiologist] {
        let create = Command::CreatePatient(world.create_patient("2"));
        assert_eq!(world.run(actor, create, None).await, "forbidden");
        let submit = Command::SubmitCase(world.submit_case(patient, Vec::new()));
        assert_eq!(world.run(actor, submit, None).await, "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_taken_by_hidden_things_are_refused_without_telling_more() {
    let world = World::new().await;
    let mine = world.verified_patient("1").await;
    let file = world.fixture.file();
    let submit = world.submit_case(mine, vec![file.clone()]);
    let case_id = submit.case_id;
    world
        .apply(&world.requester, Command::SubmitCase(submit), None)
        .await;

    let mut create = world.create_patient("1");
    create.patient_id = mine;
    assert_eq!(
        world
            .run(&world.stranger, Command::CreatePatient(create), None)
            .await,
        "patient_exists"
    );

    let theirs = world.create_patient("1");
    let theirs_id = theirs.patient_id;
    world
        .apply(&world.stranger, Command::CreatePatient(theirs), None)
        .await;
    let method = VerificationMethod::Registry;
    let verify = Command::VerifyPatient(VerifyPatient {
        patient_id: theirs_id,
        method,
        note: None,
    });
    world.apply(&world.stranger, verify, None).await;
    let mut submit = world.submit_case(theirs_id, Vec::new());
    submit.case_id = case_id;
    assert_eq!(
        world
            .run(&world.stranger, Command::SubmitCase(submit), None)
            .await,
        "case_exists"
    );
    let submit = world.submit_case(theirs_id, vec![file]);
    assert_eq!(
        world
            .run(&world.stranger, Command::SubmitCase(submit), None)
            .await,
        "document_exists"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_cannot_take_over_the_stream_of_an_expert_or_an_institution() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let expert: ProviderId = world.cardiologist.provider().unwrap();
    let other = world.stranger.institution().unwrap();
    for stream in [expert.as_uuid(), other.as_uuid()] {
        let before = world.footprint().await;
        let mut submit = world.submit_case(patient, Vec::new());
        submit.case_id = CaseId::from_uuid(stream);
        assert_eq!(
            world
                .run(&world.requester, Command::SubmitCase(submit), None)
                .await,
            "case_exists"
        );
        let changed: Vec<_> = world
            .footprint()
            .await
            .into_iter()
            .zip(before)
            .filter(|(now, then)| now != then)
            .collect();
        let tables: Vec<_> = changed.iter().map(|((table, _), _)| table.as_str()).collect();
        // A refused command leaves its answer and its audit entry, and nothing else.
        for table in tables {
            assert!(
                ["audit_entry", "audit_head", "command_log"].contains(&table),
                "{table}"
            );
        }
    }
}
