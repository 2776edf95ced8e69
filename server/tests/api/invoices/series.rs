//! The series of invoice numbers has no gap and no duplicate, whatever runs concurrently or fails.

use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId};
use mso_core::invoices::CreditScope;
use mso_core::protocol::sync::Outcome;
use mso_server::commands::ExecuteError;
use mso_server::commands::execute::execute;

use super::{credit, done, finished, in_progress, numbers};
use crate::commands::world::{World, code};

async fn ready_for_done(world: &World, count: usize) -> Vec<(CaseId, AssignmentId)> {
    let patient = world.verified_patient("1").await;
    let mut cases = Vec::new();
    for _ in 0..count {
        cases.push(in_progress(world, patient).await);
    }
    cases
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

    // Fails after the number was drawn: the service record is written after the invoice.
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
        world.finished(case, token).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_note_takes_the_next_number_of_the_same_series() {
    let world = World::new().await;
    let (_, first) = done(&world, "1").await;
    let (note, command) = credit(&world, first, CreditScope::Whole);
    world.apply(&world.admin, command, None).await;
    let (_, last) = done(&world, "2").await;
    let written =
        "select (seller ->> 'prefix') || '-' || fiscal_year || '-' || number from invoice where id = $1";
    let mut all = Vec::new();
    for id in [first, note, last] {
        all.push(world.text(written, id.as_uuid()).await);
    }
    assert_eq!(all, ["MSO-2026-1", "MSO-2026-2", "MSO-2026-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn done_and_credited_at_once_while_some_fail_there_is_no_gap_and_no_double() {
    let world = World::new().await;
    let cases = ready_for_done(&world, 24).await;
    let mut credited = Vec::new();
    for (case, token) in cases.iter().take(6) {
        credited.push(finished(&world, *case, *token).await);
    }
    // Some Dones fail after their number was drawn, and the number is returned.
    for sql in [
        "create function some_fail() returns trigger language plpgsql as $$ begin
           if ('x' || right(new.case_id::text, 2))::bit(8)::int % 3 = 0 then raise 'not now'; end if; return new;
         end $$",
        "create trigger some_fail before insert on service_record for each row execute function some_fail()",
    ] {
        sqlx::query(sql).execute(&world.root).await.unwrap();
    }
    let requests: Vec<_> = cases
        .iter()
        .skip(6)
        .map(|(case, token)| {
            let submit = Command::SubmitRecommendation(world.submit_recommendation(*case));
            world.request(submit, Some(*token))
        })
        .collect();
    let fails = |case: &CaseId| case.as_uuid().as_bytes()[15].is_multiple_of(3);
    let expected: Vec<bool> = cases.iter().skip(6).map(|(case, _)| !fails(case)).collect();
    let dones = requests.iter().map(|request| async {
        execute(world.state(), &world.cardiologist, request.clone())
            .await
            .is_ok()
    });
    let credits = credited.iter().map(|invoice| async {
        let (_, command) = credit(&world, *invoice, CreditScope::Whole);
        world.run(&world.admin, command, None).await
    });
    let (dones, credits) = futures::join!(
        futures::future::join_all(dones),
        futures::future::join_all(credits)
    );
    assert_eq!(dones, expected);
    assert!(credits.iter().all(|code| code == "applied"), "{credits:?}");
    let issued = 12 + i64::try_from(expected.iter().filter(|ok| **ok).count()).unwrap();
    assert_eq!(numbers(&world).await, (1..=issued).collect::<Vec<_>>());

    // When they are sent again, as phones do, each gets its number, once.
    sqlx::query("drop trigger some_fail on service_record")
        .execute(&world.root)
        .await
        .unwrap();
    for _ in 0..2 {
        let again = requests
            .iter()
            .map(|request| world.send(&world.cardiologist, request));
        for executed in futures::future::join_all(again.collect::<Vec<_>>()).await {
            assert!(code(&executed.outcome).ends_with("applied"));
        }
    }
    assert_eq!(numbers(&world).await, (1..=30).collect::<Vec<_>>());
    let dones = "select count(distinct case_id) from invoice where credit_of is null";
    assert_eq!(world.count(dones).await, 24);
}
