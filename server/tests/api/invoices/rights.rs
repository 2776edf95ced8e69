//! What the database itself forbids about money, whatever the server's queries ask for: a gap in a series, a
//! change of issued content, and reading what the actor may not see.

use mso_core::actor::Actor;
use mso_server::database::Scoped;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{done, in_progress};
use crate::commands::world::World;

/// The result of a statement as this actor: `done` with the number of rows, or the violated constraint or the
/// SQLSTATE.
async fn tried(world: &World, actor: &Actor, sql: &str, id: Uuid) -> String {
    let tx = world.state().database.begin_scoped(actor).await.unwrap();
    tried_in(tx, sql, id).await
}

/// The same in the transaction that makes the case Done.
async fn tried_at_done(world: &World, actor: &Actor, sql: &str, id: Uuid) -> String {
    let mut tx = world.state().database.begin_scoped(actor).await.unwrap();
    let done = "update mso_case set status = 'Done', done_at = now() where id = $1 and done_at is null";
    sqlx::query(done).bind(id).execute(tx.conn()).await.unwrap();
    tried_in(tx, sql, id).await
}

async fn tried_in(mut tx: Scoped, sql: &str, id: Uuid) -> String {
    match sqlx::query(AssertSqlSafe(sql)).bind(id).execute(tx.conn()).await {
        Ok(result) => format!("done {}", result.rows_affected()),
        Err(error) => {
            let error = error.into_database_error().expect("no answer of the database");
            let constraint = error.constraint().map(str::to_owned);
            constraint.unwrap_or_else(|| error.code().unwrap().into_owned())
        }
    }
}

/// Insufficient privilege, or a row that no policy permits.
const DENIED: &str = "42501";

#[tokio::test(flavor = "multi_thread")]
async fn no_login_can_leave_a_gap_in_a_series() {
    let world = World::new().await;
    done(&world, "1").await;
    let patient = world.verified_patient("2").await;
    let (case, _) = in_progress(&world, patient).await;
    let case = case.as_uuid();
    let none = Uuid::nil();
    for actor in [&world.cardiologist, &world.admin, &Actor::SYSTEM] {
        for (sql, expected) in [
            (
                "update invoice_series set next_number = next_number + 2 where seller_id <> $1",
                "invoice_series_steps",
            ),
            (
                "update invoice_series set next_number = next_number - 1 where seller_id <> $1",
                "invoice_series_steps",
            ),
            (
                "update invoice_series set next_number = next_number where seller_id <> $1",
                "invoice_series_steps",
            ),
            // Raised by one, but without the invoice that carries the number.
            (
                "update invoice_series set next_number = next_number + 1 where seller_id <> $1",
                "invoice_series_last_is_issued",
            ),
            (
                "update invoice_series set fiscal_year = 2027 where seller_id <> $1",
                DENIED,
            ),
            (
                "insert into invoice_series (seller_id, fiscal_year, next_number) select id, 2027, 5 from seller where id <> $1",
                DENIED,
            ),
            ("delete from invoice_series where seller_id <> $1", DENIED),
        ] {
            assert_eq!(
                tried(&world, actor, sql, none).await,
                expected,
                "{:?}: {sql}",
                actor.role()
            );
        }
    }
    // A number that is not the next one, for the user's own case.
    let insert = "insert into invoice (id, seller_id, fiscal_year, number, case_id, institution_id, seller, buyer, issued_at,
                    supply_date, due_date, currency, lines, net_minor, tax_minor, gross_minor, payment)
                  select gen_random_uuid(), s.id, 2026, 7, c.id, c.institution_id, '{}', '{}', now(), '2026-11-23',
                    '2026-11-23', 'EUR', '[]', 1, 0, 1, 'open'
                  from seller s, mso_case c where c.id = $1";
    for actor in [&world.cardiologist, &world.admin, &Actor::SYSTEM] {
        assert_eq!(
            tried(&world, actor, insert, case).await,
            "invoice_number_next",
            "{:?}",
            actor.role()
        );
    }
    assert_eq!(tried(&world, &world.requester, insert, case).await, DENIED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_may_issue_the_invoice_of_a_case_of_the_own_and_nothing_else() {
    let world = World::new().await;
    let (foreign, _) = done(&world, "1").await;
    let patient = world.verified_patient("2").await;
    let (case, _) = in_progress(&world, patient).await;
    let institution = world.requester.institution().unwrap();
    let insert = |payment: &str| {
        format!(
            "insert into invoice (id, seller_id, fiscal_year, number, case_id, institution_id, seller, buyer, issued_at,
               supply_date, due_date, currency, lines, net_minor, tax_minor, gross_minor, payment)
             select overlay(gen_random_uuid()::text placing '7' from 15)::uuid, id, 2026, 2, $1, '{institution}', '{{}}', '{{}}', now(), '2026-11-23',
               '2026-11-23', currency, '[]', 25000, 4750, 29750, '{payment}' from seller"
        )
    };
    let (own, colleague) = (&world.cardiologist, &world.generalist);
    assert_eq!(
        tried_at_done(&world, own, &insert("open"), case.as_uuid()).await,
        "done 1"
    );
    assert_eq!(tried(&world, own, &insert("open"), case.as_uuid()).await, DENIED);
    let cheaper = insert("open").replace("25000, 4750, 29750", "1, 0, 1");
    assert_eq!(tried_at_done(&world, own, &cheaper, case.as_uuid()).await, DENIED);
    assert_eq!(
        tried_at_done(&world, own, &insert("paid"), case.as_uuid()).await,
        DENIED
    );
    // A second invoice for a case that has one, and one for a colleague's case.
    assert_eq!(
        tried_at_done(&world, own, &insert("open"), foreign.as_uuid()).await,
        "invoice_of_done"
    );
    assert_eq!(
        tried_at_done(&world, colleague, &insert("open"), case.as_uuid()).await,
        DENIED
    );
    let elsewhere = insert("open").replace(
        &institution.to_string(),
        &world.stranger.institution().unwrap().to_string(),
    );
    assert_eq!(
        tried_at_done(&world, own, &elsewhere, case.as_uuid()).await,
        "invoice_institution_of_case"
    );
    let dollars = insert("open").replace("currency, '[]'", "'USD', '[]'");
    assert_eq!(tried_at_done(&world, own, &dollars, case.as_uuid()).await, DENIED);
    // What the expert is owed stands in the quote.
    let record = |fee: i64, provider: &str| {
        format!(
            "insert into service_record (id, case_id, case_number, provider_id, service_code, performed_at, fee_minor, currency)
             select overlay(gen_random_uuid()::text placing '7' from 15)::uuid, id, number, {provider}, 'one_specialist', now(),
               {fee}, 'EUR' from mso_case where id = $1"
        )
    };
    let id = case.as_uuid();
    assert_eq!(
        tried_at_done(&world, own, &record(15_000, "provider_id"), id).await,
        "done 1"
    );
    assert_eq!(
        tried_at_done(&world, own, &record(15_001, "provider_id"), id).await,
        DENIED
    );
    let other = format!("'{}'", colleague.provider().unwrap());
    assert_eq!(
        tried_at_done(&world, own, &record(15_000, &other), id).await,
        DENIED
    );
    assert_eq!(
        tried(&world, own, &record(15_000, "provider_id"), id).await,
        DENIED
    );
    for sql in [
        "select * from invoice where id <> $1",
        "select gross_minor from invoice where id <> $1",
        "select * from payment where id <> $1",
        "update invoice set payment = 'paid' where id <> $1",
        "insert into invoice (id, credit_of) values (gen_random_uuid(), $1)",
        "update service_record set state = 'settled' where id <> $1",
        "update service_record set fee_minor = 1 where id <> $1",
        "insert into service_record (id, case_id, state) values (gen_random_uuid(), $1, 'settled')",
        "update seller set legal_name = 'me' where id <> $1",
    ] {
        assert_eq!(
            tried(&world, &world.cardiologist, sql, Uuid::nil()).await,
            DENIED,
            "{sql}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_edits_what_was_issued() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    for actor in [
        &world.requester,
        &world.cardiologist,
        &world.admin,
        &Actor::SYSTEM,
    ] {
        for sql in [
            "update invoice set lines = '[]' where id = $1",
            "update invoice set gross_minor = 0, net_minor = 0, tax_minor = 0 where id = $1",
            "update invoice set number = 7 where id = $1",
            "update invoice set buyer = '{}' where id = $1",
            "update invoice set issued_at = now() where id = $1",
            "update invoice set credit_of = null where id = $1",
            "update payment set amount_minor = 1 where invoice_id = $1",
            "delete from invoice where id = $1",
            "delete from payment where invoice_id = $1",
        ] {
            assert_eq!(
                tried(&world, actor, sql, id.as_uuid()).await,
                DENIED,
                "{:?}: {sql}",
                actor.role()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_may_dispute_the_own_invoices_in_the_own_name_only() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let id = id.as_uuid();
    let verified = "update invoice set verification = '{\"state\": \"verified\"}' where id = $1";
    assert_eq!(tried(&world, &world.requester, verified, id).await, DENIED);
    let in_anothers_name =
        "update invoice set verification = jsonb_build_object('state', 'flagged', 'by', $1) where id = $1";
    assert_eq!(
        tried(&world, &world.requester, in_anothers_name, id).await,
        DENIED
    );
    let own = "update invoice set verification = jsonb_build_object('state', 'flagged', 'by', acting_user()) where id = $1";
    assert_eq!(tried(&world, &world.requester, own, id).await, "done 1");
    assert_eq!(tried(&world, &world.stranger, own, id).await, "done 0");
    for sql in [
        "update invoice set payment = 'paid' where id = $1",
        "update invoice set credited_minor = 1 where id = $1",
        "select fee_minor from service_record where id <> $1",
        "select bank_details from seller where id <> $1",
    ] {
        assert_eq!(tried(&world, &world.requester, sql, id).await, DENIED, "{sql}");
    }
    assert_eq!(
        tried(&world, &world.stranger, "select from invoice where id = $1", id).await,
        "done 0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_itself_refuses_to_credit_more_than_there_is() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let more = "update invoice set credited_minor = gross_minor + 1 where id = $1";
    assert_eq!(
        tried(&world, &world.admin, more, id.as_uuid()).await,
        "invoice_never_over_credited"
    );
    let without_reason = "update invoice set payment = 'written_off' where id = $1";
    assert_eq!(
        tried(&world, &world.admin, without_reason, id.as_uuid()).await,
        "invoice_written_off_has_reason"
    );
}
