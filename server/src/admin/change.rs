//! One transaction of the operator.

use mso_core::actor::Actor;
use mso_core::command::Operation;
use mso_core::decision::Decision;
use mso_core::facts::{Context, Facts};
use mso_core::ids::StreamId;
use mso_core::time::Timestamp;
use uuid::Uuid;

use super::error::AdminError;
use crate::audit::{self, Act};
use crate::database::{Database, Scoped};
use crate::feed::Touched;

/// One transaction of changes. Dropping it without [`Change::commit`] discards them.
#[derive(Debug)]
pub struct Change {
    pub(super) tx: Scoped,
    pub(super) now: Timestamp,
    pub(super) touched: Touched,
}

impl Change {
    /// Begins a transaction as the server itself.
    pub async fn begin(database: &Database, now: Timestamp) -> Result<Self, AdminError> {
        Ok(Self {
            tx: database.begin_scoped(&Actor::SYSTEM).await?,
            now,
            touched: Touched::default(),
        })
    }

    /// Writes the feed and commits.
    pub async fn commit(mut self) -> Result<(), AdminError> {
        self.touched.write(self.tx.conn()).await?;
        Ok(self.tx.commit().await?)
    }

    /// Evaluates the rule of an admin command with the operator's authority.
    pub(super) fn decide(&self, command: &impl Operation, facts: &Facts) -> Result<Decision, AdminError> {
        command
            .decide(facts, &self.context())
            .map_err(AdminError::Refused)
    }

    pub(super) fn context(&self) -> Context {
        Context {
            actor: Actor::SYSTEM,
            now: self.now,
            assignment_id: None,
        }
    }

    pub(super) async fn audit(
        &mut self,
        stream: impl Into<StreamId>,
        action: &str,
        entity: &str,
        id: Uuid,
    ) -> Result<(), AdminError> {
        let act = Act {
            actor: Actor::SYSTEM,
            at: self.now,
            action: action.to_owned(),
            entity: entity.to_owned(),
            entity_id: id,
            outcome: "applied".to_owned(),
            request_id: None,
            payload: None,
        };
        audit::append(self.tx.conn(), stream.into(), &act).await?;
        Ok(())
    }
}
