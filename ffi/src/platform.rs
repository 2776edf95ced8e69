//! Foreign trait: the phone's key keeper. Android's Keystore and Apple's Keychain stay behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mso_core::client::{self, VaultError};
use zeroize::Zeroizing;

/// The root key of the store, and its wrapped form that may lie beside it.
#[derive(Clone, uniffi::Record)]
pub struct UnwrappedRoot {
    /// 32 random bytes.
    pub root: Vec<u8>,
    /// The same, wrapped by the phone's key keeper.
    pub wrapped: Vec<u8>,
}

/// Why the key keeper gave no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyVaultError {
    /// The key was invalidated (new fingerprints, a restored phone): enrol again.
    #[error("key invalidated")]
    KeyInvalidated,
    /// Not now, for example before the first unlock.
    #[error("key keeper unavailable")]
    Unavailable,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyVaultError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// Implemented by the app.
#[uniffi::export(with_foreign)]
pub trait KeyVault: Send + Sync {
    /// Unwraps the root key; without a wrapped form makes a new one.
    fn unwrap_root(&self, wrapped: Option<Vec<u8>>) -> Result<UnwrappedRoot, KeyVaultError>;
    /// Forgets the wrapping key, so that nothing wrapped can ever be read again.
    fn wipe(&self);
}

pub(crate) struct Vault(pub(crate) Arc<dyn KeyVault>);

impl client::KeyVault for Vault {
    fn unwrap_root(&self, wrapped: Option<Vec<u8>>) -> Result<client::UnwrappedRoot, VaultError> {
        let unwrapped = self.0.unwrap_root(wrapped).map_err(|error| match error {
            KeyVaultError::KeyInvalidated => VaultError::KeyInvalidated,
            KeyVaultError::Unavailable => VaultError::Unavailable,
        })?;
        let UnwrappedRoot { root, wrapped } = unwrapped;
        let root = Zeroizing::new(root);
        let root: [u8; 32] = root.as_slice().try_into().map_err(|_| VaultError::Unavailable)?;
        Ok(client::UnwrappedRoot {
            root: Zeroizing::new(root),
            wrapped,
        })
    }

    /// An exception of the app's arrives as a panic. The wrapped root and all that it opens are deleted in any case.
    fn wipe(&self) {
        drop(catch_unwind(AssertUnwindSafe(|| self.0.wipe())));
    }
}
