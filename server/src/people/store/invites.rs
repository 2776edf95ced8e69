//! The SQL of invitations and of the mail that carries their links.
//!
//! The invariant: no secret is stored. A link is built from an invitation's id and the server's secret when the
//! mail is sent; this database alone is not enough to build one.

use mso_core::ids::{InviteId, UserId};
use mso_core::people::Invite;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::{DatabaseError, from_timestamp, to_timestamp};

/// Invites the user again: earlier links become invalid, and a mail is queued.
pub async fn invite(
    connection: &mut PgConnection,
    user: UserId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update invite set replaced_at = $2 where user_id = $1 and used_at is null and replaced_at is null",
        user.as_uuid(),
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    let id = InviteId::generate(now);
    sqlx::query!(
        "insert into invite (id, user_id, expires_at, created_at) values ($1, $2, $3, $4)",
        id.as_uuid(),
        user.as_uuid(),
        from_timestamp(Invite::expires_after(now)),
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into mail (kind, user_id, invite_id, created_at) values ('invite', $1, $2, $3)",
        user.as_uuid(),
        id.as_uuid(),
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The invitation and its user, locked: of two concurrent uses of one link, the second finds it spent.
pub async fn lock_invite(
    connection: &mut PgConnection,
    id: InviteId,
) -> Result<Option<(UserId, Invite)>, DatabaseError> {
    let row = sqlx::query!(
        "select user_id, expires_at, used_at, replaced_at from invite where id = $1 for update",
        id.as_uuid()
    );
    let row = row.fetch_optional(connection).await?;
    Ok(row.map(|row| {
        let invite = Invite {
            expires_at: to_timestamp(row.expires_at),
            spent: row.used_at.is_some() || row.replaced_at.is_some(),
        };
        (UserId::from_uuid(row.user_id), invite)
    }))
}

/// Marks the invitation as used.
pub async fn spend_invite(
    connection: &mut PgConnection,
    id: InviteId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update invite set used_at = $2 where id = $1",
        id.as_uuid(),
        from_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores the hash of the password that a user chose, and activates the user.
pub async fn set_password(
    connection: &mut PgConnection,
    user: UserId,
    hash: &str,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update mso_user set password_hash = $2, status = 'active' where id = $1",
        user.as_uuid(),
        hash
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A pending invitation.
#[derive(Debug)]
pub struct Waiting {
    /// The link is built from it.
    pub id: InviteId,
    /// Where the mail goes.
    pub email: String,
    /// When the link expires.
    pub expires_at: Timestamp,
}

/// The invitations that are neither used, replaced nor expired, oldest first.
pub async fn waiting_invites(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<Vec<Waiting>, DatabaseError> {
    let rows = sqlx::query!(
        "select i.id, u.email, i.expires_at from invite i join mso_user u on u.id = i.user_id
         where i.used_at is null and i.replaced_at is null and i.expires_at > $1 and u.status = 'invited'
         order by i.created_at, i.id",
        from_timestamp(now),
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| Waiting {
            id: InviteId::from_uuid(row.id),
            email: row.email,
            expires_at: to_timestamp(row.expires_at),
        })
        .collect())
}
