//! The SQL of experts' profiles.
//!
//! Nothing is deleted: what an expert no longer offers is marked as removed. The invariant: only the difference
//! from the previous profile is written, because an expert's own role may write only some of it.

use std::collections::HashMap;

use futures::FutureExt;
use mso_core::actor::{Acting, Actor};
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::{InstitutionId, ProviderId, UserId};
use mso_core::people::{
    Capacity, Language, Licence, LicenceCheck, LicencePaper, OfferedSpecialty, Period, ProviderDetails,
    ProviderProfile,
};
use mso_core::text::Text;
use mso_core::time::{PartialDate, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use super::page::{Entry, ids_of};
use super::parse::{code, text};
use crate::database::columns::{from_json, from_unsigned, to_json, to_unsigned};
use crate::database::{DatabaseError, Readable, date_from, date_to, from_timestamp, readable, to_timestamp};

/// The profile, locked; `None` if the caller may not see it. Experts see only their own.
pub async fn lock_provider(
    connection: &mut PgConnection,
    actor: &Actor,
    id: ProviderId,
) -> Result<Option<ProviderProfile>, DatabaseError> {
    match actor.acting {
        Acting::Admin | Acting::System => {}
        Acting::Provider { provider } if provider == id => {}
        Acting::Provider { .. } | Acting::Requester { .. } => return Ok(None),
    }
    sqlx::query_scalar!("select id from provider where id = $1 for update", id.as_uuid())
        .fetch_optional(&mut *connection)
        .await?;
    provider(connection, id).await
}

/// The profile with this id, if the transaction's actor may see it.
pub async fn provider(
    connection: &mut PgConnection,
    id: ProviderId,
) -> Result<Option<ProviderProfile>, DatabaseError> {
    Ok(select(connection, &[id.as_uuid()]).await?.pop())
}

/// The profiles on a page, by name.
pub async fn readable_providers(
    connection: &mut PgConnection,
    page: &[Entry],
) -> Result<Readable<Uuid, ProviderProfile>, DatabaseError> {
    readable(connection, &ids_of(page), |connection, ids| {
        select(connection, ids).boxed()
    })
    .await
}

async fn select(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<ProviderProfile>, DatabaseError> {
    let rows = sqlx::query_file!("src/people/sql/select_providers.sql", ids);
    let rows = rows.fetch_all(&mut *connection).await?;
    let mut parts = Parts::load(connection, ids).await?;
    rows.into_iter()
        .map(|row| {
            Ok(ProviderProfile {
                id: ProviderId::from_uuid(row.id),
                details: ProviderDetails {
                    display_name: text(&row.display_name, "provider.display_name")?,
                    title: row
                        .title
                        .map(|title| text(&title, "provider.title"))
                        .transpose()?,
                    specialties: parts.specialties.remove(&row.id).unwrap_or_default(),
                    languages: row
                        .languages
                        .iter()
                        .map(|language| code(language, "provider.languages"))
                        .collect::<Result<_, _>>()?,
                    affiliations: parts.affiliations.remove(&row.id).unwrap_or_default(),
                    capacity: capacity(row.max_open, row.max_urgent)?,
                },
                licences: parts.licences.remove(&row.id).unwrap_or_default(),
                availability: from_json(row.availability, "provider.availability")?,
                active: row.active,
                version: to_unsigned(row.version, "provider.version")?,
            })
        })
        .collect()
}

fn capacity(max_open: i32, max_urgent: i32) -> Result<Capacity, DatabaseError> {
    let number = |number: i32| u16::try_from(number).map_err(|_| DatabaseError::Corrupt("provider.max_open"));
    Capacity::new(number(max_open)?, number(max_urgent)?)
        .map_err(|_| DatabaseError::Corrupt("provider.max_open"))
}

/// The parts of profiles stored in other tables, by profile.
#[derive(Default)]
struct Parts {
    specialties: HashMap<Uuid, Vec<OfferedSpecialty>>,
    licences: HashMap<Uuid, Vec<Licence>>,
    affiliations: HashMap<Uuid, Vec<InstitutionId>>,
}

impl Parts {
    async fn load(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Self, DatabaseError> {
        let mut parts = Self::default();
        let offered = sqlx::query!(
            "select provider_id, code, subspecialties, board, since from provider_specialty
             where provider_id = any($1) and removed_at is null order by provider_id, ordinal, code",
            ids,
        );
        for row in offered.fetch_all(&mut *connection).await? {
            let since = row.since.map(|since| since.parse::<PartialDate>()).transpose();
            let offered = OfferedSpecialty {
                code: SpecialtyCode::new(&row.code)
                    .ok_or(DatabaseError::Corrupt("provider_specialty.code"))?,
                subspecialties: row
                    .subspecialties
                    .iter()
                    .map(|narrower| text(narrower, "provider_specialty.subspecialties"))
                    .collect::<Result<_, _>>()?,
                board: row
                    .board
                    .map(|board| text(&board, "provider_specialty.board"))
                    .transpose()?,
                since: since.map_err(|_| DatabaseError::Corrupt("provider_specialty.since"))?,
            };
            parts
                .specialties
                .entry(row.provider_id)
                .or_default()
                .push(offered);
        }
        let licences = sqlx::query!(
            "select provider_id, number, authority, country, valid_from, valid_to, verified_at, verified_by
             from provider_licence where provider_id = any($1) order by provider_id, authority, number",
            ids,
        );
        for row in licences.fetch_all(&mut *connection).await? {
            let valid = Period::new(date_to(row.valid_from), date_to(row.valid_to));
            let check = row.verified_at.zip(row.verified_by).map(|(at, by)| LicenceCheck {
                by: Some(UserId::from_uuid(by)),
                at: to_timestamp(at),
            });
            let licence = Licence {
                paper: LicencePaper {
                    number: text(&row.number, "provider_licence.number")?,
                    authority: text(&row.authority, "provider_licence.authority")?,
                    country: code(&row.country, "provider_licence.country")?,
                    valid: valid.map_err(|_| DatabaseError::Corrupt("provider_licence.valid_to"))?,
                },
                verified: check,
            };
            parts.licences.entry(row.provider_id).or_default().push(licence);
        }
        let affiliations = sqlx::query!(
            "select provider_id, institution_id from provider_affiliation
             where provider_id = any($1) and removed_at is null order by provider_id, ordinal, institution_id",
            ids,
        );
        for row in affiliations.fetch_all(connection).await? {
            let institution = InstitutionId::from_uuid(row.institution_id);
            parts
                .affiliations
                .entry(row.provider_id)
                .or_default()
                .push(institution);
        }
        Ok(parts)
    }
}

/// Writes what has changed in a profile.
pub async fn save_provider(
    connection: &mut PgConnection,
    before: Option<&ProviderProfile>,
    after: &ProviderProfile,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    match before {
        None => insert_row(connection, after, now).await?,
        Some(before) if before.details == after.details => {
            update_availability(connection, after, now).await?
        }
        Some(_) => update_row(connection, after, now).await?,
    }
    if before.is_none_or(|before| before.details.specialties != after.details.specialties) {
        save_specialties(connection, after, now).await?;
    }
    if before.is_none_or(|before| before.details.affiliations != after.details.affiliations) {
        save_affiliations(connection, after, now).await?;
    }
    for licence in &after.licences {
        let paper = &licence.paper;
        match before.and_then(|before| before.licence(&paper.authority, &paper.number)) {
            None => insert_licence(connection, after.id, licence, now).await?,
            Some(known) if known == licence => {}
            Some(_) => update_licence(connection, after.id, licence).await?,
        }
    }
    Ok(())
}

async fn insert_row(
    connection: &mut PgConnection,
    profile: &ProviderProfile,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let details = &profile.details;
    sqlx::query!(
        "insert into provider (id, display_name, title, languages, max_open, max_urgent, availability, active, version,
           created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        profile.id.as_uuid(),
        details.display_name.as_str(),
        details.title.as_ref().map(Text::as_str),
        &languages(profile),
        i32::from(details.capacity.max_open()),
        i32::from(details.capacity.max_urgent()),
        to_json(&profile.availability, "provider.availability")?,
        profile.active,
        from_unsigned(profile.version, "provider.version")?,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn update_row(
    connection: &mut PgConnection,
    profile: &ProviderProfile,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let details = &profile.details;
    sqlx::query!(
        "update provider set display_name = $2, title = $3, languages = $4, max_open = $5, max_urgent = $6,
           availability = $7, active = $8, version = $9, updated_at = $10
         where id = $1",
        profile.id.as_uuid(),
        details.display_name.as_str(),
        details.title.as_ref().map(Text::as_str),
        &languages(profile),
        i32::from(details.capacity.max_open()),
        i32::from(details.capacity.max_urgent()),
        to_json(&profile.availability, "provider.availability")?,
        profile.active,
        from_unsigned(profile.version, "provider.version")?,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the part that experts may change themselves.
async fn update_availability(
    connection: &mut PgConnection,
    profile: &ProviderProfile,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update provider set availability = $2, version = $3, updated_at = $4 where id = $1",
        profile.id.as_uuid(),
        to_json(&profile.availability, "provider.availability")?,
        from_unsigned(profile.version, "provider.version")?,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn languages(profile: &ProviderProfile) -> Vec<String> {
    let languages = profile.details.languages.iter();
    languages.map(Language::as_str).map(str::to_owned).collect()
}

async fn save_specialties(
    connection: &mut PgConnection,
    profile: &ProviderProfile,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let offered = &profile.details.specialties;
    let codes: Vec<String> = offered.iter().map(|own| own.code.as_str().to_owned()).collect();
    sqlx::query!(
        "update provider_specialty set removed_at = $3
         where provider_id = $1 and removed_at is null and code <> all($2)",
        profile.id.as_uuid(),
        &codes,
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    for (ordinal, own) in (0_i32..).zip(offered) {
        let narrower: Vec<String> = own
            .subspecialties
            .iter()
            .map(|text| text.as_str().to_owned())
            .collect();
        sqlx::query!(
            "insert into provider_specialty (provider_id, code, ordinal, subspecialties, board, since, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (provider_id, code) do update set ordinal = excluded.ordinal,
               subspecialties = excluded.subspecialties, board = excluded.board, since = excluded.since,
               removed_at = null",
            profile.id.as_uuid(),
            own.code.as_str(),
            ordinal,
            &narrower,
            own.board.as_ref().map(Text::as_str),
            own.since.map(|since| since.to_string()),
            from_timestamp(now),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn save_affiliations(
    connection: &mut PgConnection,
    profile: &ProviderProfile,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let institutions: Vec<Uuid> = profile
        .details
        .affiliations
        .iter()
        .map(|id| id.as_uuid())
        .collect();
    sqlx::query!(
        "update provider_affiliation set removed_at = $3
         where provider_id = $1 and removed_at is null and institution_id <> all($2)",
        profile.id.as_uuid(),
        &institutions,
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    for (ordinal, institution) in (0_i32..).zip(institutions) {
        sqlx::query!(
            "insert into provider_affiliation (provider_id, institution_id, ordinal, created_at) values ($1, $2, $3, $4)
             on conflict (provider_id, institution_id) do update set ordinal = excluded.ordinal, removed_at = null",
            profile.id.as_uuid(),
            institution,
            ordinal,
            from_timestamp(now),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn insert_licence(
    connection: &mut PgConnection,
    provider: ProviderId,
    licence: &Licence,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let paper = &licence.paper;
    sqlx::query!(
        "insert into provider_licence (provider_id, number, authority, country, valid_from, valid_to, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        provider.as_uuid(),
        paper.number.as_str(),
        paper.authority.as_str(),
        paper.country.as_str(),
        date_from(paper.valid.from()),
        date_from(paper.valid.to()),
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    if licence.verified.is_some() {
        update_licence(connection, provider, licence).await?;
    }
    Ok(())
}

async fn update_licence(
    connection: &mut PgConnection,
    provider: ProviderId,
    licence: &Licence,
) -> Result<(), DatabaseError> {
    let (paper, check) = (&licence.paper, licence.verified);
    sqlx::query!(
        "update provider_licence set country = $4, valid_from = $5, valid_to = $6, verified_at = $7, verified_by = $8
         where provider_id = $1 and authority = $2 and number = $3",
        provider.as_uuid(),
        paper.authority.as_str(),
        paper.number.as_str(),
        paper.country.as_str(),
        date_from(paper.valid.from()),
        date_from(paper.valid.to()),
        check.map(|check| from_timestamp(check.at)),
        check.and_then(|check| check.by).map(UserId::as_uuid),
    )
    .execute(connection)
    .await?;
    Ok(())
}
