//! The SQL of notifications: one row for each recipient.
//!
//! The invariant: a row holds ids and a kind, never any content of a case (D-24).

use mso_core::ids::{CaseId, InvoiceId, NotificationId, UserId};
use mso_core::notifications::{Audience, Notification, NotificationKind, NotificationSubject, Notify};
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::columns::from_name;
use crate::database::{DatabaseError, Readable, from_timestamp, sort_readable, to_timestamp};
use crate::http::list::{Place, last_of_full};

#[derive(Debug)]
struct NotificationRow {
    id: Uuid,
    kind: String,
    case_id: Option<Uuid>,
    invoice_id: Option<Uuid>,
    priority: String,
    at: OffsetDateTime,
    read_at: Option<OffsetDateTime>,
}

impl TryFrom<NotificationRow> for Notification {
    type Error = DatabaseError;

    fn try_from(row: NotificationRow) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: NotificationId::from_uuid(row.id),
            kind: NotificationKind::from_name(&row.kind)
                .ok_or(DatabaseError::Corrupt("notification.kind"))?,
            case_id: row.case_id.map(CaseId::from_uuid),
            invoice_id: row.invoice_id.map(InvoiceId::from_uuid),
            priority: from_name(&row.priority, "notification.priority")?,
            created_at: to_timestamp(row.at),
            read_at: row.read_at.map(to_timestamp),
        })
    }
}

/// Writes one row for each user in the audience except the one who caused it. Returns the recipients.
pub async fn insert(
    connection: &mut PgConnection,
    notify: &Notify,
    by: UserId,
    now: Timestamp,
) -> Result<Vec<(UserId, NotificationId)>, DatabaseError> {
    let (case, invoice) = match notify.about {
        NotificationSubject::Case(case) => (Some(case.as_uuid()), None),
        NotificationSubject::Invoice(invoice) => (None, Some(invoice.as_uuid())),
    };
    let mut told = audience(connection, notify.to).await?;
    told.retain(|user| *user != by);
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<NotificationId> = told.iter().map(|_| NotificationId::generate(now)).collect();
    sqlx::query!(
        "insert into notification (id, user_id, kind, case_id, invoice_id, priority, at)
         select id, user_id, $3, $4, $5, $6, $7 from unnest($1::uuid[], $2::uuid[]) as new (id, user_id)",
        &ids.iter().map(|id| id.as_uuid()).collect::<Vec<_>>(),
        &told.iter().map(|user| user.as_uuid()).collect::<Vec<_>>(),
        notify.kind.name(),
        case,
        invoice,
        notify.priority.name(),
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(told.into_iter().zip(ids).collect())
}

/// The active users of an audience, ordered by id.
async fn audience(connection: &mut PgConnection, audience: Audience) -> Result<Vec<UserId>, DatabaseError> {
    let ids = match audience {
        Audience::Admins => {
            sqlx::query_scalar!(
                "select id from mso_user where role = 'admin' and status = 'active' order by id"
            )
            .fetch_all(connection)
            .await?
        }
        Audience::Expert(provider) => {
            sqlx::query_scalar!(
                "select id from mso_user where provider_id = $1 and status = 'active' order by id",
                provider.as_uuid(),
            )
            .fetch_all(connection)
            .await?
        }
        Audience::Team(case) => {
            sqlx::query_scalar!(
                "select u.id from mso_case c join mso_user u on u.id = any(c.team)
                 where c.id = $1 and u.status = 'active' order by u.id",
                case.as_uuid(),
            )
            .fetch_all(connection)
            .await?
        }
    };
    Ok(ids.into_iter().map(UserId::from_uuid).collect())
}

/// A notification of this user, locked.
pub async fn lock(
    connection: &mut PgConnection,
    user: UserId,
    id: NotificationId,
) -> Result<Option<Notification>, DatabaseError> {
    let row = sqlx::query_as!(
        NotificationRow,
        "select id, kind, case_id, invoice_id, priority, at, read_at from notification
         where id = $1 and user_id = $2 for update",
        id.as_uuid(),
        user.as_uuid(),
    )
    .fetch_optional(connection)
    .await?;
    row.map(Notification::try_from).transpose()
}

/// Stores when the recipient read the notification.
pub async fn set_read(
    connection: &mut PgConnection,
    user: UserId,
    notification: &Notification,
) -> Result<(), DatabaseError> {
    let read = sqlx::query!(
        "update notification set read_at = $3 where id = $1 and user_id = $2",
        notification.id.as_uuid(),
        user.as_uuid(),
        notification.read_at.map(from_timestamp),
    )
    .execute(connection)
    .await?;
    DatabaseError::one(read.rows_affected(), "notification")
}

/// The user's notifications after this position, newest first, and the position of the next page.
pub async fn inbox(
    connection: &mut PgConnection,
    user: UserId,
    unread_only: bool,
    after: Option<Place>,
    limit: i64,
) -> Result<(Readable<Uuid, Notification>, Option<Place>), DatabaseError> {
    let rows = sqlx::query_as!(
        NotificationRow,
        "select id, kind, case_id, invoice_id, priority, at, read_at from notification
         where user_id = $1 and (not $2 or read_at is null)
           and ($3::timestamptz is null or (at, id) < ($3, $4))
         order by at desc, id desc limit $5",
        user.as_uuid(),
        unread_only,
        after.map(|place| from_timestamp(place.at)),
        after.map(|place| place.id),
        limit,
    )
    .fetch_all(connection)
    .await?;
    let next = last_of_full(&rows, limit).map(|row| Place {
        at: to_timestamp(row.at),
        id: row.id,
    });
    let read = rows.into_iter().map(|row| (row.id, Notification::try_from(row)));
    Ok((sort_readable(read)?, next))
}

/// Those of these notifications that belong to the user.
pub async fn of_user(
    connection: &mut PgConnection,
    user: UserId,
    ids: &[Uuid],
) -> Result<Vec<Notification>, DatabaseError> {
    let rows = sqlx::query_as!(
        NotificationRow,
        "select id, kind, case_id, invoice_id, priority, at, read_at from notification
         where user_id = $1 and id = any($2)",
        user.as_uuid(),
        ids,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Notification::try_from).collect()
}
