//! A case's chat.

use std::time::SystemTime;

use mso_core::chat::Side;
use mso_core::ids::{CaseId, UserId};

/// How far a chat is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ChatState {
    /// There is none yet; it begins with the first message.
    NotBegun,
    /// A colleague must let this user in; or the case has no chat yet, which only its readers are told.
    AskedToBeLetIn,
    /// This expert reads what is written from now on, once the user has admitted them by name. Until then nothing of the
    /// team's goes.
    ExpertToAdmit {
        expert: UserId,
    },
    Open,
    /// Another phone of the user has the user's chat keys; this one cannot read the chat yet.
    NoIdentity,
    /// It can be read only: the case is closed, or its time for questions is over.
    Over,
}

/// Somebody who reads the chat.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChatMember {
    pub user_id: UserId,
    pub side: Side,
    /// Of an expert: whether the team has admitted them.
    pub admitted: bool,
    /// Whether it is the user of this phone.
    pub is_own: bool,
    /// 60 digits, the same on both phones if nobody stands between them; empty for the user.
    pub safety_number: String,
}

/// An entry of the log whose text was set aside, because something about it is wrong.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SetAside {
    /// Its number in the log.
    pub entry: u64,
    /// A stable code, such as `chat_forbidden_change`.
    pub code: String,
}

/// A case's chat without its messages.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Chat {
    pub case_id: CaseId,
    pub state: ChatState,
    pub members: Vec<ChatMember>,
    /// Colleagues of the team whose phones have asked to be let in.
    pub asking: Vec<UserId>,
    pub unread: u32,
    /// Entries of the log that this phone has checked.
    pub entries: u64,
    /// Why the log does not go on, as a stable code: nothing newer is shown until it does.
    pub fault: Option<String>,
    pub set_aside: Vec<SetAside>,
    /// Why the server did not take what was sent last, as a stable code.
    pub refusal: Option<String>,
}

/// How far a message is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum MessageState {
    /// On this phone only.
    Waiting,
    Sent,
    /// Somebody of the other side has read up to it.
    Read,
    /// It does not go until something changes: `chat_expert_changed` (see `send_to_current_expert`),
    /// `chat_expert_not_admitted`, or the code of a fault.
    NotSent {
        code: String,
    },
}

/// A user's reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MessageReaction {
    pub user_id: UserId,
    pub text: String,
}

/// A message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChatMessage {
    /// Messages of a chat stand in the order of their ids.
    pub id: String,
    pub author: UserId,
    /// Whether it is by the user of this phone.
    pub is_own: bool,
    /// When the server stored it; of one that waits, when it was written.
    pub at: SystemTime,
    /// Absent once withdrawn.
    pub text: Option<String>,
    /// The message that it answers.
    pub reply_to: Option<String>,
    pub edited: bool,
    pub reactions: Vec<MessageReaction>,
    pub state: MessageState,
    /// Why an edit, a withdrawal or a reaction of the user's was not sent, as a stable code; the message is as it was before.
    #[uniffi(default = None)]
    pub change_not_sent: Option<String>,
}

/// A message that was searched for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FoundMessage {
    pub case_id: CaseId,
    pub message_id: String,
}
