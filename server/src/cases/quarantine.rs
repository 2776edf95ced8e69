//! The SQL of the quarantine: clinical texts that arrived too late, kept for their author and the admins
//! (D-19).
//!
//! The invariant: a text enters only through a refusal, in the same transaction, and is never read by a
//! requester or a successor.

use mso_core::cases::Quarantined;
use mso_core::command::CommandEnvelope;
use mso_core::facts::Context;
use mso_core::ids::{AssignmentId, CaseId, CommandId, QuarantineId, UserId};
use sqlx::PgConnection;

use crate::database::columns::to_json;
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

/// The quarantined texts of the case, oldest first.
pub async fn of_case(connection: &mut PgConnection, case: CaseId) -> Result<Vec<Quarantined>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, author, command_id, assignment_id, refusal, kept_at, discarded_at from quarantine
         where case_id = $1 order by kept_at, id",
        case.as_uuid(),
    );
    let rows = rows.fetch_all(connection).await?;
    let kept = rows.into_iter().map(|row| Quarantined {
        id: QuarantineId::from_uuid(row.id),
        case_id: case,
        author: UserId::from_uuid(row.author),
        command_id: CommandId::from_uuid(row.command_id),
        assignment_id: row.assignment_id.map(AssignmentId::from_uuid),
        refusal: row.refusal,
        kept_at: to_timestamp(row.kept_at),
        discarded_at: row.discarded_at.map(to_timestamp),
    });
    Ok(kept.collect())
}

/// Keeps the text of a refused command. Idempotent; returns whether it was new.
pub async fn keep(
    connection: &mut PgConnection,
    ctx: &Context,
    envelope: &CommandEnvelope,
    case: CaseId,
    refusal: &str,
) -> Result<bool, DatabaseError> {
    let kept = sqlx::query!(
        "insert into quarantine (id, case_id, author, command_id, assignment_id, refusal, payload, kept_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (author, command_id) do nothing",
        QuarantineId::generate(ctx.now).as_uuid(),
        case.as_uuid(),
        ctx.actor.user.as_uuid(),
        envelope.command_id.as_uuid(),
        envelope.assignment_id.map(AssignmentId::as_uuid),
        refusal,
        to_json(&envelope.command, "quarantine.payload")?,
        from_timestamp(ctx.now),
    );
    Ok(kept.execute(connection).await?.rows_affected() == 1)
}

/// Marks the text as discarded by an admin.
pub async fn discard(connection: &mut PgConnection, kept: &Quarantined) -> Result<(), DatabaseError> {
    let discarded = sqlx::query!(
        "update quarantine set discarded_at = $2 where id = $1 and discarded_at is null",
        kept.id.as_uuid(),
        kept.discarded_at.map(from_timestamp),
    );
    DatabaseError::one(discarded.execute(connection).await?.rows_affected(), "quarantine")
}
