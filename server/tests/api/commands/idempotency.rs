//! The same command twice, another command under the same id, and commands that depend on one another.

use mso_core::actor::Actor;
use mso_core::cases::{AcceptCase, ReassignCase, StartReview};
use mso_core::command::Command;
use mso_core::documents::{DeclareDocument, MarkDocumentStored};
use mso_core::ids::{AssignmentId, CommandId};
use mso_core::patients::{VerificationMethod, VerifyPatient};
use mso_core::testing::text;
use mso_server::commands::Request;

use super::world::{World, code, request_of};

/// The commands of a case that goes straight to Done, in order.
fn a_straight_case(world: &World) -> Vec<(Actor, Request)> {
    let create = world.create_patient("1");
    let patient_id = create.patient_id;
    let verify = VerifyPatient {
        patient_id,
        method: VerificationMethod::Registry,
        note: None,
    };
    let file = world.fixture.file();
    let submit = world.submit_case(patient_id, vec![file.clone()]);
    let case_id = submit.case_id;
    let declare = DeclareDocument {
        case_id,
        file: world.fixture.file(),
    };
    let stored = MarkDocumentStored {
        case_id,
        document_id: file.document_id,
        sha256: file.sha256,
    };
    let late = MarkDocumentStored {
        case_id,
        document_id: declare.file.document_id,
        sha256: declare.file.sha256,
    };
    let assign = world.assign_case(case_id, &world.generalist);
    let reassign = ReassignCase {
        case_id,
        assignment_id: AssignmentId::generate(world.fixture.now),
        provider_id: world.cardiologist.provider().unwrap(),
        reason: text("on leave"),
        confirm_state: None,
        overrides: Vec::new(),
    };
    let token = Some(reassign.assignment_id);
    let (requester, admin, expert) = (world.requester, world.admin, world.cardiologist);
    let steps = [
        (requester, Command::CreatePatient(create), None),
        (requester, Command::VerifyPatient(verify), None),
        (requester, Command::SubmitCase(submit), None),
        (requester, Command::DeclareDocument(declare), None),
        (Actor::SYSTEM, Command::MarkDocumentStored(stored), None),
        (Actor::SYSTEM, Command::MarkDocumentStored(late), None),
        (admin, Command::AssignCase(assign), None),
        (admin, Command::ReassignCase(reassign), None),
        (expert, Command::AcceptCase(AcceptCase { case_id }), token),
        (expert, Command::StartReview(StartReview { case_id }), token),
        (
            expert,
            Command::SubmitRecommendation(world.submit_recommendation(case_id)),
            token,
        ),
    ];
    steps
        .into_iter()
        .map(|(actor, command, token)| (actor, world.request(command, token)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_over_a_whole_case_give_the_first_answers_and_change_nothing() {
    let world = World::new().await;
    let steps = a_straight_case(&world);
    for (actor, request) in &steps {
        let name = request.envelope.command.name();
        assert_eq!(
            code(&world.send(actor, request).await.outcome),
            "applied",
            "{name}"
        );
        let before = world.footprint().await;
        assert_eq!(
            code(&world.send(actor, request).await.outcome),
            "replayed applied",
            "{name}"
        );
        assert_eq!(world.footprint().await, before, "{name}");
    }
    // All of them once more, after everything has moved on.
    let before = world.footprint().await;
    for (actor, request) in &steps {
        assert_eq!(
            code(&world.send(actor, request).await.outcome),
            "replayed applied"
        );
    }
    assert_eq!(world.footprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_replayed_too_even_when_the_command_would_now_be_applied() {
    let world = World::new().await;
    let create = world.create_patient("1");
    let method = VerificationMethod::Registry;
    let verify = Command::VerifyPatient(VerifyPatient {
        patient_id: create.patient_id,
        method,
        note: None,
    });
    let early = world.request(verify, None);
    assert_eq!(
        code(&world.send(&world.requester, &early).await.outcome),
        "not_found"
    );
    world
        .apply(&world.requester, Command::CreatePatient(create), None)
        .await;
    let before = world.footprint().await;
    assert_eq!(
        code(&world.send(&world.requester, &early).await.outcome),
        "replayed not_found"
    );
    assert_eq!(world.footprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_command_under_a_used_id_is_refused_and_the_first_answer_stays() {
    let world = World::new().await;
    let first = world.request(Command::CreatePatient(world.create_patient("1")), None);
    assert_eq!(
        code(&world.send(&world.requester, &first).await.outcome),
        "applied"
    );
    let mut second = world
        .request(Command::CreatePatient(world.create_patient("2")), None)
        .envelope;
    second.command_id = first.command_id;
    let second = request_of(second);
    assert_eq!(
        code(&world.send(&world.requester, &second).await.outcome),
        "command_id_reuse"
    );
    assert_eq!(
        code(&world.send(&world.requester, &first).await.outcome),
        "replayed applied"
    );
    assert_eq!(world.count("select count(*) from patient").await, 1);
    // The same id from another user is another command.
    assert_eq!(
        code(&world.send(&world.stranger, &second).await.outcome),
        "applied"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_sent_many_times_at_once_takes_effect_once() {
    let world = World::new().await;
    let request = world.request(Command::CreatePatient(world.create_patient("1")), None);
    let sends = (0..8).map(|_| world.send(&world.requester, &request));
    let mut codes: Vec<_> = futures::future::join_all(sends)
        .await
        .iter()
        .map(|e| code(&e.outcome))
        .collect();
    codes.sort();
    assert_eq!(codes.first().map(String::as_str), Some("applied"));
    assert!(
        codes.iter().skip(1).all(|code| code == "replayed applied"),
        "{codes:?}"
    );
    assert_eq!(world.count("select count(*) from patient").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_depends_on_a_refused_or_unknown_one_is_refused() {
    let world = World::new().await;
    let create = world.create_patient("1");
    let method = VerificationMethod::Registry;
    let verify = Command::VerifyPatient(VerifyPatient {
        patient_id: create.patient_id,
        method,
        note: None,
    });
    let refused = world.request(verify.clone(), None);
    assert_eq!(
        code(&world.send(&world.requester, &refused).await.outcome),
        "not_found"
    );
    let applied = world.request(Command::CreatePatient(create), None);
    assert_eq!(
        code(&world.send(&world.requester, &applied).await.outcome),
        "applied"
    );

    let unknown = CommandId::generate(world.fixture.now);
    for (depends_on, expected) in [
        (vec![refused.command_id], "dependency_refused"),
        (vec![applied.command_id, unknown], "dependency_refused"),
        (vec![applied.command_id, applied.command_id], "applied"),
    ] {
        let mut envelope = world.request(verify.clone(), None).envelope;
        envelope.depends_on = depends_on;
        assert_eq!(
            code(&world.send(&world.requester, &request_of(envelope)).await.outcome),
            expected
        );
    }
}
