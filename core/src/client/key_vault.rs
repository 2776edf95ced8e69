//! `KeyVault`: the phone's key store (Android Keystore, iOS Keychain), and the keys derived from its
//! root. Apps provide the implementations.
//!
//! The root is never stored unwrapped, and is in memory only while the store is being opened.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A root key and the wrapped form that may be stored on disk.
pub struct UnwrappedRoot {
    /// 32 random bytes.
    pub root: Zeroizing<[u8; 32]>,
    /// The root wrapped by the vault.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for UnwrappedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnwrappedRoot(..)")
    }
}

/// Why a vault provides no root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key that wrapped the root is permanently lost: the phone must be enrolled again.
    #[error("the vault's key was invalidated")]
    KeyInvalidated,
    /// Temporary: the phone is locked, or the vault does not respond.
    #[error("the vault is not available")]
    Unavailable,
}

/// Holds the key that wraps the root. Two implementations: the phone's, and one for tests.
pub trait KeyVault: Send + Sync {
    /// Unwraps the root, or, for `None`, generates a new one and returns it with its wrapped form.
    fn unwrap_root(&self, wrapped: Option<Vec<u8>>) -> Result<UnwrappedRoot, VaultError>;

    /// Deletes the wrapping key, which makes every root it wrapped unusable.
    fn wipe(&self);
}

/// The database's raw key, in SQLCipher's format.
pub(crate) struct StoreKey(Zeroizing<String>);

impl StoreKey {
    /// HMAC-SHA256 of the purpose, keyed with the root.
    pub(crate) fn of_root(root: &[u8; 32]) -> Self {
        // RFC 2104 pads keys shorter than the hash's block with zeros. Padding here makes the
        // construction infallible.
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
