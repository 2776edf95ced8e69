//! The SQL of price list versions, and the currently valid price.

use std::collections::BTreeMap;

use mso_core::cases::{CaseRequest, ServiceType, UrgencyLevel};
use mso_core::catalogue::{PriceEntry, PriceKey, PriceListEntry, PriceListVersion};
use mso_core::ids::{InstitutionId, PriceListId};
use mso_core::money::Money;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::columns::{currency, from_name, to_unsigned};
use crate::database::{DatabaseError, Readable, from_timestamp, sort_readable, to_timestamp};

/// The price for the request from the versions valid now: the institution's own, or the general one.
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
        let money = |minor| Money { minor, currency };
        Ok(PriceEntry {
            price_list_id: PriceListId::from_uuid(row.price_list_id),
            net: money(row.net_minor),
            tax_rate_bp: to_unsigned(i64::from(row.tax_rate_bp), "price.tax_rate_bp")?,
            provider_fee: money(row.fee_minor),
        })
    })
    .transpose()
}

/// All versions, oldest first; an error if one cannot be read, because the rules need all.
pub async fn price_lists(connection: &mut PgConnection) -> Result<Vec<PriceListVersion>, DatabaseError> {
    let versions = read_versions(connection, None, i64::MAX).await?;
    versions.into_iter().map(|(_, version)| version).collect()
}

/// The next versions after this one, oldest first, for display, and the last of them if there are more.
pub async fn readable_price_lists(
    connection: &mut PgConnection,
    after: Option<PriceListId>,
    limit: usize,
) -> Result<(Readable<Uuid, PriceListVersion>, Option<PriceListId>), DatabaseError> {
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut versions = read_versions(connection, after, one_more).await?;
    let more = versions.len() > limit;
    versions.truncate(limit);
    let last = versions
        .last()
        .filter(|_| more)
        .map(|(id, _)| PriceListId::from_uuid(*id));
    Ok((sort_readable(versions)?, last))
}

async fn read_versions(
    connection: &mut PgConnection,
    after: Option<PriceListId>,
    limit: i64,
) -> Result<Vec<(Uuid, Result<PriceListVersion, DatabaseError>)>, DatabaseError> {
    let versions = sqlx::query!(
        "select id, valid_from, valid_to from price_list
         where $1::uuid is null or (valid_from, id) > (select valid_from, id from price_list where id = $1)
         order by valid_from, id limit $2",
        after.map(PriceListId::as_uuid),
        limit,
    );
    let versions = versions.fetch_all(&mut *connection).await?;
    let ids: Vec<Uuid> = versions.iter().map(|version| version.id).collect();
    let rows = sqlx::query!(
        "select p.price_list_id, p.service_type, p.urgency, p.institution_id, p.net_minor, p.fee_minor, p.currency,
                p.tax_rate_bp
         from price p where p.price_list_id = any($1)
         order by p.price_list_id, p.service_type, p.urgency, p.institution_id nulls first",
        &ids,
    );
    let mut entries = BTreeMap::<Uuid, Vec<Result<PriceListEntry, DatabaseError>>>::new();
    for row in rows.fetch_all(connection).await? {
        let id = row.price_list_id;
        let entry = || {
            let currency = currency(&row.currency)?;
            let money = |minor| Money { minor, currency };
            Ok(PriceListEntry {
                key: PriceKey {
                    service_type: from_name(&row.service_type, "price.service_type")?,
                    urgency: from_name(&row.urgency, "price.urgency")?,
                    institution_id: row.institution_id.map(InstitutionId::from_uuid),
                },
                net: money(row.net_minor),
                tax_rate_bp: to_unsigned(i64::from(row.tax_rate_bp), "price.tax_rate_bp")?,
                provider_fee: money(row.fee_minor),
            })
        };
        entries.entry(id).or_default().push(entry());
    }
    Ok(versions
        .into_iter()
        .map(|row| {
            let entries = entries.remove(&row.id).unwrap_or_default();
            let version = entries
                .into_iter()
                .collect::<Result<_, _>>()
                .map(|entries| PriceListVersion {
                    id: PriceListId::from_uuid(row.id),
                    valid_from: to_timestamp(row.valid_from),
                    valid_to: row.valid_to.map(to_timestamp),
                    entries,
                });
            (row.id, version)
        })
        .collect())
}

pub async fn insert_price_list(
    connection: &mut PgConnection,
    version: &PriceListVersion,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into price_list (id, valid_from, valid_to, created_at) values ($1, $2, $3, $4)",
        version.id.as_uuid(),
        from_timestamp(version.valid_from),
        version.valid_to.map(from_timestamp),
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    for entry in &version.entries {
        let tax_rate =
            i32::try_from(entry.tax_rate_bp).map_err(|_| DatabaseError::Corrupt("price.tax_rate_bp"))?;
        sqlx::query!(
            "insert into price
               (price_list_id, service_type, urgency, institution_id, net_minor, fee_minor, currency, tax_rate_bp,
                created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            version.id.as_uuid(),
            entry.key.service_type.name(),
            entry.key.urgency.name(),
            entry.key.institution_id.map(InstitutionId::as_uuid),
            entry.net.minor,
            entry.provider_fee.minor,
            entry.net.currency.code(),
            tax_rate,
            from_timestamp(now),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
