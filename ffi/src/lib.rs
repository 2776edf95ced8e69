//! mso for app developers: the phone's core behind one object, [`Workspace`].
//!
//! Open a workspace once with a folder, a server address and a [`KeyVault`]; sign in once with a network; from then
//! on everything works without one. Reads answer at once from the encrypted store. Writes answer as soon as they are
//! safe on the phone, and travel later. Subscribe a [`ChangeListener`]: it is told *which* thing changed, and you
//! read again.
//!
//! - Show a button for each of a case's `allowed_actions` and decide nothing yourself.
//! - `pending` on a case names what waits to be sent; a refusal later comes as a notice with a stable code.
//! - Call [`Workspace::go_online`] when the app comes to the foreground and [`Workspace::go_offline`] when it
//!   leaves; [`Workspace::sync`] does one round and returns, for background jobs.
//! - Every error is an [`MsoError`] with few variants that an app can act on.
//!
//! Not here: rules, storage, network. This crate converts, delegates, converts.

mod cases;
mod documents;
mod enums;
mod error;
mod ids;
mod money;
mod observers;
mod patients;
mod platform;
mod records;
mod views;
mod workspace;

pub use error::MsoError;
pub use money::Amount;
pub use observers::{Change, ChangeListener, SubscriptionHandle};
pub use platform::{KeyVault, KeyVaultError, UnwrappedRoot};
pub use records::*;
pub use workspace::Workspace;

uniffi::setup_scaffolding!();
