//! Exact bytes with a signature. They are kept as received and never encoded again.

use minicbor::{Decode, Encode};

use super::canonical;
use super::fault::ChatFault;
use crate::crypto::{PublicKey, Sha256Hash, Signature, SigningKey};

/// A value that is signed. Its first field is the version of its format.
pub trait SignedBody: Encode<()> + for<'b> Decode<'b, ()> {
    /// The label before the hash.
    const LABEL: &'static [u8];
}

/// A signed value together with the bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    value: T,
    bytes: Vec<u8>,
    signature: Signature,
}

/// On the wire: `{0: bytes, 1: signature}`.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Wire {
    #[cbor(n(0), with = "minicbor::bytes")]
    bytes: Vec<u8>,
    #[n(1)]
    signature: Signature,
}

impl<T: SignedBody> Signed<T> {
    /// Signs a value.
    pub fn sign(value: T, key: &SigningKey) -> Self {
        let bytes = canonical::encode(&value);
        let signature = key.sign(&input::<T>(&bytes));
        Self {
            value,
            bytes,
            signature,
        }
    }

    /// Decodes the form on the wire. The signature is not checked.
    pub fn decode(wire: &[u8]) -> Result<Self, ChatFault> {
        let Wire { bytes, signature } = canonical::decode(wire)?;
        let value: T = canonical::decode_versioned(&bytes)?;
        Ok(Self {
            value,
            bytes,
            signature,
        })
    }

    /// Encodes the form on the wire.
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(&Wire {
            bytes: self.bytes.clone(),
            signature: self.signature,
        })
    }

    /// Checks the signature: `Ed25519(label ‖ SHA-256(bytes))`, verified strictly.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ChatFault> {
        key.verify_strict(&input::<T>(&self.bytes), &self.signature)
            .map_err(|_| ChatFault::BadSignature)
    }

    /// The value. Trust it only after [`Signed::verify`].
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// SHA-256 of the signed bytes, by which other rows name this one.
    pub fn hash(&self) -> Sha256Hash {
        Sha256Hash::of(&self.bytes)
    }
}

fn input<T: SignedBody>(bytes: &[u8]) -> Vec<u8> {
    [T::LABEL, Sha256Hash::of(bytes).as_bytes()].concat()
}
