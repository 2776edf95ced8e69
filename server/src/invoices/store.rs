//! The SQL of quotes, and of issuing invoices and credit notes.
//!
//! The invariant: an invoice's number comes from a counter row that stays locked until its transaction ends,
//! so a series has no gap: a rollback returns the number. The schema enforces this as well: no login can
//! raise a counter except by one and together with the invoice that carries the number
//! (`migrations/0006_money.sql`).

use std::collections::BTreeMap;

use mso_core::cases::{Case, ServiceType};
use mso_core::catalogue::PriceEntry;
use mso_core::ids::{CaseId, InstitutionId, InvoiceId, PriceListId, SellerId};
use mso_core::invoices::{
    Buyer, FollowUp, FurtherInvoice, Invoice, InvoiceAmounts, InvoiceHead, PaymentState, Seller, SeriesNumber,
};
use mso_core::money::{Currency, Money};
use mso_core::time::{Date, Timestamp};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::database::columns::{currency, to_json, to_unsigned};
use crate::database::{DatabaseError, date_from, from_timestamp};

/// The seller's current details, and its buyers' payment term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellerNow {
    /// As printed on an invoice.
    pub seller: Seller,
    /// Days from issue until an invoice is due.
    pub payment_days: i32,
}

/// The price frozen when a case is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub service_code: String,
    pub price: PriceEntry,
}

/// An invoice to be issued.
#[derive(Debug)]
pub struct NewInvoice<'a> {
    pub case: &'a Case,
    pub seller: &'a SellerNow,
    pub amounts: &'a InvoiceAmounts,
    pub now: Timestamp,
}

/// Freezes price and tax for the case.
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

/// The seller that issues invoices in this currency: the first one created.
pub async fn seller_for(
    connection: &mut PgConnection,
    currency: &str,
) -> Result<Option<SellerNow>, DatabaseError> {
    let id = sqlx::query_scalar!(
        "select id from seller where currency = $1 order by created_at, id limit 1",
        currency
    )
    .fetch_optional(&mut *connection)
    .await?;
    match id {
        Some(id) => seller(connection, SellerId::from_uuid(id)).await,
        None => Ok(None),
    }
}

async fn seller(connection: &mut PgConnection, id: SellerId) -> Result<Option<SellerNow>, DatabaseError> {
    let row = sqlx::query!(
        "select id, legal_name, address, registration_number, tax_number, prefix, bank_details, payment_days
         from seller where id = $1",
        id.as_uuid(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| SellerNow {
        seller: Seller {
            id: SellerId::from_uuid(row.id),
            legal_name: row.legal_name,
            address: row.address,
            registration_number: row.registration_number,
            tax_number: row.tax_number,
            prefix: row.prefix,
            bank_details: row.bank_details,
        },
        payment_days: row.payment_days,
    }))
}

/// Issues the invoice of a case with the next number in the seller's series of this year.
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
    let buyer = buyer(connection, case.institution_id).await?;
    let series = next_number(connection, seller.seller.id, now).await?;
    let id = InvoiceId::generate(now);
    sqlx::query_file!(
        "src/invoices/sql/insert_invoice.sql",
        id.as_uuid(),
        seller.seller.id.as_uuid(),
        series.fiscal_year,
        series.number,
        case.id.as_uuid(),
        case.institution_id.as_uuid(),
        to_json(&seller.seller, "invoice.seller")?,
        to_json(&buyer, "invoice.buyer")?,
        from_timestamp(now),
        date_from(now.date()),
        date_from(now.date().plus_days(seller.payment_days)),
        amounts.gross.currency.code(),
        to_json(&amounts.lines, "invoice.lines")?,
        amounts.net.minor,
        amounts.tax.minor,
        amounts.gross.minor,
        PaymentState::at_issue(amounts.gross).name(),
    )
    .execute(&mut *connection)
    .await?;
    take_number(connection, seller.seller.id, series).await?;
    Ok(id)
}

/// Issues a credit note with the parties of the invoice it credits, or a replacement invoice with the current
/// parties. Both are numbered in the seller's series of this year.
pub async fn issue_further(
    connection: &mut PgConnection,
    earlier: &Invoice,
    further: &FurtherInvoice,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let head = earlier
        .head
        .as_ref()
        .ok_or(DatabaseError::Corrupt("invoice.seller"))?;
    let Parties { seller, buyer, due } = parties(connection, head, &further.follows, now.date()).await?;
    let (credit_of, reason, reissue_of) = match &further.follows {
        FollowUp::Credits { reason } => (Some(further.of.as_uuid()), Some(reason.as_str()), None),
        FollowUp::Replaces => (None, None, Some(further.of.as_uuid())),
    };
    let series = next_number(connection, seller.id, now).await?;
    let amounts = &further.amounts;
    sqlx::query_file!(
        "src/invoices/sql/insert_further_invoice.sql",
        further.id.as_uuid(),
        seller.id.as_uuid(),
        series.fiscal_year,
        series.number,
        further.case_id.as_uuid(),
        head.institution_id.as_uuid(),
        to_json(&seller, "invoice.seller")?,
        to_json(&buyer, "invoice.buyer")?,
        from_timestamp(now),
        date_from(head.supply_date),
        date_from(due),
        amounts.gross.currency.code(),
        to_json(&amounts.lines, "invoice.lines")?,
        amounts.net.minor,
        amounts.tax.minor,
        amounts.gross.minor,
        PaymentState::at_issue(amounts.gross).name(),
        credit_of,
        reason,
        reissue_of,
    )
    .execute(&mut *connection)
    .await?;
    take_number(connection, seller.id, series).await
}

struct Parties {
    seller: Seller,
    buyer: Buyer,
    due: Date,
}

async fn parties(
    connection: &mut PgConnection,
    earlier: &InvoiceHead,
    follows: &FollowUp,
    today: Date,
) -> Result<Parties, DatabaseError> {
    match follows {
        FollowUp::Credits { .. } => Ok(Parties {
            seller: earlier.seller.clone(),
            buyer: earlier.buyer.clone(),
            due: today,
        }),
        FollowUp::Replaces => {
            let seller = seller(connection, earlier.seller.id).await?;
            let SellerNow { seller, payment_days } =
                seller.ok_or(DatabaseError::Corrupt("invoice.seller"))?;
            Ok(Parties {
                seller,
                buyer: buyer(connection, earlier.institution_id).await?,
                due: today.plus_days(payment_days),
            })
        }
    }
}

async fn buyer(connection: &mut PgConnection, institution: InstitutionId) -> Result<Buyer, DatabaseError> {
    let row = sqlx::query!(
        r#"select name, names as "names: Json<BTreeMap<String, String>>", address, registration_number, tax_number
           from institution where id = $1"#,
        institution.as_uuid(),
    )
    .fetch_one(connection)
    .await?;
    Ok(Buyer {
        name: row.name,
        names: row.names.0,
        address: row.address,
        registration_number: Some(row.registration_number),
        tax_number: row.tax_number,
    })
}

/// The next number in the seller's series of this year. Its row stays locked: the next invoice waits until
/// this transaction ends.
async fn next_number(
    connection: &mut PgConnection,
    seller: SellerId,
    now: Timestamp,
) -> Result<SeriesNumber, DatabaseError> {
    let fiscal_year = i32::from(now.year());
    if let Some(number) = locked(connection, seller, fiscal_year).await? {
        return Ok(SeriesNumber { fiscal_year, number });
    }
    // The first number of the year. A transaction that opens the series at the same time waits here for the
    // other.
    sqlx::query!(
        "insert into invoice_series (seller_id, fiscal_year) values ($1, $2)
         on conflict (seller_id, fiscal_year) do nothing",
        seller.as_uuid(),
        fiscal_year,
    )
    .execute(&mut *connection)
    .await?;
    let number = locked(connection, seller, fiscal_year).await?;
    let number = number.ok_or(DatabaseError::Corrupt("invoice_series.next_number"))?;
    Ok(SeriesNumber { fiscal_year, number })
}

async fn locked(
    connection: &mut PgConnection,
    seller: SellerId,
    fiscal_year: i32,
) -> Result<Option<i64>, DatabaseError> {
    let number = sqlx::query_scalar!(
        "select next_number from invoice_series where seller_id = $1 and fiscal_year = $2 for update",
        seller.as_uuid(),
        fiscal_year,
    )
    .fetch_optional(connection)
    .await?;
    Ok(number)
}

/// Advances the counter once the invoice with the number exists.
async fn take_number(
    connection: &mut PgConnection,
    seller: SellerId,
    taken: SeriesNumber,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update invoice_series set next_number = $3 + 1
         where seller_id = $1 and fiscal_year = $2 and next_number = $3",
        seller.as_uuid(),
        taken.fiscal_year,
        taken.number,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The currencies in which sellers issue invoices.
pub async fn seller_currencies(connection: &mut PgConnection) -> Result<Vec<Currency>, DatabaseError> {
    let codes = sqlx::query_scalar!("select distinct currency from seller order by currency");
    let codes = codes.fetch_all(connection).await?;
    codes.iter().map(|code| currency(code)).collect()
}
