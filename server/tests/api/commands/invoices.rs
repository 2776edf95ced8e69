//! The series of invoice numbers has no gap and no double, whatever happens at once or fails.

use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId};
use mso_core::protocol::sync::Outcome;
use mso_server::commands::execute::{ExecuteError, execute};

use super::world::{World, code};

async fn ready_for_done(world: &World, count: usize) -> Vec<(CaseId, AssignmentId)> {
    let patient = world.verified_patient("1").await;
    let mut cases = Vec::new();
    for _ in 0..count {
        let case = world.new_case(patient).await;
        cases.push((case, world.in_progress(case, &world.cardiologist).await));
    }
    cases
}

async fn numbers(world: &World) -> Vec<i64> {
    sqlx::query_scalar("select number from invoice order by number")
        .fetch_all(&world.root)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_get_the_numbers_one_to_twenty() {
    let world = World::new().await;
    let cases = ready_for_done(&world, 20).await;
    let sends = cases.iter().map(|(case, token)| {
        let submit = Command::SubmitRecommendation(world.submit_recommendation(*case));
        world.run(&world.cardiologist, submit, Some(*token))
    });
    let codes = futures::future::join_all(sends.collect::<Vec<_>>()).await;
    assert!(codes.iter().all(|code| code == "applied"), "{codes:?}");
    assert_eq!(numbers(&world).await, (1..=20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_done_that_fails_leaves_no_gap_and_may_be_sent_again() {
    let world = World::new().await;
    let cases = ready_for_done(&world, 3).await;
    let mut requests = cases.iter().map(|(case, token)| {
        world.request(
            Command::SubmitRecommendation(world.submit_recommendation(*case)),
            Some(*token),
        )
    });
    let (first, failing, last) = (
        requests.next().unwrap(),
        requests.next().unwrap(),
        requests.next().unwrap(),
    );
    assert_eq!(
        world.send(&world.cardiologist, &first).await.outcome,
        Outcome::Applied
    );

    // Fails after its number was drawn: the service record comes after the invoice.
    let broken = "alter table service_record add constraint broken check (false) not valid";
    sqlx::query(broken).execute(&world.root).await.unwrap();
    let before = world.footprint().await;
    let fault = execute(world.state(), &world.cardiologist, failing.clone())
        .await
        .unwrap_err();
    assert!(matches!(fault, ExecuteError::Database(_)), "{fault}");
    assert_eq!(world.footprint().await, before);
    sqlx::query("alter table service_record drop constraint broken")
        .execute(&world.root)
        .await
        .unwrap();

    assert_eq!(
        code(&world.send(&world.cardiologist, &last).await.outcome),
        "applied"
    );
    assert_eq!(
        code(&world.send(&world.cardiologist, &failing).await.outcome),
        "applied"
    );
    assert_eq!(numbers(&world).await, [1, 2, 3]);
    assert_eq!(
        code(&world.send(&world.cardiologist, &failing).await.outcome),
        "replayed applied"
    );
    assert_eq!(numbers(&world).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_year_begins_again_at_one() {
    let world = World::new().await;
    let cases = ready_for_done(&world, 2).await;
    for (case, token) in cases {
        let submit = Command::SubmitRecommendation(world.submit_recommendation(case));
        world.apply(&world.cardiologist, submit, Some(token)).await;
        world.later(60 * 24 * 60);
    }
    let written = "select string_agg(fiscal_year || '-' || number, ' ' order by fiscal_year) from invoice
                   where seller_id is distinct from $1";
    assert_eq!(world.text(written, uuid::Uuid::nil()).await, "2026-1 2027-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_seller_for_the_currency_nothing_is_done() {
    let world = World::new().await;
    let cases = ready_for_done(&world, 1).await;
    sqlx::query("update seller set currency = 'USD'")
        .execute(&world.root)
        .await
        .unwrap();
    for (case, token) in cases {
        let submit = Command::SubmitRecommendation(world.submit_recommendation(case));
        let before = world.footprint().await;
        let fault = execute(
            world.state(),
            &world.cardiologist,
            world.request(submit, Some(token)),
        )
        .await
        .unwrap_err();
        assert!(matches!(fault, ExecuteError::NoSeller { .. }), "{fault}");
        assert_eq!(world.footprint().await, before);
    }
}
