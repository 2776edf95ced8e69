//! The log of every answered command, with its answer. Unique by user and command id, so nobody gets another
//! user's answer.
//!
//! The invariant: a row is committed only together with its outcome. A concurrent request with the same id
//! waits on the unique index until the first one is decided.

use std::collections::BTreeSet;

use mso_core::facts::Context;
use mso_core::ids::CommandId;
use mso_core::protocol::sync::SettledOutcome;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use super::request::Request;
use crate::audit::Answer;
use crate::database::columns::{from_json, to_json};
use crate::database::{DatabaseError, from_timestamp};

pub(super) enum Admission {
    /// The command is new and now has a row in the log.
    New,
    Answered(SettledOutcome),
    /// Another command was already answered under this id.
    OtherContent,
}

pub(super) async fn admit(
    connection: &mut PgConnection,
    ctx: &Context,
    request: &Request,
) -> Result<Admission, DatabaseError> {
    let inserted = sqlx::query!(
        "insert into command_log (user_id, command_id, request_sha256, name, at, issued_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (user_id, command_id) do nothing",
        ctx.actor.user.as_uuid(),
        request.command_id.as_uuid(),
        request.request_sha256.as_bytes().as_slice(),
        request.envelope.command.name(),
        from_timestamp(ctx.now),
        within_years(request.envelope.issued_at).map(from_timestamp),
    )
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Admission::New);
    }
    let seen = sqlx::query!(
        "select request_sha256, outcome from command_log where user_id = $1 and command_id = $2",
        ctx.actor.user.as_uuid(),
        request.command_id.as_uuid(),
    )
    .fetch_one(connection)
    .await?;
    if seen.request_sha256 != request.request_sha256.as_bytes() {
        return Ok(Admission::OtherContent);
    }
    let outcome = seen
        .outcome
        .ok_or(DatabaseError::Corrupt("command_log.outcome"))?;
    from_json(outcome, "command_log.outcome").map(Admission::Answered)
}

/// The device's time, if it is in the years 1 to 9999; a clock that shows another year tells nothing.
fn within_years(issued_at: Timestamp) -> Option<Timestamp> {
    let years = -62_135_596_800_000..253_402_300_800_000;
    years.contains(&issued_at.unix_millis()).then_some(issued_at)
}

/// Whether all of these commands of the same user were applied.
pub(super) async fn dependencies_applied(
    connection: &mut PgConnection,
    ctx: &Context,
    depends_on: &[CommandId],
) -> Result<bool, DatabaseError> {
    if depends_on.is_empty() {
        return Ok(true);
    }
    let ids: Vec<_> = depends_on
        .iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|id| id.as_uuid())
        .collect();
    let applied = sqlx::query_scalar!(
        "select count(*) as \"count!\" from command_log
         where user_id = $1 and command_id = any($2) and outcome ->> 'outcome' = 'applied'",
        ctx.actor.user.as_uuid(),
        &ids,
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(applied) == Ok(ids.len()))
}

/// The answer for the command's row, to be stored with the audit entry.
pub(super) fn answer(request: &Request, outcome: &SettledOutcome) -> Result<Answer, DatabaseError> {
    Ok(Answer {
        command: request.command_id,
        outcome: to_json(outcome, "command_log.outcome")?,
    })
}
