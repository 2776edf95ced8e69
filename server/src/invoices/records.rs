//! The SQL of issued invoices: locking, loading, listing, and updating their status.
//!
//! The invariant: the issued content is never updated, only what happened to the invoice since; the schema
//! grants no more. An invoice outside the caller's scope appears not to exist, and providers have no invoices
//! in scope.

use std::collections::HashMap;

use futures::FutureExt;
use mso_core::actor::{Acting, Actor, Role};
use mso_core::ids::{CaseId, InstitutionId, InvoiceId, PaymentId, UserId};
use mso_core::invoices::{
    Buyer, CreditOf, Flag, Invoice, InvoiceAmounts, InvoiceHead, InvoiceLine, InvoiceVerification, Payment,
    PaymentState, Seller, SeriesNumber, WriteOff,
};
use mso_core::money::{Currency, Money};
use mso_core::text::{Form, Text};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::database::columns::{currency, from_name, from_unsigned, to_json, to_unsigned};
use crate::database::{DatabaseError, Readable, date_from, date_to, from_timestamp, readable, to_timestamp};
use crate::http::list::{Place, last_of_full};

/// An invoice and its case's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceOfCase {
    pub invoice: Invoice,
    pub case_number: String,
}

/// Whose invoices the actor may see: one institution's, all (`Some(None)`), or nobody's (`None`).
fn scope(actor: &Actor) -> Option<Option<InstitutionId>> {
    match actor.acting {
        Acting::Requester { institution } => Some(Some(institution)),
        Acting::Admin => Some(None),
        Acting::Provider { .. } | Acting::System => None,
    }
}

/// The invoice, locked, if it is in the actor's scope.
pub async fn lock(
    connection: &mut PgConnection,
    actor: &Actor,
    id: InvoiceId,
) -> Result<Option<Invoice>, DatabaseError> {
    let Some(institution) = scope(actor) else {
        return Ok(None);
    };
    // A separate statement, so that payments and credit notes committed during the wait are visible.
    let locked = sqlx::query_scalar!(
        "select id from invoice where id = $1 and ($2::uuid is null or institution_id = $2) for update",
        id.as_uuid(),
        institution.map(InstitutionId::as_uuid),
    )
    .fetch_optional(&mut *connection)
    .await?;
    match locked {
        Some(id) => Ok(load(connection, institution, &[id])
            .await?
            .pop()
            .map(|found| found.invoice)),
        None => Ok(None),
    }
}

/// All credit notes of an invoice, oldest first.
pub async fn credit_notes_of(
    connection: &mut PgConnection,
    id: InvoiceId,
) -> Result<Vec<Invoice>, DatabaseError> {
    let ids = sqlx::query_scalar!("select id from invoice where credit_of = $1", id.as_uuid())
        .fetch_all(&mut *connection)
        .await?;
    let mut notes: Vec<Invoice> = load(connection, None, &ids)
        .await?
        .into_iter()
        .map(|found| found.invoice)
        .collect();
    notes.sort_by_key(|note| note.head.as_ref().map(|head| head.series));
    Ok(notes)
}

/// Loads these invoices completely, in no particular order: of one institution, or (`None`) of any.
pub async fn load(
    connection: &mut PgConnection,
    institution: Option<InstitutionId>,
    ids: &[Uuid],
) -> Result<Vec<InvoiceOfCase>, DatabaseError> {
    let institution = institution.map(InstitutionId::as_uuid);
    let rows = sqlx::query_file!("src/invoices/sql/load_invoices.sql", ids, institution)
        .fetch_all(&mut *connection)
        .await?;
    let found: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut payments = payments(connection, &found).await?;
    let mut invoices = Vec::with_capacity(rows.len());
    for row in rows {
        let currency = currency(&row.currency)?;
        let money = |minor| Money { minor, currency };
        let payments = payments.remove(&row.id).unwrap_or_default();
        let series = SeriesNumber {
            fiscal_year: row.fiscal_year,
            number: row.number,
        };
        let credited_series = row
            .credited_year
            .zip(row.credited_number)
            .zip(row.credited_prefix);
        let credit_of = row.credit_of.zip(row.credit_reason).zip(credited_series);
        let amounts = InvoiceAmounts::stored(
            row.lines.0,
            money(row.net_minor),
            money(row.tax_minor),
            money(row.gross_minor),
        );
        let invoice = Invoice {
            id: InvoiceId::from_uuid(row.id),
            case_id: CaseId::from_uuid(row.case_id),
            number: series.written(&row.seller.prefix),
            issued_at: to_timestamp(row.issued_at),
            amounts: amounts.map_err(|_| DatabaseError::Corrupt("invoice.lines"))?,
            head: Some(InvoiceHead {
                institution_id: InstitutionId::from_uuid(row.institution_id),
                seller: row.seller.0,
                buyer: row.buyer.0,
                series,
                supply_date: date_to(row.supply_date),
                due_date: date_to(row.due_date),
            }),
            credit_of: credit_of
                .map(|((id, reason), ((fiscal_year, number), prefix))| {
                    Ok::<_, DatabaseError>(CreditOf {
                        invoice_id: InvoiceId::from_uuid(id),
                        number: SeriesNumber { fiscal_year, number }.written(&prefix),
                        reason: text(&reason, "invoice.credit_reason")?,
                    })
                })
                .transpose()?,
            reissue_of: row.reissue_of.map(InvoiceId::from_uuid),
            reissued_as: row.reissued_as.map(InvoiceId::from_uuid),
            verification: row.verification.0,
            past_flags: row.past_flags.0,
            payment: from_name(&row.payment, "invoice.payment")?,
            payments: payments
                .into_iter()
                .map(|payment| payment.read(currency))
                .collect::<Result<_, _>>()?,
            write_off: row.write_off.map(|write_off| write_off.0),
            credited: (row.credited_minor != 0).then(|| money(row.credited_minor)),
            fully_credited: row.fully_credited,
            version: to_unsigned(row.version, "invoice.version")?,
        };
        invoices.push(InvoiceOfCase {
            invoice,
            case_number: row.case_number,
        });
    }
    Ok(invoices)
}

struct PaymentRow {
    id: Uuid,
    invoice_id: Uuid,
    amount_minor: i64,
    received_on: time::Date,
    reference: Option<String>,
    recorded_by: Uuid,
    recorded_at: time::OffsetDateTime,
}

impl PaymentRow {
    fn read(self, currency: Currency) -> Result<Payment, DatabaseError> {
        let reference = self.reference.as_deref();
        Ok(Payment {
            id: PaymentId::from_uuid(self.id),
            amount: Money {
                minor: self.amount_minor,
                currency,
            },
            received_on: date_to(self.received_on),
            reference: reference
                .map(|words| text(words, "payment.reference"))
                .transpose()?,
            recorded_by: Some(UserId::from_uuid(self.recorded_by)),
            recorded_at: to_timestamp(self.recorded_at),
        })
    }
}

async fn payments(
    connection: &mut PgConnection,
    invoices: &[Uuid],
) -> Result<HashMap<Uuid, Vec<PaymentRow>>, DatabaseError> {
    let rows = sqlx::query_as!(
        PaymentRow,
        "select id, invoice_id, amount_minor, received_on, reference, recorded_by, recorded_at
         from payment where invoice_id = any($1) order by recorded_at, id",
        invoices,
    )
    .fetch_all(connection)
    .await?;
    let mut by_invoice = HashMap::<_, Vec<_>>::new();
    for row in rows {
        by_invoice.entry(row.invoice_id).or_default().push(row);
    }
    Ok(by_invoice)
}

fn text<const MIN: usize, const MAX: usize, F: Form>(
    stored: &str,
    column: &'static str,
) -> Result<Text<MIN, MAX, F>, DatabaseError> {
    Text::stored(stored).map_err(|_| DatabaseError::Corrupt(column))
}

/// Writes the mutable part of an invoice whose row is locked.
pub async fn update(
    connection: &mut PgConnection,
    actor: &Actor,
    invoice: &Invoice,
) -> Result<(), DatabaseError> {
    match actor.role() {
        Role::Requester => dispute(connection, invoice).await,
        Role::Admin | Role::Provider | Role::System => update_all(connection, invoice).await,
    }
}

/// Writes all that a requester may change; the database role permits no more.
async fn dispute(connection: &mut PgConnection, invoice: &Invoice) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update invoice set verification = $2, version = $3 where id = $1",
        invoice.id.as_uuid(),
        to_json(&invoice.verification, "invoice.verification")?,
        from_unsigned(invoice.version, "invoice.version")?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn update_all(connection: &mut PgConnection, invoice: &Invoice) -> Result<(), DatabaseError> {
    let write_off = invoice.write_off.as_ref();
    sqlx::query!(
        "update invoice set verification = $2, past_flags = $3, payment = $4, write_off = $5, credited_minor = $6,
           fully_credited = $7, version = $8
         where id = $1",
        invoice.id.as_uuid(),
        to_json(&invoice.verification, "invoice.verification")?,
        to_json(&invoice.past_flags, "invoice.past_flags")?,
        invoice.payment.name(),
        write_off.map(|given_up| to_json(given_up, "invoice.write_off")).transpose()?,
        invoice.credited.map_or(0, |credited| credited.minor),
        invoice.fully_credited,
        from_unsigned(invoice.version, "invoice.version")?,
    )
    .execute(&mut *connection)
    .await?;
    for payment in &invoice.payments {
        add_payment(connection, invoice.id, payment).await?;
    }
    Ok(())
}

/// Adds the payment unless the invoice already has it. An id used by another invoice violates `payment_pkey`.
async fn add_payment(
    connection: &mut PgConnection,
    invoice: InvoiceId,
    payment: &Payment,
) -> Result<(), DatabaseError> {
    let recorded_by = payment
        .recorded_by
        .ok_or(DatabaseError::Corrupt("payment.recorded_by"))?;
    sqlx::query!(
        "insert into payment (id, invoice_id, amount_minor, received_on, reference, recorded_by, recorded_at)
         select $1, $2, $3, $4, $5, $6, $7
         where not exists (select from payment where id = $1 and invoice_id = $2)",
        payment.id.as_uuid(),
        invoice.as_uuid(),
        payment.amount.minor,
        date_from(payment.received_on),
        payment.reference.as_ref().map(Text::as_str),
        recorded_by.as_uuid(),
        from_timestamp(payment.recorded_at),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Filter of a list of invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Name of the verification state.
    pub verification: Option<&'static str>,
    pub payment: Option<PaymentState>,
    /// `true`: only credit notes; `false`: none.
    pub credit_notes: Option<bool>,
    pub case: Option<CaseId>,
}

/// The next invoices in the actor's scope after a position, newest first, and the position of the next page.
pub async fn list(
    connection: &mut PgConnection,
    actor: &Actor,
    filter: Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<(Readable<Uuid, InvoiceOfCase>, Option<Place>), DatabaseError> {
    let Some(institution) = scope(actor) else {
        return Ok((Readable::none(), None));
    };
    let rows = sqlx::query_file!(
        "src/invoices/sql/list_invoices.sql",
        institution.map(InstitutionId::as_uuid),
        filter.verification,
        filter.payment.map(PaymentState::name),
        filter.credit_notes,
        filter.case.map(CaseId::as_uuid),
        after.map(|place| from_timestamp(place.at)),
        after.map(|place| place.id),
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    let next = last_of_full(&rows, limit).map(|row| Place {
        at: to_timestamp(row.issued_at),
        id: row.id,
    });
    let ids: Vec<Uuid> = rows.into_iter().map(|row| row.id).collect();
    let mut invoices = readable(connection, &ids, move |connection, ids| {
        load(connection, institution, ids).boxed()
    })
    .await?;
    invoices
        .records
        .sort_by_key(|found| ids.iter().position(|id| *id == found.invoice.id.as_uuid()));
    Ok((invoices, next))
}

/// The invoice, if it is in the actor's scope.
pub async fn find(
    connection: &mut PgConnection,
    actor: &Actor,
    id: InvoiceId,
) -> Result<Option<InvoiceOfCase>, DatabaseError> {
    match scope(actor) {
        Some(institution) => Ok(load(connection, institution, &[id.as_uuid()]).await?.pop()),
        None => Ok(None),
    }
}
