//! Transactions that carry the actor in the session settings that row-level security reads.
//!
//! The invariant: both settings are set by the transaction's first statement and end with it, so that a pooled
//! connection never carries one actor's rights to the next.

use mso_core::actor::Actor;
use sqlx::{PgConnection, Postgres, Transaction};

use super::error::DatabaseError;
use super::pools::Database;

/// An open transaction of one actor. Dropping it without [`Scoped::commit`] rolls it back.
#[derive(Debug)]
pub struct Scoped {
    transaction: Transaction<'static, Postgres>,
}

impl Database {
    /// Begins a transaction as this actor.
    pub async fn begin_scoped(&self, actor: &Actor) -> Result<Scoped, DatabaseError> {
        scoped(self.pool(actor.role()).begin().await?, actor).await
    }

    /// Begins a read-only transaction as this actor in which every statement sees the same snapshot.
    pub async fn begin_snapshot(&self, actor: &Actor) -> Result<Scoped, DatabaseError> {
        let begin = "begin isolation level repeatable read, read only";
        scoped(self.pool(actor.role()).begin_with(begin).await?, actor).await
    }
}

async fn scoped(
    mut transaction: Transaction<'static, Postgres>,
    actor: &Actor,
) -> Result<Scoped, DatabaseError> {
    let parties: Vec<String> = actor.parties().iter().map(ToString::to_string).collect();
    sqlx::query!(
        "select set_config('mso.user', $1, true) as user, set_config('mso.parties', $2, true) as parties",
        actor.user.to_string(),
        parties.join(","),
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(Scoped { transaction })
}

impl Scoped {
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    pub async fn commit(self) -> Result<(), DatabaseError> {
        Ok(self.transaction.commit().await?)
    }
}
