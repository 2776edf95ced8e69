//! Sealing of chat messages: HKDF-SHA256 (RFC 5869) and XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with random nonces.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeyError, Sha256Hash};

/// Derives 32 bytes from a secret.
#[must_use]
pub fn hkdf_sha256(secret: &[u8; 32], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    // The only error is an output above 8,160 bytes.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, derived.as_mut());
    derived
}

/// Fills an array from the operating system's random generator.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoEntropy)?;
    Ok(bytes)
}

/// Encrypts under a random nonce; the bound bytes are authenticated with it.
pub fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; 24],
    plain: &[u8],
    bound: &Sha256Hash,
) -> Result<Vec<u8>, KeyError> {
    let payload = Payload {
        msg: plain,
        aad: bound.as_bytes(),
    };
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| KeyError::NotAKey)
}

/// Decrypts what [`encrypt`] made with the same key, nonce and bound bytes; `None` otherwise.
#[must_use]
pub fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; 24],
    ciphertext: &[u8],
    bound: &Sha256Hash,
) -> Option<Zeroizing<Vec<u8>>> {
    let payload = Payload {
        msg: ciphertext,
        aad: bound.as_bytes(),
    };
    let plain = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload);
    plain.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_that_of_the_standard() {
        // RFC 5869 has no case with a secret of 32 bytes; this one is HMAC by hand: PRK = HMAC(salt, secret),
        // OKM = HMAC(PRK, info ‖ 1).
        use super::super::hmac_sha256;
        let (salt, secret) = ([3; 32], [9; 32]);
        let prk = hmac_sha256(&salt, &secret);
        let expected = hmac_sha256(prk.as_bytes(), b"mso\x01");
        assert_eq!(
            hkdf_sha256(&secret, &salt, b"mso").as_slice(),
            expected.as_bytes()
        );
    }

    #[test]
    fn a_message_opens_with_its_key_nonce_and_link_only() {
        let link = Sha256Hash::of(b"link");
        let sealed = encrypt(&[1; 32], &[2; 24], b"good morning", &link).unwrap();
        assert_eq!(
            decrypt(&[1; 32], &[2; 24], &sealed, &link).unwrap().as_slice(),
            b"good morning"
        );
        assert_eq!(decrypt(&[3; 32], &[2; 24], &sealed, &link), None);
        assert_eq!(decrypt(&[1; 32], &[4; 24], &sealed, &link), None);
        assert_eq!(
            decrypt(&[1; 32], &[2; 24], &sealed, &Sha256Hash::of(b"other")),
            None
        );
    }
}
