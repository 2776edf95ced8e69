//! The SQL of the catalogue: specialties, the price valid now, and what is known of an expert.
//!
//! The invariant: [`lock_expert`] holds the expert's row, so that two assignments at once see each other in the
//! count of open cases.

use mso_core::cases::{CaseRequest, ServiceType, UrgencyLevel};
use mso_core::catalogue::{Expert, PriceEntry, Specialty, SpecialtyCode};
use mso_core::ids::{CaseId, InstitutionId, PriceListId, ProviderId};
use mso_core::money::{Currency, Money};
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::columns::to_unsigned;
use crate::database::{DatabaseError, date_from, from_timestamp};

/// The active specialties.
pub async fn specialties(connection: &mut PgConnection) -> Result<Vec<Specialty>, DatabaseError> {
    let rows = sqlx::query!("select code, display from specialty where active order by code")
        .fetch_all(connection)
        .await?;
    let read = |code: &str, display: &str| {
        Ok(Specialty {
            code: self::code(code)?,
            display: Text::new(display).map_err(|_| DatabaseError::Corrupt("specialty.display"))?,
        })
    };
    rows.iter().map(|row| read(&row.code, &row.display)).collect()
}

/// The price for the request by the list valid now: the institution's own, or the one for all.
pub async fn price(
    connection: &mut PgConnection,
    institution: InstitutionId,
    request: &CaseRequest,
    now: Timestamp,
) -> Result<Option<PriceEntry>, DatabaseError> {
    let service: ServiceType = request.service_type;
    let urgency: UrgencyLevel = request.urgency.level();
    let row = sqlx::query_file!(
        "src/catalogue/sql/select_price.sql",
        from_timestamp(now),
        service.name(),
        urgency.name(),
        institution.as_uuid(),
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let currency = currency(&row.currency)?;
        Ok(PriceEntry {
            price_list_id: PriceListId::from_uuid(row.price_list_id),
            net: Money {
                minor: row.net_minor,
                currency,
            },
            tax_rate_bp: to_unsigned(i64::from(row.tax_rate_bp), "price.tax_rate_bp")?,
            provider_fee: Money {
                minor: row.fee_minor,
                currency,
            },
        })
    })
    .transpose()
}

/// What is known of an expert who may be assigned to this case, with the expert's row locked.
pub async fn lock_expert(
    connection: &mut PgConnection,
    provider: ProviderId,
    case: CaseId,
    now: Timestamp,
) -> Result<Option<Expert>, DatabaseError> {
    // A statement of its own: what is counted below must be seen as of after the wait.
    let locked = sqlx::query_scalar!(
        "select id from provider where id = $1 for update",
        provider.as_uuid()
    )
    .fetch_optional(&mut *connection)
    .await?;
    if locked.is_none() {
        return Ok(None);
    }
    let today = date_from(now.date());
    let row = sqlx::query_file!(
        "src/catalogue/sql/select_expert.sql",
        provider.as_uuid(),
        today,
        case.as_uuid()
    )
    .fetch_one(connection)
    .await?;
    Ok(Some(Expert {
        provider_id: provider,
        active: row.active,
        licence_valid: row.licence_valid,
        specialties: row
            .specialties
            .iter()
            .map(|code| self::code(code))
            .collect::<Result<_, _>>()?,
        affiliations: row
            .affiliations
            .into_iter()
            .map(InstitutionId::from_uuid)
            .collect(),
        available: row.accepting,
        open_cases: to_unsigned(row.open_cases, "open cases")?,
        max_open: to_unsigned(i64::from(row.max_open), "provider.max_open")?,
        rejected_this_case: row.rejected_this_case,
    }))
}

/// The currency of this ISO 4217 code.
pub fn currency(code: &str) -> Result<Currency, DatabaseError> {
    Currency::from_code(code).ok_or(DatabaseError::Corrupt("currency"))
}

fn code(stored: &str) -> Result<SpecialtyCode, DatabaseError> {
    SpecialtyCode::new(stored).ok_or(DatabaseError::Corrupt("specialty code"))
}
