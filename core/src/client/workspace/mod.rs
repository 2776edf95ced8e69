//! `Workspace`: one user's work on one phone. This file opens, closes, signs in and out, and controls the network.
//!
//! Commands are in `commands` and `case_life`, queries in `reads`. Both work offline, and a command returns as soon as it is
//! on disk. Only `sign_in`, `sign_out` and `sync` wait for the network.

mod case_life;
mod chat;
mod codes;
mod commands;
mod drafts;
mod forms;
mod invoices;
mod notifications;
mod patients;
mod people;
mod reads;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::engine::{self, Engine};
use super::error::WorkspaceError;
use super::files;
use super::key_vault::KeyVault;
use super::observe::{ChangeListener, Changed, Observers, Subscription};
use super::pace::Pace;
use super::queries::{self, SyncStatus};
use super::rest::Soon;
use super::server_clock::ServerClock;
use super::session::{self, Session};
use super::shared::files_of;
use super::shared::{Cancel, PhoneDescription, Progress, Shared};
use super::store::{self, Store, StoreRemains, outbox};
use super::sync::apply;
use super::sync::piece::Pieces;
use super::sync_report::SyncReport;
use super::transport::Transport;
use super::transport::http::HttpTransport;
use crate::actor::Acting;
use crate::ids::{DeviceId, UserId};
use crate::protocol::sessions::OwnDevice;
use crate::time::Clock;

pub(in crate::client) use commands::reviewed_here;
pub use people::ProfileView;

/// How a workspace is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// A folder of the app's own, excluded from backups.
    pub directory: PathBuf,
    /// `https://…`, without a path.
    pub server_url: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    pub app_version: String,
    /// The phone's name as the user knows it.
    pub device_name: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    pub user_id: UserId,
    pub acting: Acting,
    pub display_name: String,
    pub device_id: DeviceId,
}

/// One user's work on one phone.
pub struct Workspace {
    pub(in crate::client) shared: Arc<Shared>,
    engine: Mutex<Option<Engine>>,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Workspace(..)")
    }
}

fn summary(session: Session) -> Result<SessionSummary, WorkspaceError> {
    let Session {
        actor,
        session_id: _,
        display_name,
    } = session;
    let device_id = actor.device().ok_or(WorkspaceError::SignInNeeded)?;
    Ok(SessionSummary {
        user_id: actor.user,
        acting: actor.acting,
        display_name,
        device_id,
    })
}

/// Opening, closing, and who is signed in.
impl Workspace {
    /// Opens the workspace in this folder; creates it on first use.
    pub fn open(
        options: OpenOptions,
        vault: Arc<dyn KeyVault>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, WorkspaceError> {
        let transport = HttpTransport::new(&options.server_url).map_err(|_| WorkspaceError::Invalid {
            field: "server_url",
            reason: "not_a_server",
        })?;
        Self::open_over(options, vault, clock, Arc::new(transport), Pace::default())
    }

    /// Like [`Self::open`], with the caller's transport and timing.
    pub fn open_over(
        options: OpenOptions,
        vault: Arc<dyn KeyVault>,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        pace: Pace,
    ) -> Result<Arc<Self>, WorkspaceError> {
        let OpenOptions {
            directory,
            server_url,
            platform,
            app_version,
            device_name,
        } = options;
        let lock = store::lock(&directory)?;
        let shared = Shared {
            folder_lock: Mutex::new(Some(lock)),
            store: Store::closed(),
            clock,
            server_clock: ServerClock::default(),
            directory,
            observers: Arc::new(Observers::default()),
            transport,
            vault,
            phone: PhoneDescription {
                server_url,
                platform,
                app_version,
                device_name,
            },
            pace,
            wake: tokio::sync::Notify::new(),
            soon: Soon::default(),
            pulled: tokio::sync::Notify::new(),
            signed_in: tokio::sync::Notify::new(),
            single_flight: tokio::sync::Mutex::new(()),
            pieces: Mutex::new(Pieces::default()),
            refreshing: tokio::sync::Mutex::new(()),
            stop: Mutex::new(Cancel::new()),
            progress: Mutex::new(Progress::default()),
        };
        store::finish_wipe(
            &shared.directory,
            &shared.files_directory(),
            shared.vault.as_ref(),
        )
        .map_err(store::OpenError::from)?;
        open_store(&shared)?;
        files::sweep_orphans(&shared)?;
        Ok(Arc::new(Self {
            shared: Arc::new(shared),
            engine: Mutex::new(None),
        }))
    }

    /// Stops everything. Later calls fail with `Storage` and code `closed`.
    pub fn close(&self) {
        self.go_offline();
        self.shared.store().close();
        *self
            .shared
            .folder_lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What a folder holds whose workspace cannot be opened, because its key was lost or its database is damaged: what
    /// [`Self::erase`] would delete.
    pub fn remains(directory: &Path) -> Result<StoreRemains, WorkspaceError> {
        let remains = store::remains(directory, &files_of(directory)).map_err(store::OpenError::from)?;
        Ok(remains)
    }

    /// Deletes a workspace that cannot be opened, with its key, so that the phone can be enrolled again. What was never
    /// sent is lost: tell the user before ([`Self::remains`]).
    pub fn erase(directory: &Path, vault: &dyn KeyVault) -> Result<(), WorkspaceError> {
        let _lock = store::lock(directory)?;
        store::wipe(directory, &files_of(directory), vault).map_err(store::OpenError::from)?;
        Ok(())
    }

    /// Signs in and enrols this phone.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SessionSummary, WorkspaceError> {
        self.enrol(email, password, None).await
    }

    /// Signs in, and gives up another phone of the user for this one ([`WorkspaceError::TooManyDevices`]).
    pub async fn sign_in_replacing(
        &self,
        email: &str,
        password: &str,
        retire: DeviceId,
    ) -> Result<SessionSummary, WorkspaceError> {
        self.enrol(email, password, Some(retire)).await
    }

    async fn enrol(
        &self,
        email: &str,
        password: &str,
        retire: Option<DeviceId>,
    ) -> Result<SessionSummary, WorkspaceError> {
        let session = session::sign_in(&self.shared, email, password, retire).await?;
        self.shared.pull_now();
        summary(session)
    }

    /// The user's phones that are signed in, newest first.
    pub async fn devices(&self) -> Result<Vec<OwnDevice>, WorkspaceError> {
        Ok(session::devices(&self.shared).await?)
    }

    /// Gives up another phone of the user, which was lost or replaced. It deletes what it holds when it syncs next.
    pub async fn retire_device(&self, id: DeviceId) -> Result<(), WorkspaceError> {
        Ok(session::retire_device(&self.shared, id).await?)
    }

    /// Who is signed in on this phone, whether or not the server can be reached.
    pub fn session(&self) -> Result<Option<SessionSummary>, WorkspaceError> {
        self.read(session::current)?.map(summary).transpose()
    }

    /// The number of commands and files that signing out now would lose: commands without an answer, drafts, saved forms, and files that exist
    /// nowhere else.
    pub fn unsent(&self) -> Result<u32, WorkspaceError> {
        engine::unsent(&self.shared)
    }

    /// Signs out and wipes this phone: records, files, keys, and what was never sent ([`Self::unsent`]). The workspace
    /// is open and empty afterwards.
    pub async fn sign_out(&self) -> Result<(), WorkspaceError> {
        self.go_offline();
        let _nothing_runs = self.shared.single_flight.lock().await;
        session::sign_out(&self.shared).await?;
        self.shared.store().close();
        store::wipe(
            &self.shared.directory,
            &self.shared.files_directory(),
            self.shared.vault.as_ref(),
        )
        .map_err(store::OpenError::from)?;
        open_store(&self.shared)?;
        self.shared.observers.notify([
            Changed::Session,
            Changed::SyncStatus,
            Changed::Notices,
            Changed::Catalogue,
        ]);
        Ok(())
    }

    /// Calls the listener after every change, until the subscription is dropped.
    pub fn subscribe(&self, listener: Arc<dyn ChangeListener>) -> Subscription {
        self.shared.observers.subscribe(listener)
    }
}

fn open_store(shared: &Shared) -> Result<(), WorkspaceError> {
    let store = store::open(&shared.directory, shared.vault.as_ref())?;
    let version = shared.phone.app_version.as_str();
    let known = store.read(store::settings::app_version)?;
    if known.as_deref() != Some(version) {
        apply::read_again(&store, shared.now())?;
        store.transaction(|tx| store::settings::set_app_version(tx, version))?;
    }
    shared.store().adopt(store);
    Ok(())
}

impl Workspace {
    /// Syncs in the background from now on.
    pub fn go_online(&self) -> Result<(), WorkspaceError> {
        self.shared
            .store()
            .transaction(|tx| outbox::release_too_large(tx))?;
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if engine.is_none() {
            *engine = Some(Engine::start(Arc::clone(&self.shared))?);
            self.shared.progress().online = true;
        } else {
            // A repeated call means that the network is back, so the back-off ends.
            self.shared.pull_now();
        }
        drop(engine);
        self.shared.observers.notify([Changed::SyncStatus]);
        Ok(())
    }

    /// Stops using the network at once. A transfer in progress is cut and resumes later.
    pub fn go_offline(&self) {
        let stopping = {
            let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
            // Under the lock, so that an engine started afterwards is not stopped by this call.
            self.shared.stop_all();
            self.shared.progress().online = false;
            engine.take()
        };
        if let Some(engine) = stopping {
            engine.stop();
        }
        self.shared.observers.notify([Changed::SyncStatus]);
    }

    /// Runs one complete cycle: pushes, pulls, uploads and downloads until nothing is left to do.
    pub async fn sync(&self) -> Result<SyncReport, WorkspaceError> {
        self.shared.progress().freshness.needs_pull();
        engine::cycle(&self.shared, &self.shared.stop()).await
    }

    /// The sync status.
    pub fn sync_status(&self) -> Result<SyncStatus, WorkspaceError> {
        Ok(queries::sync_status(&self.shared)?)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.go_offline();
    }
}

#[cfg(test)]
mod tests;
