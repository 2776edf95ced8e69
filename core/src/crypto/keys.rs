//! Ed25519 (RFC 8032): the key that a phone generates and signs its requests with.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use ed25519_dalek::{Signer, Verifier};
use zeroize::Zeroizing;

/// Why a key or signature is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the 32-byte encoding of a point on the curve.
    #[error("not a public key")]
    NotAKey,
    /// Not 64 bytes, or not a signature by this key over these bytes.
    #[error("the signature does not fit")]
    BadSignature,
    /// The operating system's random generator failed.
    #[error("no random bytes")]
    NoEntropy,
}

/// A device's secret signing key, as its seed: it is expanded when it signs. Zeroed when dropped; never printed.
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// Generates a key from the operating system's random generator.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| KeyError::NoEntropy)?;
        Ok(Self(seed))
    }

    /// Restores the key from a stored seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*seed))
    }

    /// The seed, for the encrypted store.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// The key that others verify signatures with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.expanded().verifying_key())
    }

    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.expanded().sign(bytes).to_bytes())
    }

    fn expanded(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.0)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A device's public key, 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Parses the 32-byte encoding of a point: the one that RFC 8032 gives it (5.1.2), and not of a weak key, under which
    /// some signatures fit any text.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = bytes.try_into().map_err(|_| KeyError::NotAKey)?;
        if let Some(key) = with_parsed(|parsed| parsed.get(&bytes).copied()) {
            return Ok(key);
        }
        let key = Self::parse(bytes)?;
        with_parsed(|parsed| {
            if parsed.len() >= MOST_PARSED {
                parsed.clear();
            }
            parsed.insert(bytes, key);
        });
        Ok(key)
    }

    fn parse(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotAKey)?;
        let is_canonical = key.to_edwards().compress().as_bytes() == &bytes;
        if is_canonical && !key.is_weak() {
            Ok(Self(key))
        } else {
            Err(KeyError::NotAKey)
        }
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks that `signature` was made by this key over `bytes`.
    pub fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0
            .verify(bytes, &signature)
            .map_err(|_| KeyError::BadSignature)
    }

    /// Like [`PublicKey::verify`], and refuses weak keys and the second spellings of a signature that RFC 8032 leaves room
    /// for: all who check a signature come to the same result.
    pub fn verify_strict(&self, bytes: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0
            .verify_strict(bytes, &signature)
            .map_err(|_| KeyError::BadSignature)
    }
}

/// Keys that were parsed lately, about 230 bytes each. Parsing one costs a square root, an inversion and a multiplication, a
/// third of a verification, and the same few keys are read with every entry of a chat. A flood of keys costs no more than
/// parsing each.
static PARSED: Mutex<Option<HashMap<[u8; 32], PublicKey>>> = Mutex::new(None);

const MOST_PARSED: usize = 1024;

fn with_parsed<T>(look: impl FnOnce(&mut HashMap<[u8; 32], PublicKey>) -> T) -> T {
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    look(parsed.get_or_insert_default())
}

/// An Ed25519 signature, 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::BadSignature)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Sha256Hash;

    #[test]
    fn a_key_has_one_spelling_and_is_not_weak() {
        let mut one = [0; 32];
        one[0] = 1;
        // The neutral element, weak; the same with the sign of x = 0; and y = p + 1, which is 1.
        let mut signed = one;
        signed[31] = 0x80;
        let mut above_p = [0xff; 32];
        above_p[0] = 0xee;
        above_p[31] = 0x7f;
        // y = p + 3 decodes to the point of y = 3, which is no weak one.
        let mut second_spelling = above_p;
        second_spelling[0] = 0xf0;
        let mut first_spelling = [0; 32];
        first_spelling[0] = 3;
        assert!(PublicKey::from_bytes(&first_spelling).is_ok());
        for bytes in [one, signed, above_p, second_spelling] {
            assert_eq!(PublicKey::from_bytes(&bytes), Err(KeyError::NotAKey));
            assert_eq!(PublicKey::from_bytes(&bytes), Err(KeyError::NotAKey), "again");
        }
    }

    #[test]
    fn a_key_that_was_parsed_before_is_the_same_and_many_keys_are_not_kept() {
        let keys = (0..=MOST_PARSED).map(|number| {
            let seed = Sha256Hash::of(&number.to_be_bytes());
            SigningKey::from_seed(seed.as_bytes()).public()
        });
        for key in keys {
            let parsed = PublicKey::from_bytes(key.as_bytes());
            assert_eq!(parsed, Ok(key));
            assert_eq!(parsed, PublicKey::from_bytes(key.as_bytes()));
        }
        assert!(with_parsed(|parsed| parsed.len()) <= MOST_PARSED);
    }

    #[test]
    fn a_signature_fits_its_key_and_bytes_only() {
        let key = SigningKey::from_seed(&[7; 32]);
        let signature = key.sign(b"accept");
        assert_eq!(key.public().verify(b"accept", &signature), Ok(()));
        assert_eq!(
            key.public().verify(b"reject", &signature),
            Err(KeyError::BadSignature)
        );
        let other = SigningKey::generate().unwrap();
        assert_eq!(
            other.public().verify(b"accept", &signature),
            Err(KeyError::BadSignature)
        );
    }
}
