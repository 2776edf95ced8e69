//! Opening, signing in, syncing, listening.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use mso_core::client;
use mso_core::time::SystemClock;

use crate::error::MsoError;
use crate::observers::{ChangeListener, Relay, SubscriptionHandle};
use crate::platform::{KeyVault, Vault};
use crate::records::{
    Notice, OutboxItem, ServiceRecordItem, SessionSummary, SpecialtyItem, SyncReport, SyncStatus,
    WorkspaceOptions,
};

/// The phone's core: one per signed-in user. Call `shutdown` when the app ends.
#[derive(uniffi::Object)]
pub struct Workspace {
    pub(crate) inner: Arc<client::Workspace>,
}

impl Workspace {
    /// The border over a workspace that a program in Rust has opened for itself. Not part of the bindings.
    #[must_use]
    pub fn over(inner: Arc<client::Workspace>) -> Arc<Self> {
        Arc::new(Self { inner })
    }
}

/// Every record of a list, converted.
pub(crate) fn each<T, U: From<T>>(rows: Vec<T>) -> Vec<U> {
    rows.into_iter().map(U::from).collect()
}

#[uniffi::export(async_runtime = "tokio")]
impl Workspace {
    /// Opens the encrypted store, making it on first use.
    #[uniffi::constructor]
    pub fn open(options: WorkspaceOptions, vault: Arc<dyn KeyVault>) -> Result<Arc<Self>, MsoError> {
        let WorkspaceOptions {
            directory,
            server_url,
            platform,
            app_version,
            device_name,
        } = options;
        let directory = PathBuf::from(directory);
        let options = client::OpenOptions {
            directory,
            server_url,
            platform,
            app_version,
            device_name,
        };
        let inner = client::Workspace::open(options, Arc::new(Vault(vault)), Arc::new(SystemClock))?;
        Ok(Arc::new(Self { inner }))
    }

    /// Stops everything and closes the store.
    pub fn shutdown(&self) {
        self.inner.close();
    }

    /// Signs in and enrols this phone. Needs a network.
    pub async fn sign_in(&self, email: String, password: String) -> Result<SessionSummary, MsoError> {
        Ok(self.inner.sign_in(&email, &password).await?.into())
    }

    /// Who is signed in.
    pub fn session(&self) -> Result<Option<SessionSummary>, MsoError> {
        Ok(self.inner.session()?.map(SessionSummary::from))
    }

    /// How many commands and files signing out now would lose.
    pub fn unsent(&self) -> Result<u32, MsoError> {
        Ok(self.inner.unsent()?)
    }

    /// Ends the session and wipes store, files and keys. Ask first when `unsent` is not zero.
    pub async fn sign_out(&self) -> Result<(), MsoError> {
        Ok(self.inner.sign_out().await?)
    }

    /// Syncs in the background from now on.
    pub fn go_online(&self) -> Result<(), MsoError> {
        Ok(self.inner.go_online()?)
    }

    /// Stops syncing; transfers keep what they have.
    pub fn go_offline(&self) {
        self.inner.go_offline();
    }

    /// One complete round: commands, records, files.
    pub async fn sync(&self) -> Result<SyncReport, MsoError> {
        Ok(self.inner.sync().await?.into())
    }

    /// The status line.
    pub fn sync_status(&self) -> Result<SyncStatus, MsoError> {
        Ok(self.inner.sync_status()?.into())
    }

    /// What waits to be sent, oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>, MsoError> {
        Ok(each(self.inner.outbox()?))
    }

    /// What the user must know, newest first.
    pub fn notices(&self) -> Result<Vec<Notice>, MsoError> {
        Ok(each(self.inner.notices()?))
    }

    /// The user has seen a notice.
    pub fn mark_notice_read(&self, id: String) -> Result<(), MsoError> {
        let id = id.parse().map_err(|_| MsoError::malformed("id"))?;
        Ok(self.inner.mark_notice_read(id)?)
    }

    /// The catalogue's specialties.
    pub fn specialties(&self) -> Result<Vec<SpecialtyItem>, MsoError> {
        Ok(each(self.inner.specialties()?))
    }

    /// What this provider did, newest first.
    pub fn service_records(&self) -> Result<Vec<ServiceRecordItem>, MsoError> {
        Ok(each(self.inner.service_records()?))
    }

    /// Asks to be told of changes, until the handle is cancelled or dropped.
    pub fn subscribe(&self, listener: Arc<dyn ChangeListener>) -> Arc<SubscriptionHandle> {
        let subscription = self.inner.subscribe(Arc::new(Relay(listener)));
        Arc::new(SubscriptionHandle {
            inner: Mutex::new(Some(subscription)),
        })
    }

    /// `ok`, or what the store's own check found.
    pub fn integrity_check(&self) -> Result<String, MsoError> {
        Ok(self.inner.integrity_check()?)
    }
}
