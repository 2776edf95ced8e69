//! `unassign_cases`: takes the open cases from an expert whose account was deactivated (T4).

use mso_core::actor::Actor;
use mso_core::cases::UnassignCase;
use mso_core::ids::{CaseId, ProviderId};
use mso_core::text::Reason;

use super::give;
use crate::State;
use crate::commands::ExecuteError;
use crate::database::DatabaseError;

/// Each of the cases that the expert has now.
pub(super) async fn unassign_cases(state: &State, provider: ProviderId) -> Result<(), ExecuteError> {
    let mut tx = state.database.begin_snapshot(&Actor::SYSTEM).await?;
    let rows = sqlx::query!(
        "select id, case_id from assignment
         where provider_id = $1 and ended_at is null and state <> 'completed' order by id",
        provider.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await.map_err(DatabaseError::from)?;
    tx.commit().await?;
    let reason = Reason::new("the account of the expert was deactivated");
    let reason = reason.map_err(|_| ExecuteError::Incomplete("a reason"))?;
    let mut failed = None;
    for row in rows {
        let command = UnassignCase {
            case_id: CaseId::from_uuid(row.case_id),
            reason: reason.clone(),
        };
        // One that fails holds up no other; the job is tried again for it.
        failed = give(state, command.into(), &row.id.to_string())
            .await
            .err()
            .or(failed);
    }
    failed.map_or(Ok(()), Err)
}
