//! What the server does by itself: when time is over, and after an expert has gone.

use mso_core::cases::{AcceptCase, AnswerClarification, MarkRecommendationRead, RequestClarification};
use mso_core::command::Command;
use mso_core::ids::{CaseId, ClarificationId};
use mso_core::people::DeactivateUser;
use mso_core::testing::text;
use mso_server::jobs;
use sqlx::Connection as _;
use sqlx::postgres::PgAdvisoryLock;

use crate::commands::world::World;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Who was told what, in the order of the kinds.
const TOLD: &str = "select coalesce(string_agg(split_part(u.email, '@', 1) || ' ' || n.kind, ', ' order by n.kind, u.email), '')
                    from notification n join mso_user u on u.id = n.user_id where n.case_id = $1
                    and (n.kind like '%overdue' or n.kind in ('clarification_escalated', 'case_unassigned', 'case_ready'))";
const OVERDUE: &str = "select array_to_string(overdue, ' ') from mso_case where id = $1";
const STATUS: &str = "select status from mso_case where id = $1";
const ENTRIES: &str = "select count(*) from audit_entry";

async fn done_case(world: &World) -> CaseId {
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    world.finished(case_id, token).await;
    case_id
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_and_the_admins_are_told_once_and_the_status_stays() {
    let world = World::new().await;
    let case_id = world.case().await;
    let id = case_id.as_uuid();
    let token = world.assigned(case_id, &world.cardiologist).await;
    world.later(24 * HOUR - 1);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, id).await, "");

    world.later(1);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, id).await, "accept");
    assert_eq!(world.text(STATUS, id).await, "Assigned");
    let told = "noor accept_overdue, rima accept_overdue, rima case_ready";
    assert_eq!(world.text(TOLD, id).await, told);
    let entries = world.count(ENTRIES).await;
    world.later(DAY);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(TOLD, id).await, told);
    assert_eq!(world.count(ENTRIES).await, entries);

    let accept = Command::AcceptCase(AcceptCase { case_id });
    world.apply(&world.cardiologist, accept, Some(token)).await;
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, id).await, "");
    world.later(48 * HOUR);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, id).await, "start");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_that_nobody_reads_is_overdue_and_one_that_was_read_is_not() {
    let world = World::new().await;
    let unread = done_case(&world).await;
    world.later(7 * DAY);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, unread.as_uuid()).await, "read");
    let read = Command::MarkRecommendationRead(MarkRecommendationRead { case_id: unread });
    world.apply(&world.requester, read, None).await;
    world.later(DAY);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(
        world.text(TOLD, unread.as_uuid()).await,
        "rima case_ready, amal read_overdue, rima read_overdue"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_without_an_answer_goes_to_the_admins_once() {
    let world = World::new().await;
    let case_id = done_case(&world).await;
    let [answered, waiting] = [1, 2].map(|n| ClarificationId::generate(world.fixture.now.plus_millis(n)));
    for clarification_id in [answered, waiting] {
        let ask = Command::RequestClarification(RequestClarification {
            case_id,
            clarification_id,
            text: text("For how long should the tablets be taken?"),
        });
        world.apply(&world.requester, ask, None).await;
    }
    let token = world.text(
        "select id::text from assignment where case_id = $1",
        case_id.as_uuid(),
    );
    let token = token.await.parse().unwrap();
    let answer = Command::AnswerClarification(AnswerClarification {
        case_id,
        clarification_id: answered,
        text: text("For three months."),
    });
    world.apply(&world.cardiologist, answer, Some(token)).await;

    let told =
        "select count(*)::text from notification where case_id = $1 and kind = 'clarification_escalated'";
    world.later(4 * DAY);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(told, case_id.as_uuid()).await, "0");
    world.later(4 * DAY);
    jobs::round(world.state()).await.unwrap();
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(told, case_id.as_uuid()).await, "1");
    let escalated = "select (escalated_at is not null)::text from clarification where id = $1";
    assert_eq!(world.text(escalated, waiting.as_uuid()).await, "true");
    assert_eq!(world.text(escalated, answered.as_uuid()).await, "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_leaves_its_expert_when_the_window_for_questions_ends() {
    let world = World::new().await;
    let case_id = done_case(&world).await;
    let id = case_id.as_uuid();
    let purged = "select count(*)::text from purge_order where stream = $1";
    world.later(30 * DAY - 1);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(purged, id).await, "0");
    world.later(1);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(purged, id).await, "1");
    let closed = "select window_closed::text || ' ' || status from mso_case where id = $1";
    assert_eq!(world.text(closed, id).await, "true Done");
    let ask = Command::RequestClarification(RequestClarification {
        case_id,
        clarification_id: ClarificationId::generate(world.fixture.now),
        text: text("For how long should the tablets be taken?"),
    });
    assert_eq!(world.run(&world.requester, ask, None).await, "window_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_cases_of_an_expert_who_has_gone_are_new_again_and_the_finished_stay() {
    let world = World::new().await;
    let finished = done_case(&world).await;
    let patient = world.verified_patient("2").await;
    let offered = world.new_case(patient).await;
    world.assigned(offered, &world.cardiologist).await;
    let begun = world.new_case(patient).await;
    world.in_progress(begun, &world.cardiologist).await;
    let leave = DeactivateUser {
        user_id: world.cardiologist.user,
        reason: text("retired"),
    };
    world
        .apply(&world.admin, Command::DeactivateUser(leave), None)
        .await;
    assert_eq!(world.text(STATUS, begun.as_uuid()).await, "InProgress");

    jobs::round(world.state()).await.unwrap();
    for case in [offered, begun] {
        assert_eq!(world.text(STATUS, case.as_uuid()).await, "New");
        let ended = "select end_reason from assignment where case_id = $1";
        assert_eq!(world.text(ended, case.as_uuid()).await, "provider_deactivated");
        assert_eq!(
            world.text(TOLD, case.as_uuid()).await,
            "rima case_ready, rima case_ready"
        );
    }
    assert_eq!(world.text(STATUS, finished.as_uuid()).await, "Done");
    let waiting = "select count(*) from job where kind = 'unassign_cases' and done_at is null";
    assert_eq!(world.count(waiting).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_cannot_be_taken_away_holds_up_no_other_and_is_tried_again() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let mut cases = Vec::new();
    for _ in 0..2 {
        let case = world.new_case(patient).await;
        cases.push((world.assigned(case, &world.cardiologist).await, case));
    }
    cases.sort_unstable();
    // The first to be taken away is the broken one.
    let [broken, whole] = [cases[0].1, cases[1].1];
    let request = "select request::text from mso_case where id = $1";
    let request = world.text(request, broken.as_uuid()).await;
    let set = "update mso_case set request = $2::text::jsonb where id = $1";
    let becomes = |request: String| {
        sqlx::query(set)
            .bind(broken.as_uuid())
            .bind(request)
            .execute(&world.root)
    };
    becomes("{}".to_owned()).await.unwrap();
    let leave = DeactivateUser {
        user_id: world.cardiologist.user,
        reason: text("retired"),
    };
    world
        .apply(&world.admin, Command::DeactivateUser(leave), None)
        .await;
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(STATUS, broken.as_uuid()).await, "Assigned");
    assert_eq!(world.text(STATUS, whole.as_uuid()).await, "New");

    becomes(request).await.unwrap();
    world.later(1);
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(STATUS, broken.as_uuid()).await, "New");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_works_at_a_time_and_a_case_that_cannot_be_read_holds_up_no_other() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let broken = world.new_case(patient).await;
    world.assigned(broken, &world.cardiologist).await;
    world.later(1);
    let whole = world.new_case(patient).await;
    world.assigned(whole, &world.cardiologist).await;
    sqlx::query("update mso_case set request = '{}' where id = $1")
        .bind(broken.as_uuid())
        .execute(&world.root)
        .await
        .unwrap();
    world.later(DAY);

    let other = world.log_in("mso_system").await;
    let Ok(sqlx::Either::Left(held)) = PgAdvisoryLock::new("mso jobs").try_acquire(other).await else {
        panic!("nobody else works");
    };
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, whole.as_uuid()).await, "");
    held.release_now().await.unwrap().close().await.unwrap();
    jobs::round(world.state()).await.unwrap();
    assert_eq!(world.text(OVERDUE, whole.as_uuid()).await, "accept");
    assert_eq!(world.text(OVERDUE, broken.as_uuid()).await, "");
}
