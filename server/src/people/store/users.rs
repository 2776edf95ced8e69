//! The SQL of users and of who may see them. Password hashes are not read here, but where people sign in.

use mso_core::actor::{Acting, Actor};
use mso_core::ids::{InstitutionId, ProviderId, UserId};
use mso_core::people::{EmailAddress, Position, TeamCandidate, TimeZoneName, User};
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::page::{Entry, ids_of};
use super::parse::{code, text};
use crate::database::columns::{from_name, from_unsigned, to_unsigned};
use crate::database::{DatabaseError, Readable, from_timestamp, sort_readable};

/// The user, locked.
pub async fn lock_user(connection: &mut PgConnection, id: UserId) -> Result<Option<User>, DatabaseError> {
    sqlx::query_scalar!("select id from mso_user where id = $1 for update", id.as_uuid())
        .fetch_optional(&mut *connection)
        .await?;
    user(connection, id).await
}

/// The user with this id. Only for admins and the server itself: no other role may read an email address.
pub async fn user(connection: &mut PgConnection, id: UserId) -> Result<Option<User>, DatabaseError> {
    let mut found = select(connection, &[id.as_uuid()]).await?;
    found.pop().map(|(_, user)| user).transpose()
}

/// The id of the user with this address, ignoring case. Only for the server itself.
pub async fn user_of_email(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Option<UserId>, DatabaseError> {
    let id = sqlx::query_scalar!("select id from mso_user where lower(email) = lower($1)", email);
    Ok(id.fetch_optional(connection).await?.map(UserId::from_uuid))
}

/// The users on a page, by email address.
pub async fn readable_users(
    connection: &mut PgConnection,
    page: &[Entry],
) -> Result<Readable<Uuid, User>, DatabaseError> {
    sort_readable(select(connection, &ids_of(page)).await?)
}

/// A user's id, and the user if the row can be read.
type Row = (Uuid, Result<User, DatabaseError>);

async fn select(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Row>, DatabaseError> {
    let rows = sqlx::query_file!("src/people/sql/select_users.sql", ids);
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let read = || {
                Ok(User {
                    id: UserId::from_uuid(row.id),
                    email: EmailAddress::new(&row.email)
                        .map_err(|_| DatabaseError::Corrupt("mso_user.email"))?,
                    display_name: text(&row.display_name, "mso_user.display_name")?,
                    position: position(&row.role, row.institution_id, row.provider_id)?,
                    status: from_name(&row.status, "mso_user.status")?,
                    joined: row.joined,
                    locale: row
                        .locale
                        .map(|locale| code(&locale, "mso_user.locale"))
                        .transpose()?,
                    time_zone: row
                        .time_zone
                        .map(|zone| code(&zone, "mso_user.time_zone"))
                        .transpose()?,
                    version: to_unsigned(row.version, "mso_user.version")?,
                })
            };
            (row.id, read())
        })
        .collect())
}

fn position(
    role: &str,
    institution: Option<Uuid>,
    provider: Option<Uuid>,
) -> Result<Position, DatabaseError> {
    match (role, institution, provider) {
        ("requester", Some(id), None) => Ok(Position::Requester {
            institution_id: InstitutionId::from_uuid(id),
        }),
        ("provider", None, Some(id)) => Ok(Position::Provider {
            provider_id: ProviderId::from_uuid(id),
        }),
        ("admin", None, None) => Ok(Position::Admin {}),
        _ => Err(DatabaseError::Corrupt("mso_user.role")),
    }
}

/// Inserts a new user, who cannot sign in yet.
pub async fn insert_user(
    connection: &mut PgConnection,
    user: &User,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let role = user.position.role().name();
    sqlx::query!(
        "insert into mso_user (id, email, display_name, role, institution_id, provider_id, status, locale, time_zone,
           version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        user.id.as_uuid(),
        user.email.as_str(),
        user.display_name.as_str(),
        role,
        user.position.institution().map(InstitutionId::as_uuid),
        user.position.provider().map(ProviderId::as_uuid),
        user.status.name(),
        user.locale.as_ref().map(mso_core::people::Language::as_str),
        user.time_zone.as_ref().map(TimeZoneName::as_str),
        from_unsigned(user.version, "mso_user.version")?,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the mutable fields of a user.
pub async fn update_user(
    connection: &mut PgConnection,
    user: &User,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update mso_user set display_name = $2, status = $3, locale = $4, time_zone = $5, version = $6, updated_at = $7
         where id = $1",
        user.id.as_uuid(),
        user.display_name.as_str(),
        user.status.name(),
        user.locale.as_ref().map(mso_core::people::Language::as_str),
        user.time_zone.as_ref().map(TimeZoneName::as_str),
        from_unsigned(user.version, "mso_user.version")?,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The active admins, locked in the order of their ids, so that two concurrent removals see each other.
pub async fn lock_active_admins(connection: &mut PgConnection) -> Result<Vec<UserId>, DatabaseError> {
    let admins = sqlx::query_scalar!(
        "select id from mso_user where role = 'admin' and status = 'active' order by id for update"
    );
    let admins = admins.fetch_all(connection).await?;
    Ok(admins.into_iter().map(UserId::from_uuid).collect())
}

/// A user of the caller's institution who may join a case's team; for admins and the server, any user.
pub async fn team_candidate(
    connection: &mut PgConnection,
    actor: &Actor,
    id: UserId,
) -> Result<Option<TeamCandidate>, DatabaseError> {
    let institution = match actor.acting {
        Acting::Requester { institution } => Some(institution.as_uuid()),
        Acting::Provider { .. } => return Ok(None),
        Acting::Admin | Acting::System => None,
    };
    let row = sqlx::query!(
        "select id, role, institution_id, status from mso_user
         where id = $1 and ($2::uuid is null or institution_id = $2)",
        id.as_uuid(),
        institution,
    );
    let Some(row) = row.fetch_optional(connection).await? else {
        return Ok(None);
    };
    Ok(Some(TeamCandidate {
        user_id: id,
        role: from_name(&row.role, "mso_user.role")?,
        institution_id: row.institution_id.map(InstitutionId::from_uuid),
        active: row.status == "active",
    }))
}
