//! Refused commands, kept as their author's drafts, and held commands.

use rusqlite::Transaction;

use super::Workspace;
use crate::actor::Actor;
use crate::client::drafts::{self, Draft, DraftChange};
use crate::client::error::WorkspaceError;
use crate::client::observe::Changed;
use crate::client::store::{outbox, session, settings};
use crate::ids::CommandId;
use crate::time::Timestamp;

impl Workspace {
    /// Refused commands that wait for their author, oldest first. One that depends on another is listed under that one.
    pub fn drafts(&self) -> Result<Vec<Draft>, WorkspaceError> {
        let now = self.shared.now();
        self.shared.store().read(|conn| {
            let Some(session) = session::current(conn)? else {
                return Ok(Vec::new());
            };
            Ok(drafts::list(conn, session.actor, now)?)
        })
    }

    /// Sends a draft and all that depend on it, with what its author changed. Cases and documents keep their ids.
    pub fn send_draft(&self, draft: CommandId, change: Option<DraftChange>) -> Result<(), WorkspaceError> {
        self.remake(|tx, actor, now| drafts::send(tx, actor, now, draft, change))
    }

    /// Discards a draft and all that depend on it. Its files stay staged.
    pub fn discard_draft(&self, draft: CommandId) -> Result<(), WorkspaceError> {
        self.remake(|tx, _, _| drafts::discard(tx, draft))
    }

    /// Sends the commands that the server could not process again now, instead of after a while.
    pub fn send_held(&self) -> Result<(), WorkspaceError> {
        self.shared.store().transaction(outbox_release)?;
        self.shared.observers.notify([Changed::SyncStatus]);
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Takes back a command that the server cannot process. It and all that depend on it become drafts.
    pub fn take_back(&self, held: CommandId) -> Result<(), WorkspaceError> {
        self.remake(|tx, actor, now| {
            let server_time = settings::server_time(tx)?.unwrap_or(now);
            drafts::take_back(tx, actor, server_time, held)
        })
    }

    pub(super) fn remake(
        &self,
        f: impl FnOnce(&Transaction<'_>, Actor, Timestamp) -> Result<Vec<Changed>, WorkspaceError>,
    ) -> Result<(), WorkspaceError> {
        let now = self.shared.now();
        let changes = self.shared.store().transaction(|tx| {
            let actor = session::current(tx)?.ok_or(WorkspaceError::SignInNeeded)?.actor;
            f(tx, actor, now)
        })?;
        self.shared.observers.notify(changes);
        self.shared.wake.notify_one();
        Ok(())
    }
}

fn outbox_release(tx: &Transaction<'_>) -> Result<(), WorkspaceError> {
    outbox::release_held(tx)?;
    Ok(())
}
