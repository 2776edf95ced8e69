//! What falls due at a set time: obligations, the end of clarification windows, questions that nobody answered.
//!
//! This module finds it; whether it is due is decided by the rules (`FlagOverdue`, `CloseWindow`,
//! `EscalateClarification`). The invariant: what cannot be done holds up nothing else, and is tried again in the next round.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mso_core::actor::Actor;
use mso_core::cases::{CloseWindow, Deadlines, EscalateClarification, FlagOverdue, Obligation, UrgencyLevel};
use mso_core::command::Command;
use mso_core::ids::{CaseId, ClarificationId, InstitutionId};
use mso_core::time::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

use super::give;
use crate::State;
use crate::database::columns::from_name;
use crate::database::{DatabaseError, from_timestamp, to_timestamp};
use crate::people::store as people;

/// Rows of one page.
const PAGE: i64 = 100;

/// Name in the query of a clarification window; the others are obligations.
const WINDOW: &str = "window";

/// Flags every obligation and closes every clarification window whose time is over.
pub(super) async fn end_periods(state: &State) -> Result<(), DatabaseError> {
    let now = state.clock.now();
    let mut after: Option<(OffsetDateTime, Uuid, String)> = None;
    loop {
        let (at, case, what) = after
            .map(|(at, case, what)| (Some(at), Some(case), Some(what)))
            .unwrap_or_default();
        let mut tx = state.database.begin_snapshot(&Actor::SYSTEM).await?;
        let rows = sqlx::query_file!(
            "src/jobs/sql/select_due.sql",
            from_timestamp(now),
            at,
            case,
            what,
            PAGE,
        );
        let rows = rows.fetch_all(tx.conn()).await?;
        tx.commit().await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some((last.due_at, last.case_id, last.what.clone()));
        for row in rows {
            let case_id = CaseId::from_uuid(row.case_id);
            let command = if row.what == WINDOW {
                CloseWindow { case_id }.into()
            } else {
                let what: Obligation = from_name(&row.what, "the kind of an obligation")?;
                FlagOverdue { case_id, what }.into()
            };
            let cause = format!("{} {}", row.what, to_timestamp(row.due_at));
            try_to(state, command, &cause).await;
        }
    }
}

/// Gives the command. If it fails, which the log says, the next round finds it again.
async fn try_to(state: &State, command: Command, cause: &str) {
    drop(give(state, command, cause).await);
}

/// A question that has no answer.
struct Waiting {
    case_id: CaseId,
    clarification_id: ClarificationId,
    institution: InstitutionId,
    urgency: UrgencyLevel,
    asked_at: Timestamp,
}

/// Tells the admins of every question that waits for longer than its institution's deadline.
pub(super) async fn escalate_clarifications(state: &State) -> Result<(), DatabaseError> {
    let now = state.clock.now();
    let mut tx = state.database.begin_snapshot(&Actor::SYSTEM).await?;
    let rows = sqlx::query!(
        "select q.id, q.case_id, q.asked_at, c.institution_id, c.urgency
         from clarification q join mso_case c on c.id = q.case_id
         where q.answered_at is null and q.escalated_at is null and q.asked_at <= $1
         order by q.asked_at, q.id",
        from_timestamp(now),
    );
    let mut waiting = Vec::new();
    let mut deadlines = HashMap::<InstitutionId, Deadlines>::new();
    for row in rows.fetch_all(tx.conn()).await? {
        let institution = InstitutionId::from_uuid(row.institution_id);
        if let Entry::Vacant(unknown) = deadlines.entry(institution) {
            unknown.insert(people::deadlines(tx.conn(), institution).await?);
        }
        waiting.push(Waiting {
            case_id: CaseId::from_uuid(row.case_id),
            clarification_id: ClarificationId::from_uuid(row.id),
            institution,
            urgency: from_name(&row.urgency, "mso_case.urgency")?,
            asked_at: to_timestamp(row.asked_at),
        });
    }
    tx.commit().await?;
    for question in waiting {
        let deadline = deadlines.get(&question.institution).copied().unwrap_or_default();
        let due_at = deadline.of(question.urgency).answer.after(question.asked_at);
        if due_at <= now {
            let Waiting {
                case_id,
                clarification_id,
                ..
            } = question;
            let command = EscalateClarification {
                case_id,
                clarification_id,
            };
            try_to(state, command.into(), &format!("{clarification_id} {due_at}")).await;
        }
    }
    Ok(())
}
