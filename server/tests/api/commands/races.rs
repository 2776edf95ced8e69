//! Two users who want different things of one record.

use mso_core::cases::{AcceptCase, ReassignCase, StartReview};
use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId};
use mso_core::protocol::sync::Outcome;
use mso_core::testing::text;
use mso_server::commands::execute::execute;

use super::world::{World, code, request_of};

pub(crate) fn reassign(world: &World, case_id: CaseId) -> Command {
    Command::ReassignCase(ReassignCase {
        case_id,
        assignment_id: AssignmentId::generate(world.fixture.now),
        provider_id: world.generalist.provider().unwrap(),
        reason: text("on leave"),
        confirm_state: None,
        overrides: Vec::new(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_assignments_at_once_one_is_told_to_reassign() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    for _ in 0..5 {
        let case = world.new_case(patient).await;
        let first = Command::AssignCase(world.assign_case(case, &world.cardiologist));
        let second = Command::AssignCase(world.assign_case(case, &world.generalist));
        let (first, second) = tokio::join!(
            world.run(&world.admin, first, None),
            world.run(&world.admin, second, None)
        );
        let mut codes = [first, second];
        codes.sort();
        assert_eq!(codes, ["applied", "use_reassign"]);
    }
    assert_eq!(world.count("select count(*) from assignment").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_accept_is_refused_after_reassignment_and_the_case_is_purged() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case_id = world.new_case(patient).await;
    let token = world.assigned(case_id, &world.cardiologist).await;
    world.apply(&world.admin, reassign(&world, case_id), None).await;

    let accept = Command::AcceptCase(AcceptCase { case_id });
    assert_eq!(
        world.run(&world.cardiologist, accept.clone(), Some(token)).await,
        "assignment_superseded"
    );
    // Without the assignment's id, or with another assignment's, the case is not revealed.
    assert_eq!(
        world.run(&world.cardiologist, accept.clone(), None).await,
        "not_found"
    );
    let other = Some(AssignmentId::generate(world.fixture.now));
    assert_eq!(
        world.run(&world.cardiologist, accept.clone(), other).await,
        "not_found"
    );
    assert_eq!(
        world.run(&world.generalist, accept, Some(token)).await,
        "assignment_superseded"
    );

    let user = world.cardiologist.user.as_uuid();
    let audit = "select string_agg(action || ' ' || outcome, ', ' order by seq) from audit_entry
                 where stream = $1 and action = 'accept_case'";
    let refused = "accept_case assignment_superseded, accept_case not_found, accept_case not_found";
    assert_eq!(world.text(audit, user).await, refused);
    let provider = world.cardiologist.provider().unwrap().as_uuid();
    let order = "select reason || ' ' || stream from purge_order where party = $1";
    assert_eq!(world.text(order, provider).await, format!("reassigned {case_id}"));
    let feed = "select changed #>> '{0,0}' from feed where stream = $1 order by seq desc limit 1";
    assert_eq!(world.text(feed, provider).await, "purge");
    let live = "select count(*)::text from membership where stream = $1 and to_seq is null";
    assert_eq!(world.text(live, case_id.as_uuid()).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_written_after_a_late_accept_is_kept_though_it_is_refused_for_the_accept() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case_id = world.new_case(patient).await;
    let token = world.assigned(case_id, &world.cardiologist).await;
    world.apply(&world.admin, reassign(&world, case_id), None).await;

    let opinion = world.submit_recommendation(case_id);
    let mut earlier = Vec::new();
    for command in [
        Command::AcceptCase(AcceptCase { case_id }),
        Command::StartReview(StartReview { case_id }),
        Command::SubmitRecommendation(opinion),
    ] {
        let mut envelope = world.request(command, Some(token)).envelope;
        envelope.depends_on = std::mem::replace(&mut earlier, vec![envelope.command_id]);
        let outcome = world
            .send(&world.cardiologist, &request_of(envelope))
            .await
            .outcome;
        let expected = ["assignment_superseded", "dependency_refused"];
        assert!(expected.contains(&code(&outcome).as_str()), "{outcome:?}");
    }
    // Nobody else's text about a case that they never had.
    let mut strangers = world.request(
        Command::SubmitRecommendation(world.submit_recommendation(case_id)),
        Some(AssignmentId::generate(world.fixture.now)),
    );
    strangers.envelope.depends_on = earlier;
    let outcome = world
        .send(&world.cardiologist, &request_of(strangers.envelope))
        .await
        .outcome;
    assert_eq!(code(&outcome), "dependency_refused");
    let kept =
        "select string_agg(refusal || ' ' || (payload ->> 'type'), ', ') from quarantine where case_id = $1";
    assert_eq!(
        world.text(kept, case_id.as_uuid()).await,
        "dependency_refused submit_recommendation"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_free_place_of_an_expert_is_given_away_once() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    sqlx::query("update provider set max_open = 1, max_urgent = 1")
        .execute(&world.root)
        .await
        .unwrap();
    let (one, two) = (world.new_case(patient).await, world.new_case(patient).await);
    let assign = |case| {
        let mut assign = world.assign_case(case, &world.cardiologist);
        assign.overrides.clear();
        world.run(&world.admin, Command::AssignCase(assign), None)
    };
    let (one, two) = tokio::join!(assign(one), assign(two));
    let mut codes = [one, two];
    codes.sort();
    assert_eq!(codes, ["applied", "provider_full"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_patients_with_one_identifier_the_second_names_the_first() {
    let world = World::new().await;
    let create = || world.request(Command::CreatePatient(world.create_patient("same")), None);
    let requests: Vec<_> = (0..4).map(|_| create()).collect();
    let sends = requests
        .iter()
        .map(|request| world.send(&world.requester, request));
    let executed = futures::future::join_all(sends.collect::<Vec<_>>()).await;
    let outcomes: Vec<_> = executed.into_iter().map(|executed| executed.outcome).collect();
    let applied: Vec<_> = outcomes
        .iter()
        .filter(|outcome| code(outcome) == "applied")
        .collect();
    assert_eq!(applied.len(), 1);
    let there: uuid::Uuid = sqlx::query_scalar("select id from patient")
        .fetch_one(&world.root)
        .await
        .unwrap();
    for outcome in &outcomes {
        if let Outcome::Refused { refusal } = outcome {
            assert_eq!(refusal.code, "patient_exists");
            assert_eq!(refusal.existing.map(|id| id.as_uuid()), Some(there));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_waits_too_long_is_a_fault_that_leaves_nothing() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case_id = world.new_case(patient).await;
    let assign = Command::AssignCase(world.assign_case(case_id, &world.cardiologist));
    let request = world.request(assign, None);
    let before = world.footprint().await;
    let mut holder = world.root.begin().await.unwrap();
    sqlx::query("select from mso_case where id = $1 for update")
        .bind(case_id.as_uuid())
        .execute(&mut *holder)
        .await
        .unwrap();
    let fault = execute(world.state(), &world.admin, request.clone()).await;
    assert!(fault.is_err(), "{fault:?}");
    holder.rollback().await.unwrap();
    assert_eq!(world.footprint().await, before);
    assert_eq!(code(&world.send(&world.admin, &request).await.outcome), "applied");
}
