//! Commands that arrive from a revoked phone, or from a user who may no longer act (R15). All are refused,
//! but clinical texts are kept for their author and the admins (D-19).
//!
//! The invariant: only quarantine and audit are written, and no answer is settled. If the user may act again
//! and sends the same commands, they are decided as new.

use mso_core::actor::Actor;
use mso_core::command::Aggregate;
use mso_core::facts::Context;
use mso_core::ids::CaseId;
use mso_core::protocol::sync::PushItem;
use mso_core::refusal::Refusal;

use super::error::ExecuteError;
use super::execute::entry;
use super::facts::{self, Locked};
use super::request::{Request, decode_pushed};
use crate::audit;
use crate::cases::quarantine;
use crate::state::State;

/// Quarantines the clinical texts among these commands.
pub async fn keep(
    state: &State,
    actor: &Actor,
    items: &[PushItem],
    request_id: &str,
) -> Result<(), ExecuteError> {
    for item in items {
        // An unreadable command holds no text that could be given back.
        let Ok(mut request) = decode_pushed(item) else {
            continue;
        };
        if request.envelope.command.spec().clinical {
            request.request_id = Some(request_id.to_owned());
            match keep_one(state, actor, &request).await {
                // It stays on the phone, which is yet to learn what to delete.
                Err(error) if error.is_permanent() => {
                    tracing::error!(command.id = %request.envelope.command_id, %error, "a late text was not kept");
                }
                kept => kept?,
            }
        }
    }
    Ok(())
}

async fn keep_one(state: &State, actor: &Actor, request: &Request) -> Result<(), ExecuteError> {
    let ctx = Context {
        actor: *actor,
        now: state.clock.now(),
        assignment_id: request.envelope.assignment_id,
    };
    let code = Refusal::ActorRevoked.code();
    let mut tx = state.database.begin_scoped(actor).await?;
    let locked = facts::lock(tx.conn(), &ctx, &request.envelope.command).await?;
    let Some(case) = case_of(&locked, request) else {
        return Ok(());
    };
    if quarantine::keep(tx.conn(), &ctx, &request.envelope, case, code).await? {
        audit::append(tx.conn(), actor.user.into(), &entry(&ctx, request, code)?).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The case that the text is about, if its author has or had it.
fn case_of(locked: &Locked, request: &Request) -> Option<CaseId> {
    match locked {
        Locked::Superseded(held) => Some(held.case_id),
        Locked::NotFound => None,
        Locked::Subject(_) => {
            let Aggregate::Case(case) = request.envelope.command.aggregate() else {
                return None;
            };
            Some(case)
        }
    }
}
