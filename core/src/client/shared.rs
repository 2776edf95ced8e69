//! State shared by all parts of an open workspace: store, clock, network, observers.
//!
//! Invariant: no lock of the store is held while a listener is called or a future is awaited.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::freshness::Freshness;
use super::key_vault::KeyVault;
use super::observe::Observers;
use super::pace::Pace;
use super::rest::Soon;
use super::server_clock::ServerClock;
use super::store::Store;
use super::sync::piece::Pieces;
use super::sync_report::SyncReport;
use super::transport::Transport;
use crate::time::{Clock, Timestamp};

/// The folder of sealed files, inside the workspace's folder.
const FILES: &str = "files";

/// The phone's description, as sent to the server.
#[derive(Debug, Clone)]
pub(crate) struct PhoneDescription {
    pub(crate) server_url: String,
    pub(crate) platform: String,
    pub(crate) app_version: String,
    pub(crate) device_name: String,
}

/// One open workspace.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    /// The difference to the server's clock, as far as known.
    pub(crate) server_clock: ServerClock,
    pub(crate) directory: PathBuf,
    /// Keeps other workspaces out of the folder; `None` once this one is closed.
    pub(crate) folder_lock: Mutex<Option<File>>,
    pub(crate) observers: Arc<Observers>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) vault: Arc<dyn KeyVault>,
    pub(crate) phone: PhoneDescription,
    pub(crate) pace: Pace,
    /// Notified when there is something to send.
    pub(crate) wake: tokio::sync::Notify,
    /// What is to be sent, and can wait a little.
    pub(crate) soon: Soon,
    /// Notified when a pull is complete.
    pub(crate) pulled: tokio::sync::Notify,
    /// Notified when a user has signed in.
    pub(crate) signed_in: tokio::sync::Notify,
    /// Held by the running cycle.
    pub(crate) single_flight: tokio::sync::Mutex<()>,
    /// What uploads learnt of the line.
    pub(crate) pieces: Mutex<Pieces>,
    /// Held while the tokens are being replaced (`session.rs`).
    pub(crate) refreshing: tokio::sync::Mutex<()>,
    /// Cancels all current network work.
    pub(crate) stop: Mutex<Cancel>,
    /// Shown by `sync_status` together with the store's figures.
    pub(crate) progress: Mutex<Progress>,
}

/// The engine's state. Kept in memory only.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// Whether a background engine is running.
    pub(crate) online: bool,
    /// Whether a cycle is running.
    pub(crate) syncing: bool,
    /// The report of the last complete cycle.
    pub(crate) last_report: Option<SyncReport>,
    /// Passes over the files in which a file got further than ever.
    pub(crate) advances: u64,
    pub(crate) freshness: Freshness,
    /// Bytes for chats in one request, once a line refused a larger one.
    pub(crate) chat_bytes: Option<usize>,
}

impl Shared {
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// The phone's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The server's time as far as known, for values that the server compares with its own clock.
    pub(crate) fn server_now(&self) -> Timestamp {
        self.server_clock.at(self.now())
    }

    /// The folder of sealed files.
    pub(crate) fn files_directory(&self) -> PathBuf {
        files_of(&self.directory)
    }

    /// The cancellation handle for work that starts now.
    pub(crate) fn stop(&self) -> Cancel {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Cancels all current network work; work that starts later is not affected.
    pub(crate) fn stop_all(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *stop, Cancel::new()).cancel();
    }

    /// Locks what uploads learnt of the line.
    pub(crate) fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next cycle, which begins at once, pulls: something may be new on the server.
    pub(crate) fn pull_now(&self) {
        self.progress().freshness.needs_pull();
        self.wake.notify_one();
    }

    /// Locks the engine's state.
    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cancellation signal. Clones share the same signal.
#[derive(Debug, Clone)]
pub(crate) struct Cancel(Arc<watch::Sender<bool>>);

impl Cancel {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(crate) fn cancel(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for cancellation.
    pub(crate) async fn cancelled(&self) {
        // `self` holds the sender, so the wait ends only on cancellation.
        let _ = self.0.subscribe().wait_for(|stop| *stop).await;
    }
}

/// The folder of sealed files in a workspace's folder.
pub(crate) fn files_of(directory: &Path) -> PathBuf {
    directory.join(FILES)
}
