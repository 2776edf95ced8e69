//! The chat's part of `POST /v1/sync`: what a phone adds to chats, and the entries that it receives.
//!
//! Items travel as the bytes that were signed (`docs/chat-encryption.md`); an entry of a log is a record of the kind
//! [`super::records::RecordKind::ChatEntry`] in the chat's own stream, which never changes.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::chat::ChatFault;
use crate::ids::CaseId;
use crate::time::Timestamp;

/// Maximum number of items per request.
pub const MAX_CHAT_ITEMS: usize = 100;

named! {
    /// What an item is.
    pub enum ChatItemKind {
        /// The certificate of the sender's own device. Of no case.
        Certificate = "certificate",
        /// The sender takes part in the case and asks to be let in: the server makes the sender's certificates known to the
        /// members. Without a body.
        Join = "join",
        /// A signed row of the roster.
        Roster = "roster",
        /// A signed epoch record with its wraps.
        Epoch = "epoch",
        Envelope = "envelope",
    }
}

/// Something that a phone adds to a case's chat. Items are taken in their order, after the commands of the same request. One
/// that was not taken holds up the later ones of its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatItem {
    /// [`ChatItemKind`], or a newer one.
    pub kind: String,
    /// Absent in a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// [`crate::chat::Payload::encode`] of the kind.
    #[serde(default, skip_serializing_if = "<[u8]>::is_empty")]
    pub body: ByteBuf,
}

impl ChatItem {
    /// An item of a case.
    #[must_use]
    pub fn of_case(kind: ChatItemKind, case_id: CaseId, body: Vec<u8>) -> Self {
        Self {
            kind: kind.name().to_owned(),
            case_id: Some(case_id),
            body: ByteBuf::from(body),
        }
    }

    /// Whether its sender has the entry whole that it becomes, once the number and the time are known. Other items change more
    /// than the log.
    #[must_use]
    pub fn is_known_by_answer(&self) -> bool {
        match ChatItemKind::from_name(&self.kind) {
            Some(ChatItemKind::Envelope | ChatItemKind::Epoch) => true,
            Some(ChatItemKind::Certificate | ChatItemKind::Join | ChatItemKind::Roster) | None => false,
        }
    }

    /// The certificate of the sender's device.
    #[must_use]
    pub fn certificate(body: Vec<u8>) -> Self {
        Self {
            kind: ChatItemKind::Certificate.name().to_owned(),
            case_id: None,
            body: ByteBuf::from(body),
        }
    }
}

/// What became of an item. Whether an envelope took its slot or burnt it also stands in the log, which a phone goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ChatOutcome {
    /// It is this entry of the log, now or from an earlier request.
    Appended {
        seq: u64,
        /// The time of the entry, with which the sender of an envelope or a key has the entry whole. An older server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// It came too late for its key or its readers: this entry burnt its slot, and its text was not kept.
    Burnt { seq: u64 },
    /// The certificate is the one stored for the device, or the members know of the sender.
    Stored,
    /// Not taken, and not because of the moment: the code of a [`ChatFault`] or of a [`crate::refusal::Refusal`].
    Refused { code: String },
    /// Not tried, or not possible now: send it again.
    Retry,
    /// Of a newer server. Treated as [`Self::Retry`].
    #[serde(other)]
    Unknown,
}

impl ChatOutcome {
    #[must_use]
    pub fn fault(fault: ChatFault) -> Self {
        Self::Refused {
            code: fault.code().to_owned(),
        }
    }

    /// Whether later items of the case may follow.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        match self {
            Self::Appended { .. } | Self::Burnt { .. } | Self::Stored => true,
            Self::Refused { .. } | Self::Retry | Self::Unknown => false,
        }
    }
}

/// An entry of a case's log as one reader is shown it: with the texts since the reader came, and the wraps for the reader's own
/// devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatEntryRecord {
    pub case_id: CaseId,
    /// [`crate::chat::Entry::encode`]
    pub entry: ByteBuf,
}
