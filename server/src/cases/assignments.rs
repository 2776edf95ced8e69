//! The SQL of assignments: one row for each attempt, unchanged once it has ended.

use mso_core::cases::{Assignment, AssignmentEnd, AssignmentState};
use mso_core::ids::{AssignmentId, CaseId, ProviderId, UserId};
use mso_core::text::Reason;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::columns::{from_json, from_name, to_json};
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

struct AssignmentRow {
    id: Uuid,
    case_id: Uuid,
    provider_id: Uuid,
    assigned_by: Uuid,
    assigned_at: OffsetDateTime,
    overrides: serde_json::Value,
    state: String,
    ended_at: Option<OffsetDateTime>,
    end_reason: Option<String>,
}

impl TryFrom<AssignmentRow> for Assignment {
    type Error = DatabaseError;

    fn try_from(row: AssignmentRow) -> Result<Self, DatabaseError> {
        let end_reason = row.end_reason.as_deref();
        Ok(Self {
            id: AssignmentId::from_uuid(row.id),
            case_id: CaseId::from_uuid(row.case_id),
            provider_id: ProviderId::from_uuid(row.provider_id),
            assigned_by: UserId::from_uuid(row.assigned_by),
            assigned_at: to_timestamp(row.assigned_at),
            overrides: from_json(row.overrides, "assignment.overrides")?,
            state: from_name(&row.state, "assignment.state")?,
            ended_at: row.ended_at.map(to_timestamp),
            end_reason: end_reason
                .map(|name| from_name(name, "assignment.end_reason"))
                .transpose()?,
        })
    }
}

/// This assignment of the case, ended or not, if it was this provider's: a past holder may know of the case.
pub async fn held(
    connection: &mut PgConnection,
    id: AssignmentId,
    case: CaseId,
    provider: ProviderId,
) -> Result<Option<Assignment>, DatabaseError> {
    let row = sqlx::query_as!(
        AssignmentRow,
        "select id, case_id, provider_id, assigned_by, assigned_at, overrides, state, ended_at, end_reason
         from assignment where id = $1 and case_id = $2 and provider_id = $3",
        id.as_uuid(),
        case.as_uuid(),
        provider.as_uuid(),
    );
    row.fetch_optional(connection)
        .await?
        .map(Assignment::try_from)
        .transpose()
}

/// The case's live assignment, locked.
pub async fn lock_live(
    connection: &mut PgConnection,
    case: CaseId,
) -> Result<Option<Assignment>, DatabaseError> {
    let row = sqlx::query_as!(
        AssignmentRow,
        "select id, case_id, provider_id, assigned_by, assigned_at, overrides, state, ended_at, end_reason
         from assignment where case_id = $1 and ended_at is null for update",
        case.as_uuid(),
    );
    row.fetch_optional(connection)
        .await?
        .map(Assignment::try_from)
        .transpose()
}

/// Inserts a new assignment with the reason given for it.
pub async fn start(
    connection: &mut PgConnection,
    assignment: &Assignment,
    reason: Option<&Reason>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into assignment
           (id, case_id, provider_id, ordinal, assigned_by, assigned_at, reason, overrides, state)
         select $1, $2, $3, coalesce(max(ordinal), 0) + 1, $4, $5, $6, $7, $8 from assignment where case_id = $2",
        assignment.id.as_uuid(),
        assignment.case_id.as_uuid(),
        assignment.provider_id.as_uuid(),
        assignment.assigned_by.as_uuid(),
        from_timestamp(assignment.assigned_at),
        reason.map(Reason::as_str),
        to_json(&assignment.overrides, "assignment.overrides")?,
        assignment.state.name(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves the live assignment to another state.
pub async fn move_to(
    connection: &mut PgConnection,
    id: AssignmentId,
    state: AssignmentState,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let moved = sqlx::query!(
        "update assignment
         set state = $2,
             accepted_at = case when $2 = 'accepted' then $3 else accepted_at end,
             started_at = case when $2 = 'in_review' then $3 else started_at end,
             completed_at = case when $2 = 'completed' then $3 else completed_at end
         where id = $1 and ended_at is null",
        id.as_uuid(),
        state.name(),
        from_timestamp(at),
    )
    .execute(connection)
    .await?;
    one(moved.rows_affected())
}

/// Ends the live assignment.
pub async fn end(
    connection: &mut PgConnection,
    id: AssignmentId,
    reason: AssignmentEnd,
    text: Option<&Reason>,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let ended = sqlx::query!(
        "update assignment set ended_at = $2, end_reason = $3, end_text = $4 where id = $1 and ended_at is null",
        id.as_uuid(),
        from_timestamp(at),
        reason.name(),
        text.map(Reason::as_str),
    )
    .execute(connection)
    .await?;
    one(ended.rows_affected())
}

fn one(rows: u64) -> Result<(), DatabaseError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(DatabaseError::Mismatch("no live assignment".to_owned()))
    }
}
