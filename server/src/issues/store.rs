//! The SQL of issues: the whole record as JSON, beside the columns that are queried.
//!
//! The projections (`projection`) decide what a role may read of an issue; commands see all of it.

use mso_core::ids::CaseId;
use mso_core::issues::Issue;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::columns::{from_json, from_unsigned, to_json};
use crate::database::{DatabaseError, from_timestamp};

/// All issues of a case, oldest first. The case must have been found in the caller's scope.
pub async fn of_case(connection: &mut PgConnection, case: CaseId) -> Result<Vec<Issue>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        "select record from issue where case_id = $1 order by created_at, id",
        case.as_uuid(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|record| from_json(record, "issue.record"))
        .collect()
}

/// Saves the issue. Its first version must be new.
pub async fn save(connection: &mut PgConnection, issue: &Issue, now: Timestamp) -> Result<(), DatabaseError> {
    let (id, record) = (issue.id.as_uuid(), to_json(issue, "issue.record")?);
    let version = from_unsigned(issue.version, "issue.version")?;
    let saved = if issue.version == 1 {
        let author = issue.author.ok_or(DatabaseError::Corrupt("issue.author"))?;
        sqlx::query!(
            "insert into issue (id, case_id, kind, state, author, author_role, record, version, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
            id,
            issue.case_id.as_uuid(),
            issue.kind.name(),
            issue.state.name(),
            author.as_uuid(),
            issue.author_role.name(),
            record,
            version,
            from_timestamp(now),
        )
        .execute(connection)
        .await?
    } else {
        sqlx::query!(
            "update issue set state = $2, record = $3, version = $4, updated_at = $5 where id = $1 and version < $4",
            id,
            issue.state.name(),
            record,
            version,
            from_timestamp(now),
        )
        .execute(connection)
        .await?
    };
    DatabaseError::one(saved.rows_affected(), "issue")
}
