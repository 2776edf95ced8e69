//! A device's keys, certified by its user's identity.

use minicbor::{Decode, Encode};

use super::fault::ChatFault;
use super::labels;
use super::signed::{Signed, SignedBody};
use crate::crypto::{PublicKey, Sha256Hash};
use crate::ids::{DeviceId, UserId};
use crate::time::Timestamp;

/// A key encapsulation mechanism of HPKE, by its id in the IANA registry. The rest of the suite is the same for both:
/// HKDF-SHA256 (0x0001) and ChaCha20-Poly1305 (0x0003).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Suite {
    /// DHKEM(X25519, HKDF-SHA256), RFC 9180.
    #[n(0x0020)]
    X25519,
    /// X-Wing (ML-KEM-768 with X25519), draft-connolly-cfrg-xwing-kem.
    #[n(0x647a)]
    XWing,
}

/// A device's public keys for receiving wraps.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KemKeys {
    /// 32 bytes.
    #[cbor(n(0x0020), with = "minicbor::bytes")]
    pub x25519: Option<Vec<u8>>,
    /// 1,216 bytes.
    #[cbor(n(0x647a), with = "minicbor::bytes")]
    pub xwing: Option<Vec<u8>>,
}

impl KemKeys {
    /// Whether a key is listed, and each has its length.
    fn is_well_formed(&self) -> bool {
        let fits = |key: &Option<Vec<u8>>, length| key.as_ref().is_none_or(|key| key.len() == length);
        fits(&self.x25519, 32) && fits(&self.xwing, 1216) && self.strongest().is_some()
    }

    /// The strongest key listed, which senders take.
    #[must_use]
    pub fn strongest(&self) -> Option<(Suite, &[u8])> {
        let xwing = self.xwing.as_deref().map(|key| (Suite::XWing, key));
        xwing.or_else(|| self.x25519.as_deref().map(|key| (Suite::X25519, key)))
    }
}

/// What a user's identity says about one of the user's devices.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceCertificate {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub user_id: UserId,
    #[n(2)]
    pub device_id: DeviceId,
    /// The key that signs this certificate. Users compare these by safety numbers.
    #[n(3)]
    pub identity_key: PublicKey,
    /// The key that signs rows, epochs and envelopes of this device.
    #[n(4)]
    pub signing_key: PublicKey,
    #[n(5)]
    pub kem_keys: KemKeys,
    /// By the device's clock.
    #[n(6)]
    pub created_at: Timestamp,
}

impl SignedBody for DeviceCertificate {
    const LABEL: &'static [u8] = labels::CERTIFICATE;
}

/// The number that two users compare, 60 decimal digits: SHA-256 of both identities and users, in the order of the
/// user ids, so that both see the same. Each group of five digits is five bytes of the hash modulo 100,000; the hash is
/// stretched to 60 bytes by hashing it again with a counter.
#[must_use]
pub fn safety_number(one: (UserId, &PublicKey), other: (UserId, &PublicKey)) -> String {
    let (first, second) = if one.0 <= other.0 {
        (one, other)
    } else {
        (other, one)
    };
    let mut input = labels::SAFETY_NUMBER.to_vec();
    for (user, key) in [first, second] {
        input.extend_from_slice(user.as_uuid().as_bytes());
        input.extend_from_slice(key.as_bytes());
    }
    let seed = Sha256Hash::of(&input);
    let block = |counter: u8| Sha256Hash::of(&[seed.as_bytes().as_slice(), &[counter]].concat());
    let bytes = [*block(0).as_bytes(), *block(1).as_bytes()].concat();
    let groups = bytes.chunks_exact(5).take(12).map(|five| {
        let number = five
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:05}", number % 100_000)
    });
    groups.collect::<Vec<_>>().concat()
}

/// The signed form, named by its hash everywhere else.
pub type Certificate = Signed<DeviceCertificate>;

impl Certificate {
    /// Checks that the identity named in it signed it, and that keys can be wrapped to it.
    pub fn verify_identity(&self) -> Result<(), ChatFault> {
        self.verify(&self.value().identity_key)?;
        if self.value().kem_keys.is_well_formed() {
            Ok(())
        } else {
            Err(ChatFault::Malformed)
        }
    }
}
