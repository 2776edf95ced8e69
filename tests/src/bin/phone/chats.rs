//! Verbs of chats.

use mso_core::client::chat::transcript::TranscriptKind;
use mso_ffi::{Chat, ChatMessage, ChatState, EnteredText, MessageState, MsoError, Workspace};
use serde_json::{Value, json};

use crate::requests;

/// Most messages on a page.
const MOST_MESSAGES: u32 = 200;

/// Most messages that a search returns.
const MOST_FOUND: u32 = 50;

/// `None` for a verb that is not about chats.
pub(crate) fn answer(workspace: &Workspace, verb: &str, request: &Value) -> Option<Result<Value, MsoError>> {
    Some(match verb {
        "chat" | "messages" | "search_messages" | "chat_transcript" => read(workspace, verb, request),
        "write_message" => write_message(workspace, request),
        "edit_message" | "withdraw_message" | "react" | "send_to_current_expert" => {
            change_message(workspace, verb, request).map(|()| json!({}))
        }
        "mark_chat_read" | "admit_expert" | "let_colleague_in" => {
            change_chat(workspace, verb, request).map(|()| json!({}))
        }
        _ => return None,
    })
}

fn needed<T: for<'a> From<&'a str>>(request: &Value, name: &str) -> Result<T, MsoError> {
    requests::text(request, name).ok_or_else(|| requests::missing(name))
}

fn read(workspace: &Workspace, verb: &str, request: &Value) -> Result<Value, MsoError> {
    let chats = workspace.chats();
    if verb == "search_messages" {
        let found = chats.search(needed(request, "text")?, None, MOST_FOUND)?;
        let found = found
            .iter()
            .map(|one| json!([one.case_id.to_string(), one.message_id]));
        return Ok(json!({"found": found.collect::<Vec<_>>()}));
    }
    let case_id = requests::id(request, "case_id")?;
    if verb == "chat" {
        return Ok(chat(&chats.chat(case_id)?));
    }
    if verb == "chat_transcript" {
        let kind = match needed::<String>(request, "kind")?.as_str() {
            "json" => TranscriptKind::Json,
            "text" => TranscriptKind::Text,
            _ => return Err(requests::missing("kind")),
        };
        return Ok(json!({"transcript": chats.transcript(case_id, kind)?}));
    }
    let before = requests::text::<String>(request, "before");
    let messages = chats.messages(case_id, before, MOST_MESSAGES)?;
    Ok(json!({"messages": messages.iter().map(message).collect::<Vec<_>>()}))
}

fn write_message(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let reply_to = requests::text::<String>(request, "reply_to");
    let case_id = requests::id(request, "case_id")?;
    let id = workspace
        .chats()
        .write(case_id, needed(request, "text")?, reply_to)?;
    Ok(json!({"id": id}))
}

fn change_message(workspace: &Workspace, verb: &str, request: &Value) -> Result<(), MsoError> {
    let chats = workspace.chats();
    let (case_id, id) = (
        requests::id(request, "case_id")?,
        needed::<String>(request, "message")?,
    );
    match verb {
        "edit_message" => chats.edit(case_id, id, needed(request, "text")?),
        "withdraw_message" => chats.withdraw(case_id, id),
        "react" => chats.react(case_id, id, requests::text::<EnteredText>(request, "reaction")),
        _ => chats.send_to_current_expert(case_id, id),
    }
}

fn change_chat(workspace: &Workspace, verb: &str, request: &Value) -> Result<(), MsoError> {
    let chats = workspace.chats();
    let case_id = requests::id(request, "case_id")?;
    match verb {
        "admit_expert" => chats.admit_expert(case_id, requests::id(request, "user_id")?),
        "let_colleague_in" => chats.let_colleague_in(case_id, requests::id(request, "user_id")?),
        _ => chats.mark_read(case_id),
    }
}

fn chat(chat: &Chat) -> Value {
    let (state, expert) = match &chat.state {
        ChatState::NotBegun => ("not_begun", None),
        ChatState::AskedToBeLetIn => ("asked_to_be_let_in", None),
        ChatState::ExpertToAdmit { expert } => ("expert_to_admit", Some(expert.to_string())),
        ChatState::Open => ("open", None),
        ChatState::NoIdentity => ("no_identity", None),
        ChatState::Over => ("over", None),
    };
    let members = chat.members.iter().map(|member| {
        json!({
            "user_id": member.user_id.to_string(), "admitted": member.admitted, "is_own": member.is_own,
            "safety_number": member.safety_number,
        })
    });
    let set_aside = chat.set_aside.iter().map(|one| json!([one.entry, one.code]));
    json!({
        "state": state,
        "expert": expert,
        "members": members.collect::<Vec<_>>(),
        "asking": chat.asking.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unread": chat.unread,
        "entries": chat.entries,
        "fault": chat.fault,
        "set_aside": set_aside.collect::<Vec<_>>(),
        "code": chat.refusal,
    })
}

fn message(message: &ChatMessage) -> Value {
    let (state, code) = match &message.state {
        MessageState::Waiting => ("waiting", None),
        MessageState::Sent => ("sent", None),
        MessageState::Read => ("read", None),
        MessageState::NotSent { code } => ("not_sent", Some(code)),
    };
    let reactions = message.reactions.iter();
    json!({
        "id": message.id, "author": message.author.to_string(), "is_own": message.is_own, "text": message.text,
        "reply_to": message.reply_to, "edited": message.edited, "state": state, "code": code,
        "reactions": reactions.map(|one| json!([one.user_id.to_string(), one.text])).collect::<Vec<_>>(),
    })
}
