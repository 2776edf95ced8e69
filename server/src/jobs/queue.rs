//! The job queue: rows in PostgreSQL, written in the transaction that causes them and worked on after it.
//!
//! The invariant: every job may run twice. One that fails is tried again, later each time, and holds up no other.

use mso_core::actor::Actor;
use mso_core::decision::Job;
use mso_core::ids::{DocumentId, ProviderId};
use mso_core::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;

use super::unassign::unassign_cases;
use crate::State;
use crate::commands::ExecuteError;
use crate::database::columns::from_json;
use crate::database::{DatabaseError, from_timestamp};
use crate::documents::{discard, is_withdrawn};

const RENDER_REPORT: &str = "render_report";
const UNASSIGN_CASES: &str = "unassign_cases";
const DISCARD_UPLOAD: &str = "discard_upload";
/// Rows of one page.
const PAGE: i64 = 100;
/// The longest time until a job that failed is tried again, in minutes.
const LONGEST_DELAY: i64 = 60;

/// Writes a job that is due now.
pub async fn add(connection: &mut PgConnection, job: &Job, now: Timestamp) -> Result<(), DatabaseError> {
    let (kind, payload) = match job {
        Job::RenderReport { case, version } => (RENDER_REPORT, json!({ "case": case, "version": version })),
        Job::UnassignCases { provider } => (UNASSIGN_CASES, json!({ "provider": provider })),
        Job::DiscardUpload { case, document } => {
            (DISCARD_UPLOAD, json!({ "case": case, "document": document }))
        }
    };
    sqlx::query!(
        "insert into job (kind, payload, run_at) values ($1, $2, $3)",
        kind,
        payload,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Queued {
    id: i64,
    kind: String,
    payload: serde_json::Value,
    attempts: i32,
}

/// Does every job that is due. Jobs of a kind that this server cannot do stay in the queue.
pub(super) async fn work(state: &State) -> Result<(), DatabaseError> {
    let now = state.clock.now();
    loop {
        let mut tx = state.database.begin_snapshot(&Actor::SYSTEM).await?;
        // One that failed is due later, so a page never repeats.
        let due = sqlx::query_as!(
            Queued,
            "select id, kind, payload, attempts from job
             where done_at is null and run_at <= $1 and kind = any($2)
             order by array_position($2, kind), run_at, id limit $3",
            from_timestamp(now),
            &[UNASSIGN_CASES.to_owned(), DISCARD_UPLOAD.to_owned()],
            PAGE,
        );
        let due = due.fetch_all(tx.conn()).await?;
        tx.commit().await?;
        if due.is_empty() {
            return Ok(());
        }
        for job in due {
            let done = perform(state, &job).await;
            settle(state, &job, done, now).await?;
        }
    }
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
enum Undone {
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    #[error("the file store failed")]
    Files(#[from] std::io::Error),
    #[error("an upload is being written")]
    Writing,
}

impl Undone {
    fn is_permanent(&self) -> bool {
        match self {
            Self::Execute(error) => error.is_permanent(),
            Self::Files(_) | Self::Writing => false,
        }
    }
}

async fn perform(state: &State, job: &Queued) -> Result<(), Undone> {
    #[derive(serde::Deserialize)]
    struct Unassign {
        provider: ProviderId,
    }
    #[derive(serde::Deserialize)]
    struct Discard {
        document: DocumentId,
    }
    let payload = job.payload.clone();
    if job.kind == DISCARD_UPLOAD {
        let Discard { document } = from_json(payload, "job.payload").map_err(ExecuteError::from)?;
        // Whoever asked for it: of nothing else is the part discarded.
        if !is_withdrawn(state, document).await.map_err(ExecuteError::from)? {
            return Ok(());
        }
        return match discard(state, document).await? {
            true => Ok(()),
            false => Err(Undone::Writing),
        };
    }
    let Unassign { provider } = from_json(payload, "job.payload").map_err(ExecuteError::from)?;
    Ok(unassign_cases(state, provider).await?)
}

/// Notes that the job is done, or when it is tried again.
async fn settle(
    state: &State,
    job: &Queued,
    done: Result<(), Undone>,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let failed = done.err().map(|error| {
        if matches!(error, Undone::Writing) {
            tracing::info!(job.id = job.id, %error, "a job waits");
        } else {
            tracing::error!(job.id = job.id, %error, "a job failed");
        }
        if error.is_permanent() {
            "fault"
        } else {
            "unavailable"
        }
    });
    let minutes = 1_i64
        .checked_shl(job.attempts.unsigned_abs())
        .map_or(LONGEST_DELAY, |minutes| minutes.clamp(1, LONGEST_DELAY));
    let next = now.plus_millis(minutes * 60_000);
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    sqlx::query!(
        "update job set attempts = attempts + 1, last_error = $2,
           done_at = case when $2::text is null then $3::timestamptz end,
           run_at = case when $2::text is null then run_at else $4::timestamptz end
         where id = $1",
        job.id,
        failed,
        from_timestamp(now),
        from_timestamp(next),
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await
}
