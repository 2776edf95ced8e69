//! For tests of the phone's half: a phone whose server is whatever the test says ([`phone`]), and a store with files that
//! talks to an in-memory server ([`store_and_files`], [`server`]). The package `mso-tests` has a real server.
//!
//! The invariant: the store is a real one, on a real disk, opened as the app does.

use std::sync::Mutex;

use zeroize::Zeroizing;

use super::key_vault::{KeyVault, UnwrappedRoot, VaultError};

pub(in crate::client) mod between;
pub(in crate::client) mod lists;
pub(in crate::client) mod phone;
pub(in crate::client) mod server;
pub(in crate::client) mod store_and_files;

/// A vault that wraps by exclusive or, and can be locked.
pub(in crate::client) struct TestVault {
    wrapping: Mutex<[u8; 32]>,
    locked: Mutex<bool>,
}

impl TestVault {
    pub(in crate::client) fn new() -> Self {
        Self {
            wrapping: Mutex::new(random()),
            locked: Mutex::new(false),
        }
    }

    pub(in crate::client) fn lock(&self, locked: bool) {
        *self.locked.lock().unwrap() = locked;
    }

    fn exclusive_or(&self, bytes: &[u8]) -> [u8; 32] {
        let wrapping = self.wrapping.lock().unwrap();
        std::array::from_fn(|at| wrapping[at] ^ bytes[at])
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

impl KeyVault for TestVault {
    fn unwrap_root(&self, wrapped: Option<Vec<u8>>) -> Result<UnwrappedRoot, VaultError> {
        if *self.locked.lock().unwrap() {
            return Err(VaultError::Unavailable);
        }
        let wrapped = wrapped.unwrap_or_else(|| self.exclusive_or(&random()).to_vec());
        Ok(UnwrappedRoot {
            root: Zeroizing::new(self.exclusive_or(&wrapped)),
            wrapped,
        })
    }

    fn wipe(&self) {
        *self.wrapping.lock().unwrap() = random();
    }
}
