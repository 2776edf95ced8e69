//! A requester asks to have a case cancelled that an expert has: an admin decides.

use mso_core::cases::{CancelCase, RequestCancellation, StartReview};
use mso_core::command::Command;
use mso_core::ids::{CaseId, IssueId};
use mso_core::issues::ResolveIssue;
use mso_core::testing::text;

use super::world::World;

fn ask(case_id: CaseId, issue_id: IssueId) -> Command {
    Command::RequestCancellation(RequestCancellation {
        case_id,
        issue_id,
        reason: text("She was operated on yesterday."),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_can_still_be_withdrawn_is_to_be_withdrawn() {
    let world = World::new().await;
    let case_id = world.case().await;
    let request = || ask(case_id, IssueId::generate(world.fixture.now));
    assert_eq!(world.run(&world.requester, request(), None).await, "use_withdraw");
    world.assigned(case_id, &world.cardiologist).await;
    assert_eq!(world.run(&world.requester, request(), None).await, "use_withdraw");
    assert_eq!(world.issues(case_id).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_cancel_waits_for_an_admin_while_the_expert_goes_on() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.accepted(case_id, &world.cardiologist).await;
    let before = world.standing(case_id).await;
    let issue_id = IssueId::generate(world.fixture.now);
    world.apply(&world.requester, ask(case_id, issue_id), None).await;
    assert_eq!(world.standing(case_id).await, before);
    assert_eq!(world.issues(case_id).await, "cancel_request open requester");
    assert_eq!(
        world.told(case_id).await,
        "rima cancellation_requested, amal case_accepted, noor case_assigned, rima case_ready"
    );
    let records = world.records().await;
    world.apply(&world.requester, ask(case_id, issue_id), None).await;
    assert_eq!(world.records().await, records, "asked twice");
    let start = Command::StartReview(StartReview { case_id });
    world.apply(&world.cardiologist, start, Some(token)).await;

    let cancel = Command::CancelCase(CancelCase {
        case_id,
        reason: text("as asked"),
    });
    world.apply(&world.admin, cancel, None).await;
    assert_eq!(world.standing(case_id).await, "InProgress cancelled as asked");
    assert_eq!(world.attempts(case_id).await, "in_review cancelled as asked");
    assert_eq!(world.count("select count(*) from invoice").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_an_admin_declines_is_told_to_the_team_and_the_case_is_finished() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    let issue_id = IssueId::generate(world.fixture.now);
    world.apply(&world.requester, ask(case_id, issue_id), None).await;
    let resolve = Command::ResolveIssue(ResolveIssue {
        case_id,
        issue_id,
        note: Some(text("The opinion is almost written.")),
    });
    // The expert owns neither the request nor the decision.
    assert_eq!(
        world.run(&world.cardiologist, resolve.clone(), Some(token)).await,
        "not_owner"
    );
    world.apply(&world.admin, resolve, None).await;
    assert_eq!(world.issues(case_id).await, "cancel_request resolved requester");
    let told = world.told(case_id).await;
    assert!(told.contains("amal issue_resolved"), "{told}");
    world.finished(case_id, token).await;
    assert_eq!(world.count("select count(*) from invoice").await, 1);
    let late = ask(case_id, IssueId::generate(world.fixture.now));
    assert_eq!(world.run(&world.requester, late, None).await, "case_done");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_users_of_the_own_institution_ask_to_cancel() {
    let world = World::new().await;
    let case_id = world.case().await;
    world.accepted(case_id, &world.cardiologist).await;
    let request = || ask(case_id, IssueId::generate(world.fixture.now));
    for (actor, answer) in [
        (&world.stranger, "not_found"),
        (&world.generalist, "not_found"),
        (&world.cardiologist, "forbidden"),
        (&world.admin, "forbidden"),
    ] {
        assert_eq!(world.run(actor, request(), None).await, answer);
    }
    let colleague = world.colleague().await;
    world.apply(&colleague, request(), None).await;
}
