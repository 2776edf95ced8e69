//! The job queue: rows in PostgreSQL, taken under row locks, so that two servers never run one job at the same
//! time.
//!
//! The invariant: a job is written in the transaction that causes it, and every job may run twice.

use mso_core::decision::Job;
use mso_core::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;

use crate::database::{DatabaseError, from_timestamp};

/// The stored name of a job's kind.
const fn kind(job: &Job) -> &'static str {
    match job {
        Job::RenderReport { .. } => "render_report",
        Job::UnassignCases { .. } => "unassign_cases",
    }
}

/// Writes a job that is due now.
pub async fn add(connection: &mut PgConnection, job: &Job, now: Timestamp) -> Result<(), DatabaseError> {
    let payload = match job {
        Job::RenderReport { case, version } => json!({ "case": case, "version": version }),
        Job::UnassignCases { provider } => json!({ "provider": provider }),
    };
    sqlx::query!(
        "insert into job (kind, payload, run_at) values ($1, $2, $3)",
        kind(job),
        payload,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}
