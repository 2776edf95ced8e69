//! An expert asks to be released from a case: an admin decides, and until then nothing changes.

use mso_core::cases::{AcceptCase, CancelCase, RejectCase, RejectionReason, RequestRelease, UnassignCase};
use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId, IssueId};
use mso_core::issues::ResolveIssue;
use mso_core::protocol::records::RecordKind;
use mso_core::testing::text;

use super::races::reassign;
use super::world::World;
use crate::harness::Words;
use crate::sync::Replica;

fn ask(case_id: CaseId, issue_id: IssueId) -> Command {
    Command::RequestRelease(RequestRelease {
        case_id,
        issue_id,
        reason: text("I treated her brother for years."),
    })
}

/// The cardiologist, who has the case, asks to be released.
async fn asked(world: &World, case_id: CaseId, token: AssignmentId) -> IssueId {
    let issue_id = IssueId::generate(world.fixture.now);
    world
        .apply(&world.cardiologist, ask(case_id, issue_id), Some(token))
        .await;
    issue_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_release_is_told_to_the_admins_and_changes_nothing_else() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    let before = world.standing(case_id).await;
    let issue_id = asked(&world, case_id, token).await;

    assert_eq!(world.standing(case_id).await, before);
    assert_eq!(world.attempts(case_id).await, "in_review");
    assert_eq!(world.issues(case_id).await, "release open provider");
    assert_eq!(
        world.told(case_id).await,
        "amal case_accepted, noor case_assigned, rima case_ready, amal case_under_review, \
         rima release_requested"
    );
    assert_eq!(world.last_act(case_id).await, "request_release provider applied");

    // The same request again, from another of the expert's phones.
    let records = world.records().await;
    world
        .apply(&world.cardiologist, ask(case_id, issue_id), Some(token))
        .await;
    assert_eq!(world.records().await, records);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expert_who_is_released_loses_the_case_and_the_team_learns_that_another_is_sought() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    asked(&world, case_id, token).await;
    let unassign = Command::UnassignCase(UnassignCase {
        case_id,
        reason: text("as asked"),
    });
    world.apply(&world.admin, unassign.clone(), None).await;

    assert_eq!(world.standing(case_id).await, "New");
    assert_eq!(world.attempts(case_id).await, "in_review unassigned as asked");
    assert_eq!(world.issues(case_id).await, "release resolved provider");
    let note = "select record ->> 'note' from issue where case_id = $1";
    assert_eq!(world.text(note, case_id.as_uuid()).await, "unassigned");
    let told = world.told(case_id).await;
    for one in ["amal case_being_reassigned", "noor case_unassigned"] {
        assert!(told.contains(one), "{told}");
    }
    let order = "select reason from purge_order where stream = $1";
    assert_eq!(world.text(order, case_id.as_uuid()).await, "unassigned");
    let accept = Command::AcceptCase(AcceptCase { case_id });
    assert_eq!(
        world.run(&world.cardiologist, accept, Some(token)).await,
        "assignment_superseded"
    );
    assert_eq!(world.run(&world.admin, unassign, None).await, "not_assigned");
    world.accepted(case_id, &world.generalist).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expert_whose_request_an_admin_declines_goes_on_with_the_case() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    let issue_id = asked(&world, case_id, token).await;
    let resolve = Command::ResolveIssue(ResolveIssue {
        case_id,
        issue_id,
        note: Some(text("Nobody else is free.")),
    });
    assert_eq!(
        world.run(&world.requester, resolve.clone(), None).await,
        "forbidden"
    );
    world.apply(&world.admin, resolve, None).await;
    assert_eq!(world.issues(case_id).await, "release resolved provider");
    let note = "select record ->> 'note' from issue where case_id = $1";
    assert_eq!(world.text(note, case_id.as_uuid()).await, "Nobody else is free.");
    assert_eq!(
        world.told(case_id).await,
        "amal case_accepted, noor case_assigned, rima case_ready, amal case_under_review, noor issue_resolved, \
         rima release_requested",
        "it concerns the expert alone"
    );
    world.finished(case_id, token).await;
    assert_eq!(world.attempts(case_id).await, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_release_ends_with_what_it_asked_about() {
    let world = World::new().await;
    let reject = |case_id| {
        Command::RejectCase(RejectCase {
            case_id,
            reason: RejectionReason::OutOfSpecialty,
            text: None,
        })
    };
    let note = "select record ->> 'note' from issue where case_id = $1";
    for end in ["rejected", "reassigned", "completed", "cancelled"] {
        let patient = world.verified_patient(end).await;
        let case_id = world.new_case(patient).await;
        let token = if end == "completed" {
            world.in_progress(case_id, &world.cardiologist).await
        } else {
            world.assigned(case_id, &world.cardiologist).await
        };
        asked(&world, case_id, token).await;
        match end {
            "rejected" => {
                world
                    .apply(&world.cardiologist, reject(case_id), Some(token))
                    .await
            }
            "reassigned" => {
                world.apply(&world.admin, reassign(&world, case_id), None).await;
            }
            "completed" => world.finished(case_id, token).await,
            _ => {
                let reason = text("the consent was taken back");
                let cancel = Command::CancelCase(CancelCase { case_id, reason });
                world.apply(&world.admin, cancel, None).await;
            }
        }
        assert_eq!(world.issues(case_id).await, "release resolved provider", "{end}");
        assert_eq!(world.text(note, case_id.as_uuid()).await, end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_does_not_read_why_the_expert_before_asked_and_a_requester_not_who_did() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.assigned(case_id, &world.cardiologist).await;
    asked(&world, case_id, token).await;
    let mut amal = Replica::of(world.server().requester("amal").await);
    let mut noor = Replica::of(world.server().provider("noor").await);
    amal.catches_up().await;
    noor.catches_up().await;
    world.apply(&world.admin, reassign(&world, case_id), None).await;
    let mut omar = Replica::of(world.server().provider("omar").await);
    omar.catches_up().await;
    amal.catches_up().await;

    let why = "I treated her brother for years.";
    assert!(Words::sent_to(&noor).mention(why));
    assert!(omar.record(RecordKind::Case, case_id.as_uuid()).is_some());
    assert!(!Words::sent_to(&omar).mention(why));
    let sent = Words::sent_to(&amal);
    assert!(sent.mention(why), "a requester reads all of the own case");
    assert!(!sent.mention(&world.cardiologist.user.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_expert_who_has_the_case_asks_for_release_and_only_until_the_opinion() {
    let world = World::new().await;
    let case_id = world.case().await;
    let request = || ask(case_id, IssueId::generate(world.fixture.now));
    let token = world.in_progress(case_id, &world.cardiologist).await;
    for (actor, token, answer) in [
        (&world.stranger, None, "not_found"),
        (&world.generalist, None, "not_found"),
        (&world.generalist, Some(token), "not_found"),
        (&world.requester, None, "forbidden"),
        (&world.admin, None, "forbidden"),
        (&world.cardiologist, None, "assignment_superseded"),
    ] {
        assert_eq!(world.run(actor, request(), token).await, answer);
    }
    world.finished(case_id, token).await;
    assert_eq!(
        world.run(&world.cardiologist, request(), Some(token)).await,
        "case_done"
    );
    assert_eq!(world.issues(case_id).await, "");
}
