//! The SQL of service records: what a provider did, written when a case is done, approved and settled by
//! admins.
//!
//! The invariant: a provider's queries filter by the provider; the table holds no invoice data.

use futures::FutureExt;
use mso_core::actor::{Acting, Actor};
use mso_core::cases::Case;
use mso_core::ids::{CaseId, ProviderId, ServiceRecordId};
use mso_core::invoices::{ServiceRecord, ServiceState};
use mso_core::money::Money;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::Quote;
use crate::database::columns::{currency, from_name, from_unsigned, to_unsigned};
use crate::database::{DatabaseError, Readable, from_timestamp, readable, to_timestamp};
use crate::http::list::{Place, last_of_full};

/// A service record and its provider's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOfProvider {
    pub record: ServiceRecord,
    pub provider_name: String,
}

/// Whose service records the actor may see: one provider's, all (`Some(None)`), or nobody's (`None`).
fn scope(actor: &Actor) -> Option<Option<ProviderId>> {
    match actor.acting {
        Acting::Provider { provider } => Some(Some(provider)),
        Acting::Admin => Some(None),
        Acting::Requester { .. } | Acting::System => None,
    }
}

/// Records the service of a provider, with the fee of the quote.
pub async fn record(
    connection: &mut PgConnection,
    case: &Case,
    provider: ProviderId,
    quote: &Quote,
    now: Timestamp,
) -> Result<ServiceRecordId, DatabaseError> {
    let id = ServiceRecordId::generate(now);
    sqlx::query_file!(
        "src/invoices/sql/insert_service_record.sql",
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
        case.assignment.map(|current| current.id.as_uuid()),
    )
    .execute(connection)
    .await?;
    Ok(id)
}

/// The service record, locked. Admins only.
pub async fn lock(
    connection: &mut PgConnection,
    actor: &Actor,
    id: ServiceRecordId,
) -> Result<Option<ServiceRecord>, DatabaseError> {
    match actor.acting {
        Acting::Admin => {}
        Acting::Requester { .. } | Acting::Provider { .. } | Acting::System => return Ok(None),
    }
    let locked = sqlx::query_scalar!(
        "select id from service_record where id = $1 for update",
        id.as_uuid()
    )
    .fetch_optional(&mut *connection)
    .await?;
    match locked {
        Some(id) => Ok(load(connection, None, &[id])
            .await?
            .pop()
            .map(|found| found.record)),
        None => Ok(None),
    }
}

/// Writes the state of a service record whose row is locked.
pub async fn update(connection: &mut PgConnection, record: &ServiceRecord) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update service_record set state = $2, approved_at = $3, settled_at = $4, version = $5 where id = $1",
        record.id.as_uuid(),
        record.state.name(),
        record.approved_at.map(from_timestamp),
        record.settled_at.map(from_timestamp),
        from_unsigned(record.version, "service_record.version")?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Loads these service records in no particular order: of one provider, or (`None`) of any.
pub async fn load(
    connection: &mut PgConnection,
    provider: Option<ProviderId>,
    ids: &[Uuid],
) -> Result<Vec<ServiceOfProvider>, DatabaseError> {
    let provider = provider.map(ProviderId::as_uuid);
    let rows = sqlx::query_file!("src/invoices/sql/load_service_records.sql", ids, provider)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let turnaround = row.turnaround_minutes;
            let turnaround =
                turnaround.map(|minutes| to_unsigned(minutes, "service_record.turnaround_minutes"));
            let record = ServiceRecord {
                id: ServiceRecordId::from_uuid(row.id),
                case_id: CaseId::from_uuid(row.case_id),
                case_number: row.case_number,
                provider_id: ProviderId::from_uuid(row.provider_id),
                service_code: row.service_code,
                performed_from: row.performed_from.map(to_timestamp),
                performed_at: to_timestamp(row.performed_at),
                turnaround_minutes: turnaround.transpose()?,
                fee: row.fee_minor.map(|minor| Money { minor, currency }),
                state: from_name(&row.state, "service_record.state")?,
                approved_at: row.approved_at.map(to_timestamp),
                settled_at: row.settled_at.map(to_timestamp),
                version: to_unsigned(row.version, "service_record.version")?,
            };
            Ok(ServiceOfProvider {
                record,
                provider_name: row.provider_name,
            })
        })
        .collect()
}

/// Filter of a list of service records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    pub state: Option<ServiceState>,
    pub provider: Option<ProviderId>,
}

/// The next service records in the actor's scope after a position, newest first, and the position of the next
/// page.
pub async fn list(
    connection: &mut PgConnection,
    actor: &Actor,
    filter: Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<(Readable<Uuid, ServiceOfProvider>, Option<Place>), DatabaseError> {
    let Some(own) = scope(actor) else {
        return Ok((Readable::none(), None));
    };
    let rows = sqlx::query_file!(
        "src/invoices/sql/list_service_records.sql",
        own.map(ProviderId::as_uuid),
        filter.state.map(ServiceState::name),
        filter.provider.map(ProviderId::as_uuid),
        after.map(|place| from_timestamp(place.at)),
        after.map(|place| place.id),
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    let next = last_of_full(&rows, limit).map(|row| Place {
        at: to_timestamp(row.performed_at),
        id: row.id,
    });
    let ids: Vec<Uuid> = rows.into_iter().map(|row| row.id).collect();
    let mut records = readable(connection, &ids, move |connection, ids| {
        load(connection, own, ids).boxed()
    })
    .await?;
    records
        .records
        .sort_by_key(|found| ids.iter().position(|id| *id == found.record.id.as_uuid()));
    Ok((records, next))
}
