//! What can be wrong with a chat as it is stored. Each has a stable code; none says anything about a message.

use mso_core::chat::ChatFault;

/// A fault of a stored chat. Codes are never renamed or reused (`docs/audit.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredFault {
    /// The log's own rules do not take the entry.
    Rule(ChatFault),
    /// The entry's stored digest is not that of its payload.
    Digest,
    /// The head stored with the entry is not the one that follows from the entries up to it.
    Chain,
    /// The log ends before the chat's head.
    Cut,
    /// The chat's head is not that of the newest entry.
    Head,
    /// The entry's columns name another sender than its payload.
    Columns,
    /// The epoch or roster that the next entry would be checked against is not what the log adds up to.
    State,
    /// The newest envelope noted for a device is not its newest in the log.
    Link,
    /// The stored text is not the one that was signed.
    Text,
    /// A text or wrap stands beside an entry that has none, or among what is signed.
    Misplaced,
    /// A wrap is shown to another user than the one whose device it is for.
    WrapOfAnother,
    /// The certificate is none that a phone has published.
    Unpublished,
    /// A user reads the chat's stream whom the log does not know as a member.
    UnknownReader,
    /// A member is shown texts from before joining.
    ReaderTooEarly,
    /// There are entries, and no chat that they belong to.
    WithoutHead,
}

impl StoredFault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rule(fault) => fault.code(),
            Self::Digest => "chat_digest_differs",
            Self::Chain => "chat_chain_broken",
            Self::Cut => "chat_log_cut",
            Self::Head => "chat_head_differs",
            Self::Columns => "chat_columns_differ",
            Self::State => "chat_state_differs",
            Self::Link => "chat_link_differs",
            Self::Text => "chat_text_differs",
            Self::Misplaced => "chat_secret_misplaced",
            Self::WrapOfAnother => "chat_wrap_of_another",
            Self::Unpublished => "chat_certificate_unpublished",
            Self::UnknownReader => "chat_unknown_reader",
            Self::ReaderTooEarly => "chat_reader_too_early",
            Self::WithoutHead => "chat_without_head",
        }
    }
}
