//! `KeyVault`: the phone's key keeper (Android Keystore, iOS Keychain), and the keys that come from its root.
//!
//! Not here: the vaults themselves; apps bring them. The root never rests unwrapped, and lives in memory only while
//! the store is being opened.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A root key and the form in which it may rest on disk.
pub struct UnwrappedRoot {
    /// 32 random bytes.
    pub root: Zeroizing<[u8; 32]>,
    /// The same, wrapped by the vault.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for UnwrappedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnwrappedRoot(..)")
    }
}

/// Why a vault gives no root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key that wrapped the root is gone for good: the phone must be enrolled again.
    #[error("the vault's key was invalidated")]
    KeyInvalidated,
    /// Not now: the phone is locked, or the vault does not answer.
    #[error("the vault is not available")]
    Unavailable,
}

/// Keeps the root key. Two implementations: the phone's, and one for tests.
pub trait KeyVault: Send + Sync {
    /// The root of this wrapped form, or (`None`) a new one with its wrapped form.
    fn unwrap_root(&self, wrapped: Option<Vec<u8>>) -> Result<UnwrappedRoot, VaultError>;

    /// Forgets the wrapping key, and with it every root that it wrapped.
    fn wipe(&self);
}

/// The database's raw key, as SQLCipher takes it.
pub(crate) struct StoreKey(Zeroizing<String>);

impl StoreKey {
    /// HMAC-SHA256 of the root over the purpose.
    pub(crate) fn of_root(root: &[u8; 32]) -> Self {
        // A key shorter than the hash's block is padded with zeros (RFC 2104): padded here, it cannot fail.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(root).for_each(|(to, from)| *to = *from);
        let mac = Hmac::<Sha256>::new((&*block).into()).chain_update(b"mso/store/1");
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
        let mut hex = Zeroizing::new(String::with_capacity(64));
        for byte in bytes.iter() {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Self(hex)
    }

    /// 64 hexadecimal digits.
    pub(crate) fn hex(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_key_is_the_hmac_of_the_root() {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"mso/store/1");
        let expected: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(StoreKey::of_root(&[7; 32]).hex(), expected);
    }
}
