//! mso for app developers: the phone's core behind one object, [`Workspace`], with a handle for each domain: `cases()`,
//! `patients()`, `documents()`, `forms()`, `drafts()`, `chats()`, `notices()`, `notifications()`, `people()`, `sync()`, `catalogue()`, `billing()`. Kotlin and Swift have an
//! interface for each of them, for tests of an app.
//!
//! Open a workspace once with a folder, a server address and a [`KeyVault`]; sign in once with a network; from then
//! on everything works without one. Reads answer at once from the encrypted store. Writes answer as soon as they are
//! safe on the phone, and travel later. Subscribe a [`ChangeListener`]: it is told *which* thing changed, and you
//! read again.
//!
//! - Show a button for each of the `allowed_actions` of a case, of its issues and of its documents, and decide nothing
//!   yourself; each is carried out by [`Cases::act`] with a [`CaseOperation`].
//! - `pending` on a case names what waits to be sent; a refusal later comes as a notice with a stable code, and what the
//!   user had entered stays in `drafts()`.
//! - Call [`SyncControl::go_online`] when the app comes to the foreground and [`SyncControl::go_offline`] when it
//!   leaves; [`SyncControl::run_once`] does one round and returns, for background jobs.
//! - Every error is an [`MsoError`] with few variants that an app can act on.
//!
//! Not here: rules, storage, network. This crate converts, delegates, converts.

mod billing;
mod cases;
mod catalogue;
mod chats;
mod documents;
mod drafts;
mod entered;
mod enums;
mod error;
mod forms;
mod ids;
mod money;
mod notices;
mod notifications;
mod observers;
mod operation;
mod patients;
mod people;
mod platform;
mod records;
mod sync;
mod text;
mod views;
mod workspace;

pub use billing::Billing;
pub use cases::Cases;
pub use catalogue::Catalogue;
pub use chats::Chats;
pub use documents::{DocumentReader, Documents};
pub use drafts::Drafts;
pub use error::MsoError;
pub use forms::Forms;
pub use money::Amount;
pub use notices::Notices;
pub use notifications::Notifications;
pub use observers::{Change, ChangeListener, Subscription};
pub use operation::{CaseOperation, Created};
pub use patients::Patients;
pub use people::People;
pub use platform::{KeyVault, KeyVaultError, UnwrappedRoot};
pub use records::*;
pub use sync::SyncControl;
pub use text::EnteredText;
pub use workspace::{Workspace, erase_store, store_remains};

uniffi::setup_scaffolding!();
