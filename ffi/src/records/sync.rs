//! How far phone and server are apart.

use std::time::SystemTime;

use mso_core::client::{Help, OutboxState};
use mso_core::ids::CommandId;

/// What the sync does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SyncState {
    /// Switched off, or no network.
    Offline,
    /// Nothing to do.
    Idle,
    Syncing,
}

/// The one status line users can trust.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncStatus {
    pub state: SyncState,
    /// The last complete round.
    pub last_sync_at: Option<SystemTime>,
    /// Commands that wait.
    pub pending_commands: u32,
    /// Those among them that the server cannot process.
    pub held_commands: u32,
    /// Refused commands that wait for the user.
    pub drafts: u32,
    /// Files that wait or are on their way up.
    pub pending_uploads: u32,
    /// Their bytes that the server does not have yet.
    pub pending_upload_bytes: u64,
    /// Files that wait or are on their way down.
    pub pending_downloads: u32,
    /// The last error's code.
    pub last_error: Option<String>,
    /// Records that are not shown, or not as they are now: they need a newer app, or the server could not read them.
    #[uniffi(default = 0)]
    pub unreadable_records: u32,
}

/// A command in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OutboxItem {
    pub command_id: CommandId,
    pub command: String,
    /// When it was made.
    pub issued_at: SystemTime,
    /// Whether the server may have seen it, or cannot process it.
    pub state: OutboxState,
    /// Why it has no answer yet, once it was sent.
    pub trouble: Option<Trouble>,
    /// The earlier command that it waits for.
    pub waits_for: Option<CommandId>,
}

/// Why something is not getting on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Trouble {
    /// A stable code.
    pub code: String,
    /// What to quote when asking for help; empty if there is nothing.
    pub reference: String,
    pub since: SystemTime,
    pub help: Help,
}

/// What one round of sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    pub applied: u32,
    pub refused: u32,
    pub records: u32,
    /// Files sent whole.
    pub uploaded: u32,
    /// Files received whole.
    pub downloaded: u32,
    /// Files that did not get on; each says why.
    pub failed: u32,
}
