//! HPKE (RFC 9180), base mode, with HKDF-SHA256 and ChaCha20-Poly1305: keys that receive a wrapped key, for X25519 and X-Wing
//! alike.

use std::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use super::KeyError;

/// Why something does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the wrapped key does not open")]
pub struct OpenError;

/// A private key of a mechanism, 32 bytes. Zeroed when dropped; never printed.
#[derive(Clone)]
pub struct KemSecret<K>(Zeroizing<[u8; 32]>, std::marker::PhantomData<K>);

/// A key of DHKEM(X25519, HKDF-SHA256).
pub type X25519Secret = KemSecret<X25519HkdfSha256>;
/// A key of X-Wing.
pub type XWingSecret = KemSecret<XWing>;

impl<K: Kem> KemSecret<K> {
    /// Generates a key from the operating system's random generator.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| KeyError::NoEntropy)?;
        Ok(Self::derive(&seed))
    }

    /// Derives the key from 32 random bytes (RFC 9180, 7.1.3; draft-ietf-hpke-pq for X-Wing).
    #[must_use]
    pub fn derive(seed: &[u8; 32]) -> Self {
        let (secret, _) = K::derive_keypair(seed);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes
            .iter_mut()
            .zip(secret.to_bytes())
            .for_each(|(to, from)| *to = from);
        Self(bytes, std::marker::PhantomData)
    }

    /// Restores the key from its 32 stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = bytes.try_into().map_err(|_| KeyError::NotAKey)?;
        Ok(Self(Zeroizing::new(bytes), std::marker::PhantomData))
    }

    /// The 32 bytes, for the encrypted store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key's encoding.
    pub fn public(&self) -> Result<Vec<u8>, KeyError> {
        Ok(K::sk_to_pk(&self.private()?).to_bytes().to_vec())
    }

    /// Opens `enc ‖ ciphertext`.
    pub fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (enc, ciphertext) = sealed.split_at_checked(K::EncappedKey::size()).ok_or(OpenError)?;
        let enc = K::EncappedKey::from_bytes(enc).map_err(|_| OpenError)?;
        let private = self.private().map_err(|_| OpenError)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
            &OpModeR::Base,
            &private,
            &enc,
            info,
            ciphertext,
            &[],
        )
        .map(Zeroizing::new)
        .map_err(|_| OpenError)
    }

    fn private(&self) -> Result<K::PrivateKey, KeyError> {
        K::PrivateKey::from_bytes(self.0.as_slice()).map_err(|_| KeyError::NotAKey)
    }
}

impl<K> fmt::Debug for KemSecret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KemSecret(..)")
    }
}

/// Seals bytes to an X25519 key: `enc ‖ ciphertext`.
pub fn seal_to_x25519(public: &[u8], info: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    seal::<X25519HkdfSha256>(public, info, plain)
}

/// Seals bytes to an X-Wing key: `enc ‖ ciphertext`.
pub fn seal_to_xwing(public: &[u8], info: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    seal::<XWing>(public, info, plain)
}

fn seal<K: Kem>(public: &[u8], info: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let public = K::PublicKey::from_bytes(public).map_err(|_| KeyError::NotAKey)?;
    let (enc, ciphertext) =
        hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeS::Base, &public, info, plain, &[])
            .map_err(|_| KeyError::NotAKey)?;
    Ok([enc.to_bytes().as_slice(), &ciphertext].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_to_a_key_opens_with_it_and_the_same_info_only() {
        let (xwing, other) = (XWingSecret::generate().unwrap(), XWingSecret::generate().unwrap());
        let sealed = seal_to_xwing(&xwing.public().unwrap(), b"case", &[7; 32]).unwrap();
        assert_eq!(sealed.len(), 1120 + 32 + 16);
        assert_eq!(xwing.open(b"case", &sealed).unwrap().as_slice(), [7; 32]);
        assert_eq!(other.open(b"case", &sealed), Err(OpenError));
        assert_eq!(xwing.open(b"another case", &sealed), Err(OpenError));
        assert_eq!(xwing.open(b"case", &sealed[..40]), Err(OpenError));
        let x25519 = X25519Secret::generate().unwrap();
        let sealed = seal_to_x25519(&x25519.public().unwrap(), b"case", &[7; 32]).unwrap();
        assert_eq!(sealed.len(), 32 + 32 + 16);
        assert_eq!(x25519.open(b"case", &sealed).unwrap().as_slice(), [7; 32]);
    }

    #[test]
    fn the_keys_are_those_of_the_standard() {
        // RFC 9180, A.2.1: the recipient's ikm and public key, and the first encryption.
        let hex = |text: &str| -> Vec<u8> {
            let digits = text.as_bytes().chunks(2);
            digits
                .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
                .collect()
        };
        let ikm = hex("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df");
        let secret = X25519Secret::derive(&ikm.try_into().unwrap());
        let public = hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
        assert_eq!(secret.public().unwrap(), public);
        let enc = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
        let ciphertext =
            hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
        // Its ciphertext has an additional input ("Count-0"), which wraps never have: it must not open.
        let info = hex("4f6465206f6e2061204772656369616e2055726e");
        assert_eq!(secret.open(&info, &[enc, ciphertext].concat()), Err(OpenError));
    }
}
