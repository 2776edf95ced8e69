//! `POST /v1/sync`: one round trip that pushes pending commands and pulls one page of changes.
//!
//! A feed row says *what* changed. The current record, projected for the caller's role, is sent beside
//! it, read in the same snapshot. Commands travel as the bytes they were stored as: one that cannot be
//! decoded is refused on its own and does not affect the others.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use super::chat::{ChatItem, ChatOutcome};
use crate::ids::{CommandId, DeviceId, PurgeId, StreamId};
use crate::refusal::RefusalRecord;
use crate::time::Timestamp;

/// Maximum size of one command's envelope, in bytes. A request with one such command is far below the server's limit.
pub const MAX_COMMAND_BYTES: usize = 512 * 1024;

/// Poll delay in milliseconds when nothing is waiting. A phone that follows the live stream may wait longer.
pub const IDLE_MILLIS: u32 = 30_000;

/// Maximum number of commands per request.
pub const MAX_PUSH: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// [`super::PROTO`]
    pub proto: u16,
    /// The sender; must be the device that signed the request.
    pub device: DeviceId,
    /// The phone's position in the feed. `None`: it has nothing yet.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// Oldest first, at most [`MAX_PUSH`].
    #[serde(default)]
    pub push: Vec<PushItem>,
    /// Additions to chats, taken after the commands, at most [`super::chat::MAX_CHAT_ITEMS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chat: Vec<ChatItem>,
    /// Completed purge orders.
    #[serde(default)]
    pub purged: Vec<PurgeId>,
    /// Records that an earlier response called unreadable, at most [`MAX_PUSH`]. The response has each of them in
    /// `records`, `gone` or again in `unreadable`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<RecordKey>,
    /// Approximate limit on the bytes of records in the response.
    pub max_bytes: u32,
    /// No page is wanted: the phone is up to date, and only adds to chats. The server may send one all the same, and does if
    /// there is anything else in the request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub push_only: bool,
}

/// A position in the feed. Opaque to the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub ByteBuf);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushItem {
    /// Kept outside the envelope, so that a response is possible even if the envelope cannot be
    /// decoded.
    pub id: CommandId,
    /// The CBOR of a [`crate::command::CommandEnvelope`], as stored in the outbox.
    pub envelope: ByteBuf,
    /// The record that it is about, so that later commands on the record do not overtake one that the server cannot decode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<RecordKey>,
}

/// Commands without a final answer. They hold up the later commands on the same record and those that depend on them, and no
/// others. Phone and server go by the same rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldUp {
    ids: BTreeSet<CommandId>,
    aggregates: BTreeSet<RecordKey>,
}

impl HeldUp {
    /// The record may be unknown, if the command cannot be decoded.
    pub fn add(&mut self, id: CommandId, aggregate: Option<&RecordKey>) {
        self.ids.insert(id);
        self.aggregates.extend(aggregate.cloned());
    }

    /// Whether this command must wait, because of an earlier one or for its own sake.
    #[must_use]
    pub fn contains(&self, id: CommandId, aggregate: &RecordKey, depends_on: &[CommandId]) -> bool {
        self.ids.contains(&id)
            || self.aggregates.contains(aggregate)
            || depends_on.iter().any(|id| self.ids.contains(id))
    }
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Applied by this request.
    Applied,
    /// Processed before; `of` is the stored outcome.
    Replayed { of: SettledOutcome },
    /// The domain refused the command.
    Refused { refusal: RefusalRecord },
    /// Not processed now; send it again.
    Retry,
    /// This server cannot process it and has not applied it: it does not know the operation, or fails on it. Keep it, tell
    /// the user, and try again after a while. Other commands are not affected.
    Held {
        /// A stable code: `unknown_command`, `fault`.
        code: String,
        /// The reference to quote to support.
        #[serde(default)]
        reference: String,
    },
    /// Of a newer server. Treated as [`Self::Retry`].
    #[serde(other)]
    Unknown,
}

/// A final, stored outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SettledOutcome {
    Applied,
    /// The domain refused the command.
    Refused {
        refusal: RefusalRecord,
    },
}

impl Outcome {
    /// The final part, whether new or replayed; `None` if there is none yet.
    #[must_use]
    pub fn settled(&self) -> Option<SettledOutcome> {
        match self {
            Self::Applied => Some(SettledOutcome::Applied),
            Self::Replayed { of } => Some(of.clone()),
            Self::Refused { refusal } => Some(SettledOutcome::Refused {
                refusal: refusal.clone(),
            }),
            Self::Retry | Self::Held { .. } | Self::Unknown => None,
        }
    }
}

/// The result of one pushed command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResult {
    pub id: CommandId,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Identifies a record by kind and id. Kinds are those of [`super::records::RecordKind`], or newer
/// ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    /// The kind's name.
    pub kind: String,
    pub id: Uuid,
}

/// One row of the feed: something changed in a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub stream: StreamId,
    /// Gapless per stream, from 1.
    pub seq: u64,
    /// The changed records visible to the role; may be empty.
    pub changed: Vec<RecordKey>,
}

/// A stream that the phone can now read. All its records are in this response or the pages before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub stream: StreamId,
    /// The records are as of this number; the next change is `seq + 1`.
    pub seq: u64,
}

/// The current state of a record, as projected for this role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireRecord {
    #[serde(flatten)]
    pub key: RecordKey,
    /// The record is purged together with this stream.
    pub stream: StreamId,
    /// Higher is newer.
    pub version: u64,
    /// CBOR of the kind's type in [`super::records`]. Stored unchanged if the kind is unknown.
    pub body: ByteBuf,
}

/// An order to delete a stream from the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeOrder {
    /// The id to confirm.
    pub id: PurgeId,
    /// The stream to delete.
    pub stream: StreamId,
    /// The reason as a code, for display: `reassigned`.
    pub reason: String,
}

/// What the problem `actor_revoked` says besides its code, in answer to a sync: the streams that the phone must
/// delete. They are all that it can read, and those it could read before. At most [`MAX_PURGES`] at a time; the
/// next answer has the next ones, once these are reported in `purged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgesOwed {
    #[serde(default)]
    pub purge: Vec<PurgeOrder>,
}

/// [`PurgeOrder::reason`] of an order to a revoked phone or to the phone of a user who may not act now.
pub const REASON_REVOKED: &str = "revoked";

/// Maximum number of orders in a [`PurgesOwed`]; as many can be reported in one request.
pub const MAX_PURGES: usize = MAX_PUSH;

named! {
    /// Why a phone must discard its records and start over. Keys, outbox and files are kept.
    pub enum ResetReason {
        /// The server's feed history is not the one the cursor belongs to.
        OtherGeneration = "other_generation",
        /// The cursor is older than the retained feed.
        CursorExpired = "cursor_expired",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncResponse {
    /// One result per pushed command, in order.
    pub results: Vec<PushResult>,
    /// One outcome per chat item, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chat: Vec<ChatOutcome>,
    /// The phone must repeat the request with `cursor: None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<ResetReason>,
    /// Carried out before anything else in the response.
    #[serde(default)]
    pub purge: Vec<PurgeOrder>,
    /// Streams granted on this page.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Feed rows of this page.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// The records named by results, grants and changes, each once.
    #[serde(default)]
    pub records: Vec<WireRecord>,
    /// Named by a change or a grant, but deleted or no longer visible.
    #[serde(default)]
    pub gone: Vec<RecordKey>,
    /// The server holds them but cannot read them until an operator has mended something. The phone keeps what it has of
    /// them, tells its user, and asks for them again in [`SyncRequest::missing`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<RecordKey>,
    /// The server ran out of time for the pushed commands: those after the last one that it settled are answered `retry`
    /// because it did not get to them, and are to be sent again at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// There is no page, as the phone wanted: nothing is said of what changed, and the cursor is that of the request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub push_only: bool,
    /// The phone's position after this page.
    pub cursor: Cursor,
    /// Whether there is another page.
    pub more: bool,
    /// For display.
    pub server_time: Timestamp,
    /// Maximum delay before the next request, in milliseconds.
    pub next_after_ms: u32,
}
