//! HMAC-SHA256 (RFC 2104): a digest that can be computed, or a guess tested against, only with the key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Sha256Hash;

/// The keyed digest of `bytes`.
#[must_use]
pub fn hmac_sha256(key: &[u8; 32], bytes: &[u8]) -> Sha256Hash {
    // A 32-byte key is shorter than the block, so RFC 2104 pads it with zeros.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(bytes);
    Sha256Hash::from_bytes(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // RFC 4231, test case 2. Its key is four bytes long; zero padding makes no difference.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let text = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            hmac_sha256(&key, b"what do ya want for nothing?").to_string(),
            text
        );
    }
}
