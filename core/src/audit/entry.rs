//! One entry, and its one form as bytes.

use serde::Serialize;
use uuid::Uuid;

use crate::actor::Role;
use crate::crypto::{Sha256Hash, hmac_sha256};
use crate::ids::{DeviceId, StreamId, UserId};
use crate::protocol::cbor::{self, CborError};
use crate::time::Timestamp;

/// What was done or refused, by whom and when.
///
/// The fields stand in the order of RFC 8949 4.2.1 (shorter names first, then by bytes), so that the CBOR of the
/// struct is the deterministic one. None is ever left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Place in the stream, from 1 and without gap.
    pub seq: u64,
    /// In which role.
    pub role: Role,
    /// Who.
    pub user: UserId,
    /// What was asked: `accept_case`, `sign_in`.
    pub action: String,
    /// From which phone, where it was one.
    pub device: Option<DeviceId>,
    /// The kind of thing it was about: `case`.
    pub entity: String,
    /// The chain that the entry belongs to.
    pub stream: StreamId,
    /// `applied`, or the refusal's code.
    pub outcome: String,
    /// The thing it was about.
    pub entity_id: Uuid,
    /// Of the HTTP request, where there was one.
    pub request_id: Option<String>,
    /// Keyed digest of what was asked.
    pub payload_digest: Option<Sha256Hash>,
}

impl AuditEntry {
    /// The bytes that are hashed.
    pub fn canonical(&self) -> Result<Vec<u8>, CborError> {
        cbor::encode(self)
    }
}

/// The key of one entry's payload digest: random, used once, stored beside the entry. Without it nobody can test a
/// guess of the payload; erased, the digest says nothing any more and the chain still holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PayloadKey([u8; 32]);

impl PayloadKey {
    /// From 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storage beside the entry.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest of a payload.
    #[must_use]
    pub fn digest(&self, payload: &[u8]) -> Sha256Hash {
        hmac_sha256(&self.0, payload)
    }
}

impl std::fmt::Debug for PayloadKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PayloadKey(..)")
    }
}
