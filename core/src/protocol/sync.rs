//! `POST /v1/sync`: one round trip that pushes what waits and pulls one page of what changed.
//!
//! The feed row says *what* changed; the current record, projected for the caller's role, comes beside it, read in
//! the same snapshot. Commands travel as the bytes they were stored as: one that cannot be read is refused alone
//! and never spoils its neighbours.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::ids::{CommandId, DeviceId, PurgeId, StreamId};
use crate::refusal::RefusalRecord;
use crate::time::Timestamp;

/// Most commands in one request.
pub const MAX_PUSH: usize = 100;

/// What a phone sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// [`super::PROTO`]
    pub proto: u16,
    /// Who asks; must be the device that signed.
    pub device: DeviceId,
    /// Where the phone stands. `None`: it has nothing yet.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// Oldest first, at most [`MAX_PUSH`].
    #[serde(default)]
    pub push: Vec<PushItem>,
    /// Carried-out purge orders.
    #[serde(default)]
    pub purged: Vec<PurgeId>,
    /// About how many bytes of records the answer may hold.
    pub max_bytes: u32,
}

/// A place in the feed. Opaque to the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub ByteBuf);

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushItem {
    /// Its id, so that an answer is possible even if the rest cannot be read.
    pub id: CommandId,
    /// The CBOR of a [`crate::command::CommandEnvelope`], as stored in the outbox.
    pub envelope: ByteBuf,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Done now.
    Applied,
    /// Answered before; this was the answer.
    Replayed {
        /// The stored outcome.
        of: SettledOutcome,
    },
    /// The domain says no.
    Refused {
        /// Why.
        refusal: RefusalRecord,
    },
    /// Not now: send it again.
    Retry,
}

/// An outcome that is final and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SettledOutcome {
    /// Done.
    Applied,
    /// The domain said no.
    Refused {
        /// Why.
        refusal: RefusalRecord,
    },
}

impl Outcome {
    /// The final part, whether new or replayed; `None` for a retry.
    #[must_use]
    pub fn settled(&self) -> Option<SettledOutcome> {
        match self {
            Self::Applied => Some(SettledOutcome::Applied),
            Self::Replayed { of } => Some(of.clone()),
            Self::Refused { refusal } => Some(SettledOutcome::Refused {
                refusal: refusal.clone(),
            }),
            Self::Retry => None,
        }
    }
}

/// The answer to one pushed command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResult {
    /// Which command.
    pub id: CommandId,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Names a record: its kind and id. Kinds are those of [`super::records::RecordKind`], or newer ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    /// The kind's name.
    pub kind: String,
    /// The id.
    pub id: Uuid,
}

/// One row of the feed: something changed in a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where.
    pub stream: StreamId,
    /// Gapless per stream, from 1.
    pub seq: u64,
    /// What, as far as the role may see it; possibly nothing.
    pub changed: Vec<RecordKey>,
}

/// A stream that the phone now reads, with all its records in this answer or the pages before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Which stream.
    pub stream: StreamId,
    /// The records are as of this number; the next change is `seq + 1`.
    pub seq: u64,
}

/// A record as it is now, for this role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireRecord {
    /// Which.
    #[serde(flatten)]
    pub key: RecordKey,
    /// The stream it is purged with.
    pub stream: StreamId,
    /// Higher is newer.
    pub version: u64,
    /// CBOR of the kind's type in [`super::records`]. Kept as it is when the kind is unknown.
    pub body: ByteBuf,
}

/// An order to forget a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeOrder {
    /// To be confirmed by this id.
    pub id: PurgeId,
    /// What to forget.
    pub stream: StreamId,
    /// Why, as a code to show: `reassigned`.
    pub reason: String,
}

/// Why a phone must start over with its records. Keys, outbox and files stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The server's history is another one.
    OtherGeneration,
    /// The cursor is older than what the feed keeps.
    CursorExpired,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncResponse {
    /// One for each pushed command, in order.
    pub results: Vec<PushResult>,
    /// Ask again with `cursor: None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<ResetReason>,
    /// Carry these out first.
    #[serde(default)]
    pub purge: Vec<PurgeOrder>,
    /// Streams granted on this page.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Feed rows of this page.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// The records that results, grants and changes name, each once.
    #[serde(default)]
    pub records: Vec<WireRecord>,
    /// Named by a change or a grant, but no longer there or no longer visible.
    #[serde(default)]
    pub gone: Vec<RecordKey>,
    /// Where the phone stands after this page.
    pub cursor: Cursor,
    /// There is another page.
    pub more: bool,
    /// For display.
    pub server_time: Timestamp,
    /// Ask again after this, at the latest.
    pub next_after_ms: u32,
}
