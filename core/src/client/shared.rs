//! What all parts of an open workspace share: the store, the clock, the network, the observers.
//!
//! Not here: any work. The invariant: the store's lock is never held while a listener is called or a future waits.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::engine::{Pace, SyncReport};
use super::key_vault::KeyVault;
use super::observe::Observers;
use super::server_clock::ServerClock;
use super::store::Store;
use super::transport::Transport;
use crate::time::{Clock, Timestamp};

/// The folder, inside the workspace's, that holds sealed files.
const FILES: &str = "files";

/// What a phone tells the server of itself.
#[derive(Debug, Clone)]
pub(crate) struct PhoneDescription {
    pub(crate) server_url: String,
    pub(crate) platform: String,
    pub(crate) app_version: String,
    pub(crate) device_name: String,
}

/// One open workspace.
pub(crate) struct Shared {
    pub(crate) store: Mutex<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What is known of the server's clock.
    pub(crate) server_clock: ServerClock,
    pub(crate) directory: PathBuf,
    pub(crate) observers: Arc<Observers>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) vault: Arc<dyn KeyVault>,
    pub(crate) phone: PhoneDescription,
    pub(crate) pace: Pace,
    /// Told when there is something to send.
    pub(crate) wake: tokio::sync::Notify,
    /// Held by the one cycle that runs.
    pub(crate) single_flight: tokio::sync::Mutex<()>,
    /// Held by the one that replaces the tokens (`session.rs`).
    pub(crate) refreshing: tokio::sync::Mutex<()>,
    /// The wish that stops whatever uses the network now.
    pub(crate) stop: Mutex<Cancel>,
    /// What `sync_status` shows beside the store's own figures.
    pub(crate) progress: Mutex<Progress>,
}

/// What the engine is doing. Kept in memory only.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// A background engine runs.
    pub(crate) online: bool,
    /// A cycle runs now.
    pub(crate) syncing: bool,
    /// What the last whole cycle did.
    pub(crate) last_report: Option<SyncReport>,
}

impl Shared {
    /// The store, for one short piece of work.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time now, by the phone.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time now, by the server as far as is known: for what the server compares with its own clock.
    pub(crate) fn server_now(&self) -> Timestamp {
        self.server_clock.at(self.now())
    }

    /// Where sealed files rest.
    pub(crate) fn files_directory(&self) -> PathBuf {
        self.directory.join(FILES)
    }

    /// What stops work that begins now.
    pub(crate) fn stop(&self) -> Cancel {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops all work on the network; what begins later is free to go on.
    pub(crate) fn stop_all(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *stop, Cancel::new()).cancel();
    }

    /// Changes what the engine shows.
    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wish to stop, seen by everything that waits. Clones are the same wish.
#[derive(Debug, Clone)]
pub(crate) struct Cancel(Arc<watch::Sender<bool>>);

impl Cancel {
    /// Nobody wishes to stop yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Stop.
    pub(crate) fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody wishes to stop.
    pub(crate) async fn cancelled(&self) {
        // The sender lives in this value, so waiting ends only by the wish.
        let _ = self.0.subscribe().wait_for(|stop| *stop).await;
    }
}
