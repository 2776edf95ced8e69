//! Opening, signing in, listening, and a handle for each domain.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mso_core::client;
use mso_core::ids::DeviceId;
use mso_core::time::SystemClock;

use crate::billing::Billing;
use crate::cases::Cases;
use crate::catalogue::Catalogue;
use crate::chats::Chats;
use crate::documents::Documents;
use crate::drafts::Drafts;
use crate::error::MsoError;
use crate::forms::Forms;
use crate::notices::Notices;
use crate::notifications::Notifications;
use crate::observers::{ChangeListener, Relay, Subscription};
use crate::patients::Patients;
use crate::people::People;
use crate::platform::{KeyVault, Vault};
use crate::records::{OwnDevice, SessionSummary, StoreRemains, WorkspaceOptions};
use crate::sync::SyncControl;
use crate::text::EnteredText;
use crate::views::each;

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
        let options = client::OpenOptions {
            directory: PathBuf::from(directory.of("directory")?),
            server_url: server_url.of("server_url")?.to_owned(),
            platform: platform.of("platform")?.to_owned(),
            app_version: app_version.of("app_version")?.to_owned(),
            device_name: device_name.of("device_name")?.to_owned(),
        };
        let inner = client::Workspace::open(options, Arc::new(Vault(vault)), Arc::new(SystemClock))?;
        Ok(Arc::new(Self { inner }))
    }

    /// Stops everything and closes the store.
    pub fn shutdown(&self) {
        self.inner.close();
    }

    /// Signs in and enrols this phone. Needs a network.
    pub async fn sign_in(
        &self,
        email: EnteredText,
        password: EnteredText,
    ) -> Result<SessionSummary, MsoError> {
        Ok(self
            .inner
            .sign_in(email.of("email")?, password.of("password")?)
            .await?
            .into())
    }

    /// Signs in and gives up another phone of the user, which `TooManyDevices` named. Needs a network.
    pub async fn sign_in_replacing(
        &self,
        email: EnteredText,
        password: EnteredText,
        device_id: DeviceId,
    ) -> Result<SessionSummary, MsoError> {
        let (email, password) = (email.of("email")?, password.of("password")?);
        let session = self.inner.sign_in_replacing(email, password, device_id);
        Ok(session.await?.into())
    }

    /// The user's phones that are signed in, newest first. Needs a network.
    pub async fn devices(&self) -> Result<Vec<OwnDevice>, MsoError> {
        Ok(each(self.inner.devices().await?))
    }

    /// Gives up a phone of the user that was lost or replaced: it deletes what it holds when it syncs next. Needs a network.
    pub async fn retire_device(&self, device_id: DeviceId) -> Result<(), MsoError> {
        Ok(self.inner.retire_device(device_id).await?)
    }

    /// Who is signed in.
    pub fn session(&self) -> Result<Option<SessionSummary>, MsoError> {
        Ok(self.inner.session()?.map(SessionSummary::from))
    }

    /// How many commands, drafts, saved forms and files signing out now would lose.
    pub fn unsent(&self) -> Result<u32, MsoError> {
        Ok(self.inner.unsent()?)
    }

    /// Ends the session and wipes store, files and keys. Ask first when `unsent` is not zero.
    pub async fn sign_out(&self) -> Result<(), MsoError> {
        Ok(self.inner.sign_out().await?)
    }

    pub fn cases(&self) -> Arc<Cases> {
        Arc::new(Cases(Arc::clone(&self.inner)))
    }

    pub fn patients(&self) -> Arc<Patients> {
        Arc::new(Patients(Arc::clone(&self.inner)))
    }

    pub fn documents(&self) -> Arc<Documents> {
        Arc::new(Documents(Arc::clone(&self.inner)))
    }

    pub fn forms(&self) -> Arc<Forms> {
        Arc::new(Forms(Arc::clone(&self.inner)))
    }

    pub fn drafts(&self) -> Arc<Drafts> {
        Arc::new(Drafts(Arc::clone(&self.inner)))
    }

    pub fn notices(&self) -> Arc<Notices> {
        Arc::new(Notices(Arc::clone(&self.inner)))
    }

    pub fn chats(&self) -> Arc<Chats> {
        Arc::new(Chats(Arc::clone(&self.inner)))
    }

    pub fn notifications(&self) -> Arc<Notifications> {
        Arc::new(Notifications(Arc::clone(&self.inner)))
    }

    pub fn people(&self) -> Arc<People> {
        Arc::new(People(Arc::clone(&self.inner)))
    }

    pub fn sync(&self) -> Arc<SyncControl> {
        Arc::new(SyncControl(Arc::clone(&self.inner)))
    }

    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::new(Catalogue(Arc::clone(&self.inner)))
    }

    pub fn billing(&self) -> Arc<Billing> {
        Arc::new(Billing(Arc::clone(&self.inner)))
    }

    /// Tells the listener of changes until the subscription is cancelled or dropped.
    pub fn subscribe(&self, listener: Arc<dyn ChangeListener>) -> Arc<Subscription> {
        Arc::new(Subscription::of(self.inner.subscribe(Arc::new(Relay(listener)))))
    }

    /// `ok`, or what the store's own check found.
    pub fn integrity_check(&self) -> Result<String, MsoError> {
        Ok(self.inner.integrity_check()?)
    }
}

/// What a folder holds whose workspace cannot be opened (`KeyLost`, `StorageBroken`): what `erase_store` would delete.
#[uniffi::export]
pub fn store_remains(directory: EnteredText) -> Result<StoreRemains, MsoError> {
    Ok(client::Workspace::remains(Path::new(directory.of("directory")?))?.into())
}

/// Deletes a workspace that cannot be opened, with its key, so that the phone can be enrolled again. What was never sent
/// is lost: tell the user before.
#[uniffi::export]
pub fn erase_store(directory: EnteredText, vault: Arc<dyn KeyVault>) -> Result<(), MsoError> {
    Ok(client::Workspace::erase(
        Path::new(directory.of("directory")?),
        &Vault(vault),
    )?)
}
