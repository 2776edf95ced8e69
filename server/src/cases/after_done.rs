//! The SQL of what follows an opinion: clarification questions and feedback.

use mso_core::cases::{Clarification, Feedback};
use mso_core::ids::CaseId;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::columns::{from_json, from_unsigned, to_json};
use crate::database::{DatabaseError, from_timestamp};

/// All questions about the opinion of a case, oldest first. The case must have been found in the caller's
/// scope.
pub async fn clarifications(
    connection: &mut PgConnection,
    case: CaseId,
) -> Result<Vec<Clarification>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        "select record from clarification where case_id = $1 order by asked_at, id",
        case.as_uuid(),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|record| from_json(record, "clarification.record"))
        .collect()
}

/// Saves the question. Its first version must be new.
pub async fn save_clarification(
    connection: &mut PgConnection,
    asked: &Clarification,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let (id, record) = (asked.id.as_uuid(), to_json(asked, "clarification.record")?);
    let version = from_unsigned(asked.version, "clarification.version")?;
    let saved = if asked.version == 1 {
        sqlx::query!(
            "insert into clarification (id, case_id, asked_at, record, version) values ($1, $2, $3, $4, $5)",
            id,
            asked.case_id.as_uuid(),
            from_timestamp(asked.asked_at),
            record,
            version,
        )
        .execute(connection)
        .await?
    } else {
        sqlx::query!(
            "update clarification
             set record = $2, version = $3, escalated_at = $4, answered_at = $5, updated_at = $6
             where id = $1 and version < $3",
            id,
            record,
            version,
            asked.escalated_at.map(from_timestamp),
            asked.answer.as_ref().map(|answer| from_timestamp(answer.at)),
            from_timestamp(now),
        )
        .execute(connection)
        .await?
    };
    DatabaseError::one(saved.rows_affected(), "clarification")
}

/// All feedback on the opinion that the caller may see.
pub async fn feedback(connection: &mut PgConnection, case: CaseId) -> Result<Vec<Feedback>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        "select record from feedback where case_id = $1 order by created_at, id",
        case.as_uuid(),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|record| from_json(record, "feedback.record"))
        .collect()
}

/// Saves the feedback. Its first version must be new.
pub async fn save_feedback(
    connection: &mut PgConnection,
    given: &Feedback,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let (id, record) = (given.id.as_uuid(), to_json(given, "feedback.record")?);
    let version = from_unsigned(given.version, "feedback.version")?;
    let judged = i32::try_from(given.recommendation_version)
        .map_err(|_| DatabaseError::Corrupt("feedback.recommendation_version"))?;
    let saved = if given.version == 1 {
        sqlx::query!(
            "insert into feedback
               (id, case_id, recommendation_version, institution_id, shared_with_provider, record, version)
             values ($1, $2, $3, $4, $5, $6, $7)",
            id,
            given.case_id.as_uuid(),
            judged,
            given.institution_id.as_uuid(),
            given.content.shared_with_provider,
            record,
            version,
        )
        .execute(connection)
        .await?
    } else {
        sqlx::query!(
            "update feedback set shared_with_provider = $2, record = $3, version = $4, updated_at = $5
             where id = $1 and version < $4",
            id,
            given.content.shared_with_provider,
            record,
            version,
            from_timestamp(now),
        )
        .execute(connection)
        .await?
    };
    DatabaseError::one(saved.rows_affected(), "feedback")
}
