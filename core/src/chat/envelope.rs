//! Envelope v1: one change of a chat document, sealed, committed to, chained and signed. Everything here can be checked
//! without reading the message.
//!
//! ```text
//! c    = HMAC-SHA256(kf, "mso/c/1" ‖ p)
//! link = SHA-256("mso/link/1" ‖ previous link ‖ length of hdr, 4 bytes big-endian ‖ hdr ‖ c)
//! sig  = Ed25519(device, "mso/env/1" ‖ link ‖ SHA-256(nonce ‖ ct))
//! ```

use minicbor::{Decode, Encode};

use super::fault::ChatFault;
use super::{canonical, labels};
use crate::crypto::{PublicKey, Sha256Hash, Signature, SigningKey};
use crate::ids::{CaseId, DeviceId};

/// Bytes of an XChaCha20-Poly1305 nonce.
pub const NONCE_BYTES: usize = 24;
/// Largest sealed text, in bytes. A message is at most 8 KiB of text.
pub const MAX_SEALED_BYTES: usize = 64 * 1024;

/// A document of the chat: it begins with a change of the readers, and has at most 500 messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId {
    /// [`super::Roster::grown_at`]: the revision with which the newest of its readers came.
    pub member_rev: u32,
    /// From 0, within that revision.
    pub number: u32,
}

/// What an envelope says in the open.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub case_id: CaseId,
    /// [`SegmentId::member_rev`]
    #[n(2)]
    pub segment_rev: u32,
    /// [`SegmentId::number`]
    #[n(3)]
    pub segment_number: u32,
    #[n(4)]
    pub device_id: DeviceId,
    /// Of this device in this case, from 1, without gaps.
    #[n(5)]
    pub seq: u64,
    /// [`super::Roster::revision`] that the sender knew.
    #[n(6)]
    pub member_rev: u32,
    #[n(7)]
    pub epoch: u32,
    /// Hash of the signed epoch record.
    #[n(8)]
    pub epoch_hash: Sha256Hash,
}

impl Header {
    #[must_use]
    pub const fn segment(&self) -> SegmentId {
        SegmentId {
            member_rev: self.segment_rev,
            number: self.segment_number,
        }
    }
}

/// The sealed text, or its hash where it is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Sealed {
        nonce: [u8; NONCE_BYTES],
        ciphertext: Vec<u8>,
    },
    /// `SHA-256(nonce ‖ ciphertext)`: of an envelope that this reader cannot open, or that was refused.
    Hash(Sha256Hash),
}

impl Content {
    /// `SHA-256(nonce ‖ ciphertext)`
    #[must_use]
    pub fn hash(&self) -> Sha256Hash {
        match self {
            Self::Sealed { nonce, ciphertext } => Sha256Hash::of(&[nonce.as_slice(), ciphertext].concat()),
            Self::Hash(hash) => *hash,
        }
    }
}

/// One message on its way. The header is kept as the bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    header: Header,
    header_bytes: Vec<u8>,
    /// The commitment to the message.
    pub commitment: Sha256Hash,
    pub content: Content,
    pub signature: Signature,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Wire {
    #[cbor(n(0), with = "minicbor::bytes")]
    header: Vec<u8>,
    #[n(1)]
    commitment: Sha256Hash,
    #[cbor(n(2), with = "minicbor::bytes")]
    nonce: Option<[u8; NONCE_BYTES]>,
    #[cbor(n(3), with = "minicbor::bytes")]
    ciphertext: Option<Vec<u8>>,
    #[n(4)]
    content_hash: Option<Sha256Hash>,
    #[n(5)]
    signature: Signature,
}

impl Envelope {
    /// Signs an envelope that continues the device's chain.
    pub fn sign(
        header: Header,
        commitment: Sha256Hash,
        content: Content,
        previous: Sha256Hash,
        key: &SigningKey,
    ) -> Self {
        let header_bytes = canonical::encode(&header);
        let link = link(previous, &header_bytes, commitment);
        let signature = key.sign(&input(link, content.hash()));
        Self {
            header,
            header_bytes,
            commitment,
            content,
            signature,
        }
    }

    pub fn decode(wire: &[u8]) -> Result<Self, ChatFault> {
        let Wire {
            header,
            commitment,
            nonce,
            ciphertext,
            content_hash,
            signature,
        } = canonical::decode(wire)?;
        let content = match (nonce, ciphertext, content_hash) {
            (Some(nonce), Some(ciphertext), None) if ciphertext.len() <= MAX_SEALED_BYTES => {
                Content::Sealed { nonce, ciphertext }
            }
            (None, None, Some(hash)) => Content::Hash(hash),
            _ => return Err(ChatFault::Malformed),
        };
        let header_bytes = header;
        let header: Header = canonical::decode_versioned(&header_bytes)?;
        Ok(Self {
            header,
            header_bytes,
            commitment,
            content,
            signature,
        })
    }

    pub fn encode(&self) -> Vec<u8> {
        let (nonce, ciphertext, content_hash) = match &self.content {
            Content::Sealed { nonce, ciphertext } => (Some(*nonce), Some(ciphertext.clone()), None),
            Content::Hash(hash) => (None, None, Some(*hash)),
        };
        canonical::encode(&Wire {
            header: self.header_bytes.clone(),
            commitment: self.commitment,
            nonce,
            ciphertext,
            content_hash,
            signature: self.signature,
        })
    }

    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the text is here, and not only its hash.
    #[must_use]
    pub const fn has_text(&self) -> bool {
        matches!(self.content, Content::Sealed { .. })
    }

    /// The envelope without its text, as it is shown to members who cannot open it. Signature and chain can still be checked.
    #[must_use]
    pub fn without_content(&self) -> Self {
        Self {
            content: Content::Hash(self.content.hash()),
            ..self.clone()
        }
    }

    /// The link of this envelope after the device's previous one.
    #[must_use]
    pub fn link(&self, previous: Sha256Hash) -> Sha256Hash {
        link(previous, &self.header_bytes, self.commitment)
    }

    /// Checks the signature over the link, which covers all earlier envelopes of the device.
    pub fn verify(&self, link: Sha256Hash, key: &PublicKey) -> Result<(), ChatFault> {
        key.verify_strict(&input(link, self.content.hash()), &self.signature)
            .map_err(|_| ChatFault::BadSignature)
    }

    /// What the log's chain covers: `SHA-256(SHA-256(hdr) ‖ c ‖ SHA-256(nonce ‖ ct) ‖ sig)`
    #[must_use]
    pub fn digest(&self) -> Sha256Hash {
        let header = Sha256Hash::of(&self.header_bytes);
        let content = self.content.hash();
        let parts: [&[u8]; 4] = [
            header.as_bytes(),
            self.commitment.as_bytes(),
            content.as_bytes(),
            self.signature.as_bytes(),
        ];
        Sha256Hash::of(&parts.concat())
    }
}

/// The link before a device's first envelope: `SHA-256("mso/link0/1" ‖ case ‖ certificate)`
#[must_use]
pub fn first_link(case_id: CaseId, certificate: Sha256Hash) -> Sha256Hash {
    let case = *case_id.as_uuid().as_bytes();
    Sha256Hash::of(&[labels::FIRST_LINK, &case, certificate.as_bytes()].concat())
}

/// The link of an envelope with this header's bytes and commitment, after the device's previous link.
#[must_use]
pub fn link(previous: Sha256Hash, header: &[u8], commitment: Sha256Hash) -> Sha256Hash {
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX).to_be_bytes();
    let parts: [&[u8]; 5] = [
        labels::LINK,
        previous.as_bytes(),
        &length,
        header,
        commitment.as_bytes(),
    ];
    Sha256Hash::of(&parts.concat())
}

fn input(link: Sha256Hash, content: Sha256Hash) -> Vec<u8> {
    [labels::ENVELOPE, link.as_bytes(), content.as_bytes()].concat()
}
