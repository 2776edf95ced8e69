//! Withdrawing and cancelling: who may close a case until when, and what remains of it.

use mso_core::cases::{
    AcceptCase, AddTeamMember, CancelCase, EditCaseDetails, RequestCancellation, UnassignCase, WithdrawCase,
};
use mso_core::command::Command;
use mso_core::documents::DeclareDocument;
use mso_core::ids::{CaseId, IssueId};
use mso_core::issues::{IssueKind, ReportIssue};
use mso_core::testing::text;

use super::world::{World, code};

pub(super) fn withdraw(case_id: CaseId) -> Command {
    let reason = text("seen elsewhere");
    Command::WithdrawCase(WithdrawCase { case_id, reason })
}

pub(super) fn cancel(case_id: CaseId) -> Command {
    let reason = text("the consent was taken back");
    Command::CancelCase(CancelCase { case_id, reason })
}

/// The expert sends the case back.
fn send_back(world: &World, case_id: CaseId) -> Command {
    Command::ReportIssue(ReportIssue {
        case_id,
        issue_id: IssueId::generate(world.fixture.now),
        kind: IssueKind::Return,
        text: text("The list of drugs is missing."),
        wanted_items: Vec::new(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_case_ends_the_assignment_tells_the_expert_and_costs_nothing() {
    let world = World::new().await;
    let case_id = world.case().await;
    world.assigned(case_id, &world.cardiologist).await;
    world.apply(&world.requester, withdraw(case_id), None).await;

    assert_eq!(world.standing(case_id).await, "Assigned withdrawn seen elsewhere");
    assert_eq!(world.attempts(case_id).await, "offered withdrawn seen elsewhere");
    assert_eq!(
        world.told(case_id).await,
        "noor case_assigned, noor case_closed, rima case_ready"
    );
    assert_eq!(world.last_act(case_id).await, "withdraw_case requester applied");
    let order = "select reason from purge_order where stream = $1";
    assert_eq!(world.text(order, case_id.as_uuid()).await, "withdrawn");
    let readers = "select count(*)::text from membership where stream = $1 and to_seq is null";
    assert_eq!(world.text(readers, case_id.as_uuid()).await, "1");
    assert_eq!(world.count("select count(*) from invoice").await, 0);
    assert_eq!(world.count("select count(*) from service_record").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_withdrawal_of_a_case_that_still_waits_for_its_files_is_told_to_nobody() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let submit = world.submit_case(patient, vec![world.fixture.file()]);
    let case_id = submit.case_id;
    world
        .apply(&world.requester, Command::SubmitCase(submit), None)
        .await;
    world.apply(&world.requester, withdraw(case_id), None).await;
    assert_eq!(world.told(case_id).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_withdrawal_of_a_case_that_no_expert_has_is_told_to_the_admins() {
    let world = World::new().await;
    let case_id = world.case().await;
    world.apply(&world.requester, withdraw(case_id), None).await;
    assert_eq!(world.standing(case_id).await, "New withdrawn seen elsewhere");
    assert_eq!(world.told(case_id).await, "rima case_closed, rima case_ready");
    assert_eq!(world.count("select count(*) from purge_order").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_case_takes_no_further_command_from_anybody() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.assigned(case_id, &world.cardiologist).await;
    let first = world.request(withdraw(case_id), None);
    assert_eq!(
        code(&world.send(&world.requester, &first).await.outcome),
        "applied"
    );

    let before = world.records().await;
    let issue_id = IssueId::generate(world.fixture.now);
    for command in [
        withdraw(case_id),
        Command::EditCaseDetails(EditCaseDetails {
            case_id,
            request: world.fixture.request(),
        }),
        Command::AddTeamMember(AddTeamMember {
            case_id,
            user_id: world.requester.user,
        }),
        Command::DeclareDocument(DeclareDocument {
            case_id,
            file: world.fixture.file(),
        }),
        Command::RequestCancellation(RequestCancellation {
            case_id,
            issue_id,
            reason: text("Please close it again."),
        }),
    ] {
        let name = command.name();
        let answer = world.run(&world.requester, command, None).await;
        assert_eq!(answer, "case_closed", "{name}");
    }
    for command in [
        cancel(case_id),
        Command::AssignCase(world.assign_case(case_id, &world.generalist)),
        Command::UnassignCase(UnassignCase {
            case_id,
            reason: text("on leave"),
        }),
        send_back(&world, case_id),
    ] {
        let name = command.name();
        let answer = world.run(&world.admin, command, None).await;
        assert_eq!(answer, "case_closed", "{name}");
    }
    let accept = Command::AcceptCase(AcceptCase { case_id });
    let expert = &world.cardiologist;
    assert_eq!(
        world.run(expert, accept.clone(), Some(token)).await,
        "assignment_superseded"
    );
    assert_eq!(world.run(expert, accept, None).await, "not_found");
    assert_eq!(
        code(&world.send(&world.requester, &first).await.outcome),
        "replayed applied"
    );
    assert_eq!(world.records().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_an_expert_has_accepted_only_an_admin_closes_the_case_and_tells_both_sides() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    assert_eq!(
        world.run(&world.requester, withdraw(case_id), None).await,
        "ask_admin"
    );
    world
        .apply(&world.cardiologist, send_back(&world, case_id), Some(token))
        .await;
    assert_eq!(
        world.run(&world.requester, withdraw(case_id), None).await,
        "ask_admin"
    );

    world.apply(&world.admin, cancel(case_id), None).await;
    assert_eq!(
        world.standing(case_id).await,
        "Returned cancelled the consent was taken back"
    );
    assert_eq!(
        world.attempts(case_id).await,
        "in_review cancelled the consent was taken back"
    );
    assert_eq!(
        world.told(case_id).await,
        "amal case_accepted, noor case_assigned, amal case_closed, noor case_closed, rima case_ready, \
         amal case_returned, rima case_returned, amal case_under_review"
    );
    assert_eq!(world.last_act(case_id).await, "cancel_case admin applied");
    assert_eq!(world.count("select count(*) from invoice").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_was_returned_before_anybody_accepted_it_can_still_be_withdrawn() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.assigned(case_id, &world.cardiologist).await;
    world
        .apply(&world.cardiologist, send_back(&world, case_id), Some(token))
        .await;
    world.apply(&world.requester, withdraw(case_id), None).await;
    assert_eq!(world.attempts(case_id).await, "offered withdrawn seen elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stranger_and_no_other_role_closes_a_case_and_nobody_closes_a_done_one() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    for (actor, command, answer) in [
        (&world.stranger, withdraw(case_id), "not_found"),
        (&world.stranger, cancel(case_id), "not_found"),
        (&world.generalist, withdraw(case_id), "not_found"),
        (&world.cardiologist, withdraw(case_id), "forbidden"),
        (&world.cardiologist, cancel(case_id), "forbidden"),
        (&world.requester, cancel(case_id), "forbidden"),
        (&world.admin, withdraw(case_id), "forbidden"),
    ] {
        let name = command.name();
        assert_eq!(world.run(actor, command, None).await, answer, "{name}");
    }
    world.finished(case_id, token).await;
    for (actor, command) in [
        (&world.requester, withdraw(case_id)),
        (&world.admin, cancel(case_id)),
    ] {
        assert_eq!(world.run(actor, command, None).await, "case_done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_withdrawal_and_an_acceptance_at_once_one_is_refused() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    for _ in 0..5 {
        let case_id = world.new_case(patient).await;
        let token = world.assigned(case_id, &world.cardiologist).await;
        let accept = Command::AcceptCase(AcceptCase { case_id });
        let (withdrawn, accepted) = tokio::join!(
            world.run(&world.requester, withdraw(case_id), None),
            world.run(&world.cardiologist, accept, Some(token))
        );
        let answers = (withdrawn.as_str(), accepted.as_str());
        let possible = [("applied", "assignment_superseded"), ("ask_admin", "applied")];
        assert!(possible.contains(&answers), "{answers:?}");
    }
}
