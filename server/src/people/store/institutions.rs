//! The SQL of institutions.

use mso_core::actor::{Acting, Actor};
use mso_core::cases::Deadlines;
use mso_core::ids::InstitutionId;
use mso_core::people::{Institution, InstitutionDetails};
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::page::{Entry, ids_of};
use super::parse::{code, text};
use crate::database::columns::{currency, from_json, from_name, from_unsigned, to_json, to_unsigned};
use crate::database::{DatabaseError, Readable, date_from, date_to, from_timestamp, sort_readable};

/// The institution, locked if the caller may change it; `None` if the caller may not see it.
pub async fn lock_institution(
    connection: &mut PgConnection,
    actor: &Actor,
    id: InstitutionId,
) -> Result<Option<Institution>, DatabaseError> {
    match actor.acting {
        Acting::Admin | Acting::System => {
            sqlx::query_scalar!(
                "select id from institution where id = $1 for update",
                id.as_uuid()
            )
            .fetch_optional(&mut *connection)
            .await?;
            institution(connection, id).await
        }
        Acting::Requester { institution: own } if own == id => institution(connection, id).await,
        Acting::Requester { .. } | Acting::Provider { .. } => Ok(None),
    }
}

/// The institution with this id, if the transaction's actor may see it.
pub async fn institution(
    connection: &mut PgConnection,
    id: InstitutionId,
) -> Result<Option<Institution>, DatabaseError> {
    let mut found = select(connection, &[id.as_uuid()]).await?;
    found.pop().map(|(_, institution)| institution).transpose()
}

/// The institutions on a page, by name.
pub async fn readable_institutions(
    connection: &mut PgConnection,
    page: &[Entry],
) -> Result<Readable<Uuid, Institution>, DatabaseError> {
    sort_readable(select(connection, &ids_of(page)).await?)
}

/// An institution's id, and the institution if it can be read.
type Row = (Uuid, Result<Institution, DatabaseError>);

async fn select(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Row>, DatabaseError> {
    let rows = sqlx::query_file!("src/people/sql/select_institutions.sql", ids);
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let read = || {
                Ok(Institution {
                    id: InstitutionId::from_uuid(row.id),
                    details: InstitutionDetails {
                        names: from_json(row.names, "institution.names")?,
                        language: code(&row.language, "institution.language")?,
                        kind: from_name(&row.kind, "institution.kind")?,
                        sector: from_name(&row.sector, "institution.sector")?,
                        registration_number: text(
                            &row.registration_number,
                            "institution.registration_number",
                        )?,
                        country: code(&row.country, "institution.country")?,
                        tax_number: row
                            .tax_number
                            .map(|number| text(&number, "institution.tax_number"))
                            .transpose()?,
                        licence_valid_to: row.licence_valid_to.map(date_to),
                        address: row
                            .address
                            .map(|address| text(&address, "institution.address"))
                            .transpose()?,
                        contact: from_json(row.contact, "institution.contact")?,
                        time_zone: code(&row.time_zone, "institution.time_zone")?,
                        currency: currency(&row.currency)?,
                        deadlines: row
                            .deadlines
                            .map(|deadlines| from_json(deadlines, "institution.deadlines"))
                            .transpose()?,
                    },
                    active: row.active,
                    inactive_reason: row
                        .inactive_reason
                        .map(|reason| text(&reason, "institution.inactive_reason"))
                        .transpose()?,
                    version: to_unsigned(row.version, "institution.version")?,
                })
            };
            (row.id, read())
        })
        .collect())
}

pub async fn insert_institution(
    connection: &mut PgConnection,
    institution: &Institution,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let row = Columns::of(institution)?;
    let Institution {
        id,
        details,
        active,
        inactive_reason,
        version: _,
    } = institution;
    sqlx::query_file!(
        "src/people/sql/insert_institution.sql",
        id.as_uuid(),
        row.name,
        row.names,
        details.language.as_str(),
        row.kind,
        row.sector,
        details.registration_number.as_str(),
        details.country.as_str(),
        details.tax_number.as_ref().map(Text::as_str),
        details.licence_valid_to.map(date_from),
        details.address.as_ref().map(Text::as_str),
        row.contact,
        details.time_zone.as_str(),
        details.currency.code(),
        row.deadlines,
        active,
        inactive_reason.as_ref().map(Text::as_str),
        row.version,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn update_institution(
    connection: &mut PgConnection,
    institution: &Institution,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let row = Columns::of(institution)?;
    let Institution {
        id,
        details,
        active,
        inactive_reason,
        version: _,
    } = institution;
    sqlx::query_file!(
        "src/people/sql/update_institution.sql",
        id.as_uuid(),
        row.name,
        row.names,
        details.language.as_str(),
        row.kind,
        row.sector,
        details.registration_number.as_str(),
        details.country.as_str(),
        details.tax_number.as_ref().map(Text::as_str),
        details.licence_valid_to.map(date_from),
        details.address.as_ref().map(Text::as_str),
        row.contact,
        details.time_zone.as_str(),
        details.currency.code(),
        row.deadlines,
        active,
        inactive_reason.as_ref().map(Text::as_str),
        row.version,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The fields of an institution that are converted for storage.
struct Columns<'a> {
    /// The name in its own language, shown in lists and on invoices.
    name: &'a str,
    names: serde_json::Value,
    kind: &'static str,
    sector: &'static str,
    contact: serde_json::Value,
    deadlines: Option<serde_json::Value>,
    version: i64,
}

impl<'a> Columns<'a> {
    fn of(institution: &'a Institution) -> Result<Self, DatabaseError> {
        let details = &institution.details;
        let name = details
            .name()
            .ok_or(DatabaseError::Corrupt("institution.names"))?;
        let deadlines = details.deadlines.as_ref();
        Ok(Self {
            name: name.as_str(),
            names: to_json(&details.names, "institution.names")?,
            kind: details.kind.name(),
            sector: details.sector.name(),
            contact: to_json(&details.contact, "institution.contact")?,
            deadlines: deadlines
                .map(|deadlines| to_json(deadlines, "institution.deadlines"))
                .transpose()?,
            version: from_unsigned(institution.version, "institution.version")?,
        })
    }
}

/// The institution's own deadlines, or the default ones (D-28).
pub async fn deadlines(connection: &mut PgConnection, id: InstitutionId) -> Result<Deadlines, DatabaseError> {
    let own = sqlx::query_scalar!("select deadlines from institution where id = $1", id.as_uuid())
        .fetch_optional(connection)
        .await?
        .flatten();
    own.map_or(Ok(Deadlines::default()), |own| {
        from_json(own, "institution.deadlines")
    })
}

/// Whether the institution's users may submit cases.
pub async fn institution_is_active(
    connection: &mut PgConnection,
    id: InstitutionId,
) -> Result<bool, DatabaseError> {
    let active = sqlx::query_scalar!("select active from institution where id = $1", id.as_uuid())
        .fetch_optional(connection)
        .await?;
    Ok(active.unwrap_or(false))
}
