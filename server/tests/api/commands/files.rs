//! The files of a case: adding, replacing and withdrawing them, and who may.

use mso_core::actor::Actor;
use mso_core::command::Command;
use mso_core::crypto::Sha256Hash;
use mso_core::documents::{
    DeclareDocument, DeclaredFile, DocumentState, MarkDocumentStored, StrikeDocument, WithdrawDocument,
};
use mso_core::ids::{CaseId, DocumentId};
use mso_core::protocol::records::{Record, RecordKind};
use mso_core::testing::text;

use super::world::World;
use crate::sync::Replica;

fn declare(case_id: CaseId, file: &DeclaredFile) -> Command {
    let file = file.clone();
    Command::DeclareDocument(DeclareDocument { case_id, file })
}

fn stored(case_id: CaseId, file: &DeclaredFile) -> Command {
    Command::MarkDocumentStored(MarkDocumentStored {
        case_id,
        document_id: file.document_id,
        sha256: file.sha256,
    })
}

fn withdraw(case_id: CaseId, document_id: DocumentId) -> Command {
    Command::WithdrawDocument(WithdrawDocument { case_id, document_id })
}

fn strike(case_id: CaseId, document_id: DocumentId) -> Command {
    Command::StrikeDocument(StrikeDocument {
        case_id,
        document_id,
        reason: text("another patient's"),
    })
}

/// A case that waits for this file.
async fn waiting_case(world: &World, file: &DeclaredFile) -> CaseId {
    let patient = world.verified_patient("1").await;
    let submit = world.submit_case(patient, vec![file.clone()]);
    let case_id = submit.case_id;
    world
        .apply(&world.requester, Command::SubmitCase(submit), None)
        .await;
    case_id
}

/// A case with this file.
async fn case_with(world: &World, file: &DeclaredFile) -> CaseId {
    let case_id = waiting_case(world, file).await;
    world.apply(&Actor::SYSTEM, stored(case_id, file), None).await;
    case_id
}

fn state(phone: &Replica<'_>, id: DocumentId) -> DocumentState {
    let Some(Record::Document(document)) = phone.record(RecordKind::Document, id.as_uuid()) else {
        panic!("no such file on the phone")
    };
    document.state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_added_later_reaches_the_expert_who_is_told_once() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case_id = world.new_case(patient).await;
    world.accepted(case_id, &world.cardiologist).await;
    let mut noor = Replica::of(world.server().provider("noor").await);
    let file = world.fixture.file();
    world.apply(&world.requester, declare(case_id, &file), None).await;
    noor.catches_up().await;
    assert_eq!(state(&noor, file.document_id), DocumentState::Declared);
    world.apply(&Actor::SYSTEM, stored(case_id, &file), None).await;
    noor.catches_up().await;
    assert_eq!(state(&noor, file.document_id), DocumentState::Stored);
    assert_eq!(
        world.told(case_id).await,
        "amal case_accepted, noor case_assigned, rima case_ready, noor document_added"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_added_to_a_case_without_an_expert_is_told_to_the_admins_once_they_know_the_case() {
    let world = World::new().await;
    let first = world.fixture.file();
    let case_id = waiting_case(&world, &first).await;
    let (early, late) = (world.fixture.file(), world.fixture.file());
    world
        .apply(&world.requester, declare(case_id, &early), None)
        .await;
    assert_eq!(world.told(case_id).await, "");
    // The case waits for what it was submitted with, and for nothing that was added.
    world.apply(&Actor::SYSTEM, stored(case_id, &first), None).await;
    assert_eq!(world.told(case_id).await, "rima case_ready");
    world.apply(&world.requester, declare(case_id, &late), None).await;
    assert_eq!(world.told(case_id).await, "rima case_ready, rima document_added");
    world.accepted(case_id, &world.cardiologist).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_no_longer_waits_for_a_file_that_is_withdrawn() {
    let world = World::new().await;
    let file = world.fixture.file();
    let case_id = waiting_case(&world, &file).await;
    let assign = world.assign_case(case_id, &world.cardiologist);
    assert_eq!(
        world.run(&world.admin, Command::AssignCase(assign), None).await,
        "uploads_pending"
    );
    world
        .apply(&world.requester, withdraw(case_id, file.document_id), None)
        .await;
    assert_eq!(world.told(case_id).await, "rima case_ready");
    assert_eq!(
        world.run(&Actor::SYSTEM, stored(case_id, &file), None).await,
        "document_withdrawn"
    );
    world.assigned(case_id, &world.cardiologist).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_names_a_file_of_the_same_case_that_is_in_use() {
    let world = World::new().await;
    let (old, others) = (world.fixture.file(), world.fixture.file());
    let case_id = case_with(&world, &old).await;
    let patient = world.verified_patient("2").await;
    let submit = world.submit_case(patient, vec![others.clone()]);
    world
        .apply(&world.requester, Command::SubmitCase(submit), None)
        .await;
    let replacing = |id| DeclaredFile {
        replaces: Some(id),
        ..world.fixture.file()
    };
    let better = replacing(old.document_id);
    world
        .apply(&world.requester, declare(case_id, &better), None)
        .await;
    let replaces = "select replaces::text from document where id = $1";
    assert_eq!(
        world.text(replaces, better.document_id.as_uuid()).await,
        old.document_id.to_string()
    );

    world
        .apply(&world.requester, withdraw(case_id, old.document_id), None)
        .await;
    for gone in [
        old.document_id,
        others.document_id,
        DocumentId::generate(world.fixture.now),
    ] {
        let file = replacing(gone);
        assert_eq!(
            world.run(&world.requester, declare(case_id, &file), None).await,
            "document_withdrawn"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_counts_only_with_the_declared_hash_and_only_the_server_says_so() {
    let world = World::new().await;
    let file = world.fixture.file();
    let case_id = waiting_case(&world, &file).await;
    let mut other = file.clone();
    other.sha256 = Sha256Hash::of(b"another");
    for (actor, file, answer) in [
        (&world.requester, &file, "forbidden"),
        (&world.admin, &file, "forbidden"),
        (&world.stranger, &file, "not_found"),
        (&Actor::SYSTEM, &other, "hash_mismatch"),
        (&Actor::SYSTEM, &world.fixture.file(), "not_found"),
    ] {
        assert_eq!(world.run(actor, stored(case_id, file), None).await, answer);
    }
    assert_eq!(world.told(case_id).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_team_and_who_added_a_file_withdraw_it() {
    let world = World::new().await;
    let file = world.fixture.file();
    let case_id = case_with(&world, &file).await;
    let document_id = file.document_id;
    world.assigned(case_id, &world.cardiologist).await;
    let colleague = world.colleague().await;
    for (actor, command, answer) in [
        (&colleague, withdraw(case_id, document_id), "not_owner"),
        (&colleague, strike(case_id, document_id), "not_owner"),
        (&world.stranger, withdraw(case_id, document_id), "not_found"),
        (&world.stranger, strike(case_id, document_id), "not_found"),
        (
            &world.stranger,
            declare(case_id, &world.fixture.file()),
            "not_found",
        ),
        (&world.cardiologist, withdraw(case_id, document_id), "forbidden"),
        (&world.cardiologist, strike(case_id, document_id), "forbidden"),
        (&world.admin, withdraw(case_id, document_id), "forbidden"),
    ] {
        let name = command.name();
        assert_eq!(world.run(actor, command, None).await, answer, "{name}");
    }
    let own = world.fixture.file();
    world.apply(&colleague, declare(case_id, &own), None).await;
    world
        .apply(&colleague, withdraw(case_id, own.document_id), None)
        .await;
    let state = "select state from document where id = $1";
    assert_eq!(world.text(state, document_id.as_uuid()).await, "stored");
    assert_eq!(world.text(state, own.document_id.as_uuid()).await, "withdrawn");
}
