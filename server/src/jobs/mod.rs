//! Work that no request waits for: what falls due at a set time (`due.rs`), which phones have not
//! deleted in time (`sync/unconfirmed.rs`), and what a transaction asked to be done after it (`queue.rs`).
//!
//! Read [`round`] from top to bottom. The invariant: of all servers on one database one works at a time, and everything it
//! does about a case is a command with its own id for its cause, so what was interrupted is done again without being done
//! twice.

pub mod queue;

mod due;
mod unassign;

use std::time::Duration;

use mso_core::actor::Actor;
use mso_core::command::Command;
use mso_core::protocol::sync::Outcome;
use sqlx::Either;
use sqlx::postgres::PgAdvisoryLock;

use crate::State;
use crate::commands::execute::execute;
use crate::commands::{ExecuteError, Request};
use crate::database::DatabaseError;
use crate::sync::unconfirmed;

/// Time between two rounds.
const PERIOD: Duration = Duration::from_secs(10);

/// Works round by round until it is dropped.
pub async fn run(state: State) {
    loop {
        if let Err(error) = round(&state).await {
            tracing::warn!(%error, "a round of jobs was cut short");
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Does everything that is due now, unless another server is doing it.
pub async fn round(state: &State) -> Result<(), DatabaseError> {
    // Held by the session: a transaction held for so long would keep changes from their readers.
    let lock = PgAdvisoryLock::new("mso jobs");
    let Either::Left(held) = lock.try_acquire(state.database.session().await?).await? else {
        return Ok(());
    };
    let done = work(state).await;
    held.release_now().await?;
    done
}

async fn work(state: &State) -> Result<(), DatabaseError> {
    due::end_periods(state).await?;
    due::escalate_clarifications(state).await?;
    unconfirmed::report(state).await?;
    queue::work(state).await
}

/// Gives the command that this cause asks for. What comes of it is in the log.
async fn give(state: &State, command: Command, cause: &str) -> Result<Outcome, ExecuteError> {
    let request = Request::of_server(command, cause, state.clock.now());
    Ok(execute(state, &Actor::SYSTEM, request).await?.outcome)
}
