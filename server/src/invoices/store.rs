//! The SQL of quotes, invoices and service records.
//!
//! The invariant: an invoice's number comes from a counter row that stays locked until its transaction ends, so a
//! series has no gap: what is rolled back gives its number back.

use mso_core::cases::{Case, ServiceType};
use mso_core::catalogue::PriceEntry;
use mso_core::ids::{CaseId, InvoiceId, PriceListId, ProviderId, ServiceRecordId};
use mso_core::invoices::InvoiceAmounts;
use mso_core::money::Money;
use mso_core::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::catalogue::store::currency;
use crate::database::columns::{to_json, to_unsigned};
use crate::database::{DatabaseError, date_from, from_timestamp};

/// Days until an invoice is due.
const DUE_DAYS: i32 = 30;

/// The seller, as frozen on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// Who issues.
    pub id: Uuid,
    /// The name in law.
    pub legal_name: String,
    /// Postal address.
    pub address: String,
    /// Of the company register.
    pub registration_number: String,
    /// For tax.
    pub tax_number: String,
    /// Before the year in the invoice's number.
    pub prefix: String,
}

/// The buyer, as frozen on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The institution's name.
    pub name: String,
    /// Postal address.
    pub address: Option<String>,
    /// Of the company register.
    pub registration_number: Option<String>,
    /// For tax.
    pub tax_number: Option<String>,
}

/// What was frozen at submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What will be done.
    pub service_code: String,
    /// What it costs.
    pub price: PriceEntry,
}

/// An invoice about to be issued.
#[derive(Debug)]
pub struct NewInvoice<'a> {
    /// For this case.
    pub case: &'a Case,
    /// By whom.
    pub seller: &'a Seller,
    /// How much.
    pub amounts: &'a InvoiceAmounts,
    /// When.
    pub now: Timestamp,
}

/// The invoice's number as people read it: `MSO-2026-1`.
#[must_use]
pub fn written_number(prefix: &str, fiscal_year: i32, number: i64) -> String {
    format!("{prefix}-{fiscal_year}-{number}")
}

/// Freezes price and tax with the case.
pub async fn freeze_quote(
    connection: &mut PgConnection,
    case: CaseId,
    service: ServiceType,
    price: &PriceEntry,
) -> Result<(), DatabaseError> {
    let tax_rate =
        i32::try_from(price.tax_rate_bp).map_err(|_| DatabaseError::Corrupt("case_quote.tax_rate_bp"))?;
    sqlx::query!(
        "insert into case_quote
           (case_id, price_list_id, service_code, net_minor, fee_minor, currency, tax_rate_bp)
         values ($1, $2, $3, $4, $5, $6, $7)",
        case.as_uuid(),
        price.price_list_id.as_uuid(),
        service.name(),
        price.net.minor,
        price.provider_fee.minor,
        price.net.currency.code(),
        tax_rate,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The quote of a case.
pub async fn quote(connection: &mut PgConnection, case: CaseId) -> Result<Option<Quote>, DatabaseError> {
    let row = sqlx::query!(
        "select price_list_id, service_code, net_minor, fee_minor, currency, tax_rate_bp
         from case_quote where case_id = $1",
        case.as_uuid(),
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let currency = currency(&row.currency)?;
        Ok(Quote {
            service_code: row.service_code,
            price: PriceEntry {
                price_list_id: PriceListId::from_uuid(row.price_list_id),
                net: Money {
                    minor: row.net_minor,
                    currency,
                },
                tax_rate_bp: to_unsigned(i64::from(row.tax_rate_bp), "case_quote.tax_rate_bp")?,
                provider_fee: Money {
                    minor: row.fee_minor,
                    currency,
                },
            },
        })
    })
    .transpose()
}

/// Who issues invoices in this currency.
pub async fn seller_for(
    connection: &mut PgConnection,
    currency: &str,
) -> Result<Option<Seller>, DatabaseError> {
    let seller = sqlx::query_as!(
        Seller,
        "select id, legal_name, address, registration_number, tax_number, prefix
         from seller where currency = $1 order by created_at, id limit 1",
        currency,
    )
    .fetch_optional(connection)
    .await?;
    Ok(seller)
}

/// Issues an invoice with the next number of the seller's year.
pub async fn issue(
    connection: &mut PgConnection,
    invoice: &NewInvoice<'_>,
) -> Result<InvoiceId, DatabaseError> {
    let NewInvoice {
        case,
        seller,
        amounts,
        now,
    } = *invoice;
    let buyer = buyer(connection, case).await?;
    let (year, day) = (i32::from(now.year()), now.date());
    let due: Date = day.plus_days(DUE_DAYS);
    let number = draw_number(connection, seller.id, year).await?;
    let id = InvoiceId::generate(now);
    sqlx::query_file!(
        "src/invoices/sql/insert_invoice.sql",
        id.as_uuid(),
        seller.id,
        year,
        number,
        case.id.as_uuid(),
        case.institution_id.as_uuid(),
        to_json(seller, "invoice.seller")?,
        to_json(&buyer, "invoice.buyer")?,
        from_timestamp(now),
        date_from(day),
        date_from(due),
        amounts.gross.currency.code(),
        to_json(&amounts.lines, "invoice.lines")?,
        amounts.net.minor,
        amounts.tax.minor,
        amounts.gross.minor,
    )
    .execute(connection)
    .await?;
    Ok(id)
}

async fn buyer(connection: &mut PgConnection, case: &Case) -> Result<Buyer, DatabaseError> {
    let buyer = sqlx::query_as!(
        Buyer,
        "select name, address, registration_number, tax_number from institution where id = $1",
        case.institution_id.as_uuid(),
    )
    .fetch_one(connection)
    .await?;
    Ok(buyer)
}

/// The next number of a series. Its row stays locked: the next invoice waits for this one's end.
async fn draw_number(connection: &mut PgConnection, seller: Uuid, year: i32) -> Result<i64, DatabaseError> {
    let number = sqlx::query_scalar!(
        "insert into invoice_series (seller_id, fiscal_year, next_number) values ($1, $2, 2)
         on conflict (seller_id, fiscal_year) do update set next_number = invoice_series.next_number + 1
         returning next_number - 1 as \"number!\"",
        seller,
        year,
    )
    .fetch_one(connection)
    .await?;
    Ok(number)
}

/// Records what a provider did, with the fee of the quote.
pub async fn record_service(
    connection: &mut PgConnection,
    case: &Case,
    provider: ProviderId,
    quote: &Quote,
    now: Timestamp,
) -> Result<ServiceRecordId, DatabaseError> {
    let id = ServiceRecordId::generate(now);
    sqlx::query!(
        "insert into service_record
           (id, case_id, case_number, provider_id, service_code, performed_at, fee_minor, currency)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.as_uuid(),
        case.id.as_uuid(),
        case.number
            .as_deref()
            .ok_or(DatabaseError::Corrupt("mso_case.number"))?,
        provider.as_uuid(),
        quote.service_code,
        from_timestamp(now),
        quote.price.provider_fee.minor,
        quote.price.provider_fee.currency.code(),
    )
    .execute(connection)
    .await?;
    Ok(id)
}
