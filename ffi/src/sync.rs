//! Handle: syncing with the server.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::CommandId;

use crate::error::MsoError;
use crate::records::{OutboxItem, SyncReport, SyncStatus};
use crate::views::each;

/// Keeps this phone and the server in step.
#[derive(uniffi::Object)]
pub struct SyncControl(pub(crate) Arc<client::Workspace>);

#[uniffi::export(async_runtime = "tokio")]
impl SyncControl {
    /// Syncs in the background from now on.
    pub fn go_online(&self) -> Result<(), MsoError> {
        Ok(self.0.go_online()?)
    }

    /// Stops syncing. Transfers keep what they have.
    pub fn go_offline(&self) {
        self.0.go_offline();
    }

    /// One complete round: commands, records, files.
    pub async fn run_once(&self) -> Result<SyncReport, MsoError> {
        Ok(self.0.sync().await?.into())
    }

    /// The status line.
    pub fn status(&self) -> Result<SyncStatus, MsoError> {
        Ok(self.0.sync_status()?.into())
    }

    /// Sends the commands that the server could not process again now, instead of after a while.
    pub fn send_held(&self) -> Result<(), MsoError> {
        Ok(self.0.send_held()?)
    }

    /// Takes back a command that the server cannot process: it becomes a draft.
    pub fn take_back(&self, command_id: CommandId) -> Result<(), MsoError> {
        Ok(self.0.take_back(command_id)?)
    }

    /// Commands that wait to be sent, oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>, MsoError> {
        Ok(each(self.0.outbox()?))
    }
}
