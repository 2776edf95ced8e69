//! What the story reads: whether it was played, whom it sends commands for, and what came of them.
//!
//! The invariant: nothing here writes.

use mso_core::actor::{Actor, Origin};
use mso_core::ids::{CaseId, InvoiceId, ServiceRecordId, SessionId};
use mso_core::money::{Money, currency};
use mso_core::time::Timestamp;

use super::error::DemoDataError;
use super::ids;
use crate::database::{Database, DatabaseError, to_timestamp};
use crate::people::store as people;

/// Whether a user with this address has submitted a case.
pub(super) async fn has_cases_of(database: &Database, email: &str) -> Result<bool, DatabaseError> {
    let mut tx = database.begin_snapshot(&Actor::SYSTEM).await?;
    let there = sqlx::query_scalar!(
        r#"select exists (
             select from mso_case c join mso_user u on u.id = c.requester_id where lower(u.email) = lower($1)
           ) as "there!""#,
        email,
    );
    let there = there.fetch_one(tx.conn()).await?;
    tx.commit().await?;
    Ok(there)
}

/// Since when there are prices.
pub(super) async fn priced_since(database: &Database) -> Result<Option<Timestamp>, DatabaseError> {
    let mut tx = database.begin_snapshot(&Actor::SYSTEM).await?;
    let since = sqlx::query_scalar!("select min(valid_from) from price_list");
    let since = since.fetch_one(tx.conn()).await?;
    tx.commit().await?;
    Ok(since.map(to_timestamp))
}

/// The user with this address as the sender of commands.
pub(super) async fn actor(database: &Database, email: &str, at: Timestamp) -> Result<Actor, DemoDataError> {
    let mut tx = database.begin_snapshot(&Actor::SYSTEM).await?;
    let id = people::user_of_email(tx.conn(), email).await?;
    let user = match id {
        Some(id) => people::user(tx.conn(), id).await?,
        None => None,
    };
    tx.commit().await?;
    let user = user.ok_or_else(|| DemoDataError::Nobody(email.to_owned()))?;
    Ok(Actor {
        user: user.id,
        acting: user.position.acting(),
        origin: Origin::Session(SessionId::from_uuid(ids::named(&format!("session {email}"), at))),
    })
}

/// The invoice of a case that is done, and its amount.
pub(super) async fn invoice_of(
    database: &Database,
    admin: &Actor,
    case: CaseId,
) -> Result<(InvoiceId, Money), DemoDataError> {
    let mut tx = database.begin_snapshot(admin).await?;
    let row = sqlx::query!(
        "select id, gross_minor, currency from invoice
         where case_id = $1 and credit_of is null",
        case.as_uuid(),
    );
    let row = row
        .fetch_optional(tx.conn())
        .await
        .map_err(DatabaseError::from)?
        .ok_or(DemoDataError::NoInvoice(case))?;
    tx.commit().await?;
    let gross = Money {
        minor: row.gross_minor,
        currency: currency(&row.currency).ok_or(DemoDataError::Value("currency"))?,
    };
    Ok((InvoiceId::from_uuid(row.id), gross))
}

/// The record of the work on a case that is done.
pub(super) async fn service_of(
    database: &Database,
    admin: &Actor,
    case: CaseId,
) -> Result<ServiceRecordId, DemoDataError> {
    let mut tx = database.begin_snapshot(admin).await?;
    let id = sqlx::query_scalar!("select id from service_record where case_id = $1", case.as_uuid());
    let id = id
        .fetch_optional(tx.conn())
        .await
        .map_err(DatabaseError::from)?
        .ok_or(DemoDataError::NoInvoice(case))?;
    tx.commit().await?;
    Ok(ServiceRecordId::from_uuid(id))
}

/// How many cases stand where: the status, and the closure of those that are closed.
pub(super) async fn standing(
    database: &Database,
    admin: &Actor,
) -> Result<Vec<(String, Option<String>, i64)>, DatabaseError> {
    let mut tx = database.begin_snapshot(admin).await?;
    let rows = sqlx::query!(
        r#"select status, closure, count(*) as "count!" from mso_case group by status, closure order by status, closure"#
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    tx.commit().await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.status, row.closure, row.count))
        .collect())
}

/// How many invoices there are, credit notes too.
pub(super) async fn invoices(database: &Database, admin: &Actor) -> Result<i64, DatabaseError> {
    let mut tx = database.begin_snapshot(admin).await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from invoice"#);
    let count = count.fetch_one(tx.conn()).await?;
    tx.commit().await?;
    Ok(count)
}
