//! Transactions that carry the actor in the session settings that row-level security reads.
//!
//! The invariant: the settings are made by the transaction's first message and end with it, so that a pooled
//! connection never carries one actor's rights to the next.

use mso_core::actor::Actor;
use mso_core::ids::{InstitutionId, ProviderId};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::error::DatabaseError;
use super::pools::Database;

const BEGIN_SNAPSHOT: &str = "begin isolation level repeatable read, read only";
/// A plan that is kept must not depend on the sizes that tables had: one that was made while a table had a page would go on to
/// read all of it. (A plan that other transactions of the connection have kept before is used as it is, as they would.)
const PLANS_BY_KEY: &str = "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; \
                            set local enable_hashjoin = off; set local enable_mergejoin = off";

/// An open transaction of one actor. Dropping it without [`Scoped::commit`] rolls it back.
#[derive(Debug)]
pub struct Scoped {
    transaction: Transaction<'static, Postgres>,
}

impl Database {
    /// Begins a transaction as this actor.
    pub async fn begin_scoped(&self, actor: &Actor) -> Result<Scoped, DatabaseError> {
        self.begin_as(actor, "begin").await
    }

    /// Begins a read-only transaction as this actor in which every statement sees the same snapshot.
    pub async fn begin_snapshot(&self, actor: &Actor) -> Result<Scoped, DatabaseError> {
        self.begin_as(actor, BEGIN_SNAPSHOT).await
    }

    /// [`Self::begin_scoped`], for statements that find a few rows by their keys: each is planned once a connection, as nested
    /// loops over indexes. Planning it anew would cost more than it does. A page of sync is none of these: with a grant it lists
    /// whole streams, which takes such a plan a second each.
    pub async fn begin_scoped_by_key(&self, actor: &Actor) -> Result<Scoped, DatabaseError> {
        self.begin_as(actor, &format!("begin; {PLANS_BY_KEY}")).await
    }

    /// Both in one round trip. The settings are ids, so the text needs no escaping.
    async fn begin_as(&self, actor: &Actor, begin: &str) -> Result<Scoped, DatabaseError> {
        let parties: Vec<String> = actor.parties().iter().map(ToString::to_string).collect();
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let settings = [
            ("user", actor.user.to_string()),
            (
                "institution",
                text(actor.institution().map(InstitutionId::as_uuid)),
            ),
            ("provider", text(actor.provider().map(ProviderId::as_uuid))),
            ("parties", parties.join(",")),
        ];
        let mut statement = begin.to_owned();
        for (name, value) in settings {
            statement.push_str(&format!("; set local mso.\"{name}\" = '{value}'"));
        }
        let transaction = self
            .pool(actor.role())
            .begin_with(AssertSqlSafe(statement))
            .await?;
        Ok(Scoped { transaction })
    }
}

impl Scoped {
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    pub async fn commit(self) -> Result<(), DatabaseError> {
        Ok(self.transaction.commit().await?)
    }
}
