//! An audit entry and its canonical byte form.

use serde::Serialize;
use uuid::Uuid;

use crate::actor::Role;
use crate::crypto::{Sha256Hash, hmac_sha256};
use crate::ids::{DeviceId, StreamId, UserId};
use crate::protocol::cbor::{self, CborError};
use crate::time::Timestamp;

/// What was done or refused, by whom and when.
///
/// Fields are declared in the order of RFC 8949 4.2.1 (shorter names first, then bytewise), so that the
/// CBOR of the struct is the deterministic encoding. No field is ever omitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Server time.
    pub at: Timestamp,
    /// Position in the stream, starting at 1, without gaps.
    pub seq: u64,
    pub role: Role,
    pub user: UserId,
    /// The command or operation: `accept_case`, `sign_in`.
    pub action: String,
    /// The phone, if the action came from one.
    pub device: Option<DeviceId>,
    /// The kind of entity: `case`.
    pub entity: String,
    /// The stream whose chain the entry belongs to.
    pub stream: StreamId,
    /// `applied`, or the refusal's code.
    pub outcome: String,
    /// The entity's id.
    pub entity_id: Uuid,
    /// The id of the HTTP request, if there was one.
    pub request_id: Option<String>,
    /// Keyed digest of the payload, see `PayloadKey`.
    pub payload_digest: Option<Sha256Hash>,
}

impl AuditEntry {
    /// The bytes covered by the hash.
    pub fn canonical(&self) -> Result<Vec<u8>, CborError> {
        cbor::encode(self)
    }
}

/// The key of one entry's payload digest: random, used once, stored beside the entry. Without the key,
/// nobody can test a guess of the payload. Erasing the key makes the digest meaningless while the chain
/// stays valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PayloadKey([u8; 32]);

impl PayloadKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storage beside the entry.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The keyed digest of a payload.
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
