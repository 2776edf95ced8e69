//! The pure half: views and commands.

use super::*;
use crate::cases::{AcceptCase, CaseStatus, StartReview, SubmitRecommendation};
use crate::command::Command;
use crate::ids::{AssignmentId, CommandId, RecommendationId};
use crate::testing::{Fixture, a_case};

fn envelope(
    world: &Fixture,
    command: Command,
    assignment_id: Option<AssignmentId>,
) -> (CommandEnvelope, Facts) {
    let envelope = CommandEnvelope {
        command_id: CommandId::generate(world.now),
        command,
        assignment_id,
        base_version: None,
        device_seq: None,
        issued_at: world.now,
        depends_on: Vec::new(),
    };
    (envelope, Facts::default())
}

fn view_of(case: &crate::cases::Case) -> View {
    let record = CaseRecord {
        case: case.clone(),
        timeline: Vec::new(),
        expert: None,
        patient: None,
        institution_name: None,
    };
    View {
        case: Some(record),
        ..View::default()
    }
}

fn chain(world: &Fixture, case: &crate::cases::Case) -> Vec<(CommandEnvelope, Facts)> {
    let token = case.assignment.map(|current| current.id);
    let case_id = case.id;
    let opinion = SubmitRecommendation {
        case_id,
        recommendation_id: RecommendationId::generate(world.now),
        content: world.opinion(),
    };
    vec![
        envelope(world, Command::AcceptCase(AcceptCase { case_id }), token),
        envelope(world, Command::StartReview(StartReview { case_id }), token),
        envelope(world, Command::SubmitRecommendation(opinion), token),
    ]
}

#[test]
fn pending_commands_are_laid_over_the_servers_record_in_order() {
    let world = Fixture::new();
    let case = a_case(&world).assigned();
    let actor = world.as_provider(&case).actor;
    let pending = chain(&world, &case);
    let statuses = [
        CaseStatus::Assigned,
        CaseStatus::Accepted,
        CaseStatus::InProgress,
        CaseStatus::Done,
    ];
    for (count, status) in statuses.into_iter().enumerate() {
        let shown = apply_pending(view_of(&case), &pending[..count], actor);
        let record = shown.case.unwrap();
        assert_eq!(record.case.status, status);
        assert_eq!(record.case.version, case.version + count as u64);
        assert_eq!(!shown.recommendations.is_empty(), status == CaseStatus::Done);
    }
}

#[test]
fn a_command_that_the_rule_refuses_by_now_leaves_no_overlay() {
    let world = Fixture::new();
    let mut case = a_case(&world).assigned();
    let actor = world.as_provider(&case).actor;
    let pending = chain(&world, &case);
    // The case was given to somebody else meanwhile: another token.
    case.assignment.as_mut().unwrap().id = world.another_assignment();
    assert_eq!(apply_pending(view_of(&case), &pending, actor), view_of(&case));
}

#[test]
fn a_command_that_the_server_has_carried_out_already_changes_nothing_more() {
    let world = Fixture::new();
    let case = a_case(&world).accepted();
    let actor = world.as_provider(&case).actor;
    assert_eq!(
        apply_pending(view_of(&case), &chain(&world, &case)[..1], actor),
        view_of(&case)
    );
}

#[test]
fn nothing_is_made_up_where_the_record_is_gone() {
    let world = Fixture::new();
    let case = a_case(&world).in_progress();
    let actor = world.as_provider(&case).actor;
    assert_eq!(
        apply_pending(View::default(), &chain(&world, &case), actor),
        View::default()
    );
}
