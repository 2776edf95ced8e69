//! A key vault for a phone without one: the root key is in a file beside the store. For tests only.

use std::path::PathBuf;

use mso_core::client::{KeyVault, UnwrappedRoot, VaultError};

pub struct FileVault(PathBuf);

impl FileVault {
    #[must_use]
    pub fn beside(store: &str) -> Self {
        Self(PathBuf::from(format!("{store}.vault")))
    }
}

impl KeyVault for FileVault {
    fn unwrap_root(&self, wrapped: Option<Vec<u8>>) -> Result<UnwrappedRoot, VaultError> {
        let wrapped = match wrapped {
            Some(wrapped) => wrapped,
            None => {
                let mut root = [0; 32];
                getrandom::fill(&mut root).map_err(|_| VaultError::Unavailable)?;
                std::fs::write(&self.0, root).map_err(|_| VaultError::Unavailable)?;
                b"in the vault's file".to_vec()
            }
        };
        let root = std::fs::read(&self.0).map_err(|_| VaultError::KeyInvalidated)?;
        let root: [u8; 32] = root
            .as_slice()
            .try_into()
            .map_err(|_| VaultError::KeyInvalidated)?;
        Ok(UnwrappedRoot {
            root: root.into(),
            wrapped,
        })
    }

    fn wipe(&self) {
        drop(std::fs::remove_file(&self.0));
    }
}
