//! Chats as screens show them.

use mso_core::chat::ChatFault;
use mso_core::client::chat::view;
use mso_core::ids::{CaseId, UserId};

use super::{each, system_time};
use crate::records::{
    Chat, ChatMember, ChatMessage, ChatState, FoundMessage, MessageReaction, MessageState, SetAside,
};

impl From<view::ChatState> for ChatState {
    fn from(state: view::ChatState) -> Self {
        match state {
            view::ChatState::NotBegun => Self::NotBegun,
            view::ChatState::AskedToBeLetIn => Self::AskedToBeLetIn,
            view::ChatState::ExpertToAdmit { expert } => Self::ExpertToAdmit { expert },
            view::ChatState::Open => Self::Open,
            view::ChatState::NoIdentity => Self::NoIdentity,
            view::ChatState::Over => Self::Over,
        }
    }
}

impl From<view::ChatMember> for ChatMember {
    fn from(member: view::ChatMember) -> Self {
        let view::ChatMember {
            user_id,
            side,
            admitted,
            is_own,
            safety_number,
        } = member;
        Self {
            user_id,
            side,
            admitted,
            is_own,
            safety_number,
        }
    }
}

impl From<(u64, ChatFault)> for SetAside {
    fn from((entry, fault): (u64, ChatFault)) -> Self {
        Self {
            entry,
            code: fault.code().to_owned(),
        }
    }
}

impl From<view::ChatView> for Chat {
    fn from(chat: view::ChatView) -> Self {
        let view::ChatView {
            case_id,
            state,
            members,
            asking,
            unread,
            entries,
            fault,
            set_aside,
            code,
        } = chat;
        Self {
            case_id,
            state: state.into(),
            members: each(members),
            asking,
            unread,
            entries,
            fault: fault.map(|fault| fault.code().to_owned()),
            set_aside: each(set_aside),
            refusal: code,
        }
    }
}

impl From<view::MessageState> for MessageState {
    fn from(state: view::MessageState) -> Self {
        match state {
            view::MessageState::Waiting => Self::Waiting,
            view::MessageState::Sent => Self::Sent,
            view::MessageState::Read => Self::Read,
            view::MessageState::NotSent { code } => Self::NotSent { code },
        }
    }
}

impl From<(UserId, String)> for MessageReaction {
    fn from((user_id, text): (UserId, String)) -> Self {
        Self { user_id, text }
    }
}

impl From<view::ChatMessage> for ChatMessage {
    fn from(message: view::ChatMessage) -> Self {
        let view::ChatMessage {
            id,
            author,
            is_own,
            at,
            text,
            reply_to,
            edited,
            reactions,
            state,
            change_not_sent,
        } = message;
        Self {
            id,
            author,
            is_own,
            at: system_time(at),
            text,
            reply_to,
            edited,
            reactions: each(reactions),
            state: state.into(),
            change_not_sent,
        }
    }
}

impl From<(CaseId, String)> for FoundMessage {
    fn from((case_id, message_id): (CaseId, String)) -> Self {
        Self { case_id, message_id }
    }
}
