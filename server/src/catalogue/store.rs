//! The SQL of specialties, and of the facts about an expert that an assignment needs.
//!
//! The invariant: [`lock_expert`] locks the expert's row, so that two concurrent assignments see each other
//! in the count of open cases.

use std::collections::HashMap;

use mso_core::catalogue::{Expert, Specialty, SpecialtyCode, SpecialtySetting, Standing};
use mso_core::ids::{CaseId, PartyId, ProviderId, StreamId};
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

pub use super::prices::{insert_price_list, price, price_lists, readable_price_lists};
use super::specialty_id;
use crate::database::columns::to_unsigned;
use crate::database::{DatabaseError, Readable, sort_readable};
use crate::people::store as people;

/// The active specialties.
pub async fn specialties(connection: &mut PgConnection) -> Result<Vec<Specialty>, DatabaseError> {
    let all = specialty_settings(connection).await?;
    let active = all.records.into_iter().filter(|setting| setting.active);
    Ok(active.map(|setting| setting.specialty).collect())
}

/// All specialties, active or not, ordered by code.
pub async fn specialty_settings(
    connection: &mut PgConnection,
) -> Result<Readable<Uuid, SpecialtySetting>, DatabaseError> {
    let rows = sqlx::query!("select id, code, display, active from specialty order by code")
        .fetch_all(connection)
        .await?;
    sort_readable(
        rows.iter()
            .map(|row| (row.id, setting(&row.code, &row.display, row.active))),
    )
}

/// The specialty with this code, active or not, locked.
pub async fn lock_specialty(
    connection: &mut PgConnection,
    code: &SpecialtyCode,
) -> Result<Option<SpecialtySetting>, DatabaseError> {
    let row = sqlx::query!(
        "select code, display, active from specialty where code = $1 for update",
        code.as_str()
    );
    let row = row.fetch_optional(connection).await?;
    row.map(|row| setting(&row.code, &row.display, row.active))
        .transpose()
}

fn setting(code: &str, display: &str, active: bool) -> Result<SpecialtySetting, DatabaseError> {
    Ok(SpecialtySetting {
        specialty: Specialty {
            code: SpecialtyCode::new(code).ok_or(DatabaseError::Corrupt("specialty.code"))?,
            display: Text::stored(display).map_err(|_| DatabaseError::Corrupt("specialty.display"))?,
        },
        active,
    })
}

/// Saves a specialty, new or changed. The first one opens the catalogue's stream to everyone; returns whether
/// this call did.
pub async fn save_specialty(
    connection: &mut PgConnection,
    setting: &SpecialtySetting,
) -> Result<bool, DatabaseError> {
    let Specialty { code, display } = &setting.specialty;
    sqlx::query!(
        "insert into specialty (code, id, display, active) values ($1, $2, $3, $4)
         on conflict (code) do update set display = excluded.display, active = excluded.active,
           version = specialty.version + 1",
        code.as_str(),
        specialty_id(code),
        display.as_str(),
        setting.active,
    )
    .execute(&mut *connection)
    .await?;
    crate::feed::write::join(connection, PartyId::EVERYONE, StreamId::CATALOGUE).await
}

/// Serialises writers of the catalogue.
pub async fn lock_catalogue(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('mso catalogue')) as locked")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// The facts about an expert who may be assigned to this case, with the expert's row locked.
pub async fn lock_expert(
    connection: &mut PgConnection,
    provider: ProviderId,
    case: CaseId,
    now: Timestamp,
) -> Result<Option<Expert>, DatabaseError> {
    // A separate statement, so that the counts below include what was committed during the wait.
    sqlx::query_scalar!(
        "select id from provider where id = $1 for update",
        provider.as_uuid()
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(profile) = people::provider(connection, provider).await? else {
        return Ok(None);
    };
    let standing = standings(connection, Some(case), Some(provider))
        .await?
        .remove(&provider);
    let standing = standing.ok_or(DatabaseError::Corrupt("provider.id"))?;
    Ok(Some(Expert::of(&profile, standing, now)))
}

/// Workload and status of all experts, or of one, in relation to a case if one is given.
pub async fn standings(
    connection: &mut PgConnection,
    case: Option<CaseId>,
    provider: Option<ProviderId>,
) -> Result<HashMap<ProviderId, Standing>, DatabaseError> {
    let rows = sqlx::query_file!(
        "src/catalogue/sql/select_standings.sql",
        case.map(CaseId::as_uuid),
        provider.map(ProviderId::as_uuid),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let standing = Standing {
                user_active: row.user_active,
                open_cases: to_unsigned(row.open_cases, "open cases")?,
                open_urgent: to_unsigned(row.open_urgent, "open cases")?,
                rejected_this_case: row.rejected_this_case,
            };
            Ok((ProviderId::from_uuid(row.id), standing))
        })
        .collect()
}

/// Each expert's median time from assignment to opinion over the last 50 opinions, in milliseconds; only experts who have
/// given one.
pub async fn median_turnarounds(
    connection: &mut PgConnection,
) -> Result<HashMap<ProviderId, i64>, DatabaseError> {
    let rows = sqlx::query_file!("src/catalogue/sql/select_turnarounds.sql")
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (ProviderId::from_uuid(row.provider_id), row.median))
        .collect())
}
