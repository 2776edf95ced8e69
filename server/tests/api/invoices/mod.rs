//! Money on a real PostgreSQL: the series, what happens to an invoice, who reads what, and every stored
//! amount recomputed.

mod afterwards;
mod reads;
mod recomputed;
mod rights;
mod series;
mod synced;

use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId, InvoiceId, PatientId, PaymentId};
use mso_core::invoices::{
    CreditScope, FlagInvoice, Invoice, IssueCreditNote, RecordPayment, ReissueInvoice, VerifyInvoice,
};
use mso_core::money::Money;
use mso_core::testing::text;
use mso_server::invoices::records;
use uuid::Uuid;

use crate::commands::world::World;

/// A case under review by the cardiologist.
async fn in_progress(world: &World, patient: PatientId) -> (CaseId, AssignmentId) {
    let case = world.new_case(patient).await;
    (case, world.in_progress(case, &world.cardiologist).await)
}

/// Submits the opinion on a case under review; returns the invoice.
async fn finished(world: &World, case: CaseId, token: AssignmentId) -> InvoiceId {
    world.finished(case, token).await;
    let id = sqlx::query_scalar("select id from invoice where case_id = $1");
    InvoiceId::from_uuid(id.bind(case.as_uuid()).fetch_one(&world.root).await.unwrap())
}

/// A done case of the requester's institution, and its invoice over 250.00 plus 19 % tax.
async fn done(world: &World, number: &str) -> (CaseId, InvoiceId) {
    let patient = world.verified_patient(number).await;
    let (case, token) = in_progress(world, patient).await;
    (case, finished(world, case, token).await)
}

/// The invoice as an admin reads it.
async fn stored(world: &World, id: InvoiceId) -> Invoice {
    let mut tx = world.state().database.begin_scoped(&world.admin).await.unwrap();
    let found = records::find(tx.conn(), &world.admin, id).await.unwrap();
    found.expect("no such invoice").invoice
}

fn euros(minor: i64) -> Money {
    Money {
        minor,
        currency: mso_core::money::Currency::EUR,
    }
}

fn verify(invoice_id: InvoiceId) -> Command {
    Command::VerifyInvoice(VerifyInvoice {
        invoice_id,
        settles_dispute: false,
    })
}

fn flag(invoice_id: InvoiceId, reason: &str) -> Command {
    Command::FlagInvoice(FlagInvoice {
        invoice_id,
        reason: text(reason),
    })
}

fn payment(world: &World, invoice_id: InvoiceId, amount: Money) -> Command {
    Command::RecordPayment(RecordPayment {
        invoice_id,
        payment_id: PaymentId::generate(world.fixture.now),
        amount,
        received_on: world.fixture.now.date(),
        reference: Some(text("bank 7")),
    })
}

fn credit(world: &World, invoice_id: InvoiceId, scope: CreditScope) -> (InvoiceId, Command) {
    let credit_note_id = InvoiceId::generate(world.fixture.now);
    let command = IssueCreditNote {
        invoice_id,
        credit_note_id,
        scope,
        reason: text("the canary of credits"),
    };
    (credit_note_id, Command::IssueCreditNote(command))
}

fn reissue(world: &World, invoice_id: InvoiceId) -> (InvoiceId, Command) {
    let new_invoice_id = InvoiceId::generate(world.fixture.now);
    let command = ReissueInvoice {
        invoice_id,
        new_invoice_id,
        items: None,
    };
    (new_invoice_id, Command::ReissueInvoice(command))
}

/// The numbers of all invoices and credit notes of all series, in order.
async fn numbers(world: &World) -> Vec<i64> {
    let numbers = sqlx::query_scalar("select number from invoice order by fiscal_year, number");
    numbers.fetch_all(&world.root).await.unwrap()
}

async fn count_of(world: &World, sql: &'static str, id: Uuid) -> i64 {
    sqlx::query_scalar(sql)
        .bind(id)
        .fetch_one(&world.root)
        .await
        .unwrap()
}
