//! Verbs for which the FFI has no method yet, answered by the workspace beneath it.
//!
//! Each is removed when the FFI gains its method. Records are returned as they are on the wire.

use mso_core::actor::Acting;
use mso_core::client::chat::view::{ChatState, MessageState};
use mso_core::client::{Workspace, WorkspaceError};
use mso_core::ids::CaseId;
use mso_ffi::MsoError;
use serde::Serialize;
use serde_json::{Value, json};

use crate::requests;

/// `None` for a verb that the FFI answers.
pub(crate) fn answer(workspace: &Workspace, verb: &str, request: &Value) -> Option<Result<Value, MsoError>> {
    Some(match verb {
        "session" => session(workspace),
        "edit_question" => edit_question(workspace, request),
        "submitted_at" => submitted_at(workspace, request),
        "kept_opinions" => kept_opinions(workspace),
        "submit_kept_opinion" => submit_kept_opinion(workspace, request),
        "chat" => chat(workspace, request),
        "messages" => messages(workspace, request),
        "write_message" => write_message(workspace, request),
        "edit_message" => about_message(workspace, request, |workspace, case_id, id| {
            workspace.edit_message(case_id, id, &text(request, "text"))
        }),
        "withdraw_message" => about_message(workspace, request, Workspace::withdraw_message),
        "react" => about_message(workspace, request, |workspace, case_id, id| {
            let reaction = requests::text::<String>(request, "reaction");
            workspace.react_to_message(case_id, id, reaction.as_deref())
        }),
        "send_to_current_expert" => about_message(workspace, request, Workspace::send_to_current_expert),
        "mark_chat_read" => mark_chat_read(workspace, request),
        "admit_expert" => admit_expert(workspace, request),
        "let_colleague_in" => let_colleague_in(workspace, request),
        "search_messages" => search_messages(workspace, request),
        _ => return None,
    })
}

fn wire(record: &impl Serialize) -> Result<Value, MsoError> {
    serde_json::to_value(record).map_err(|_| MsoError::Bug {
        reference: "not a record".to_owned(),
    })
}

fn case(request: &Value) -> Result<CaseId, MsoError> {
    requests::id(request, "case_id")
}

fn session(workspace: &Workspace) -> Result<Value, MsoError> {
    let session = workspace.session()?.ok_or(MsoError::SignInNeeded)?;
    let role = match session.acting {
        Acting::Requester { .. } => "requester",
        Acting::Provider { .. } => "provider",
        Acting::Admin => "admin",
        Acting::System => "system",
    };
    let (user, device) = (session.user_id.to_string(), session.device_id.to_string());
    Ok(json!({"user_id": user, "device_id": device, "role": role}))
}

/// Changes the question of a case and leaves the rest as it is.
fn edit_question(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let case_id = case(request)?;
    let mut asked = workspace.case(case_id)?.case.request;
    asked.clinical_question = requests::named(request, "clinical_question")?;
    workspace.edit_case_details(case_id, asked)?;
    Ok(json!({}))
}

fn submitted_at(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let case = workspace.case(case(request)?)?.case;
    Ok(json!({"submitted_at": case.submitted_at.to_string()}))
}

fn kept_opinions(workspace: &Workspace) -> Result<Value, MsoError> {
    let mut kept = Vec::new();
    for opinion in workspace.kept_recommendations()? {
        kept.push(json!({
            "case_id": opinion.case_id.to_string(),
            "case_number": opinion.case_number,
            "content": wire(&opinion.content)?,
            "days": opinion.kept_until.millis_since(opinion.refused_at) / 86_400_000,
        }));
    }
    Ok(json!({"kept": kept}))
}

/// The single tap with which an author resubmits an opinion that came too late.
fn submit_kept_opinion(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let case_id = case(request)?;
    let mut kept = workspace.kept_recommendations()?.into_iter();
    let kept = kept
        .find(|kept| kept.case_id == case_id)
        .ok_or(MsoError::NotFound)?;
    let id = workspace.submit_recommendation(case_id, kept.content)?;
    Ok(json!({"recommendation_id": id.to_string()}))
}

fn text(request: &Value, name: &str) -> String {
    requests::text(request, name).unwrap_or_default()
}

fn state(state: &ChatState) -> Value {
    json!(match state {
        ChatState::NotBegun => "not_begun",
        ChatState::AskedToBeLetIn => "asked_to_be_let_in",
        ChatState::ExpertToAdmit { .. } => "expert_to_admit",
        ChatState::Open => "open",
        ChatState::NoIdentity => "no_identity",
        ChatState::Over => "over",
    })
}

fn chat(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let chat = workspace.chat(case(request)?)?;
    let members = chat.members.iter().map(|member| {
        json!({
            "user_id": member.user_id.to_string(), "admitted": member.admitted, "is_own": member.is_own,
            "safety_number": member.safety_number,
        })
    });
    let set_aside = chat
        .set_aside
        .iter()
        .map(|(seq, fault)| json!([seq, fault.code()]));
    let expert = match &chat.state {
        ChatState::ExpertToAdmit { expert } => Some(expert.to_string()),
        ChatState::NotBegun
        | ChatState::AskedToBeLetIn
        | ChatState::Open
        | ChatState::NoIdentity
        | ChatState::Over => None,
    };
    Ok(json!({
        "state": state(&chat.state),
        "expert": expert,
        "members": members.collect::<Vec<_>>(),
        "asking": chat.asking.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unread": chat.unread,
        "entries": chat.entries,
        "fault": chat.fault.map(mso_core::chat::ChatFault::code),
        "set_aside": set_aside.collect::<Vec<_>>(),
        "code": chat.code,
    }))
}

fn messages(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let before = requests::text::<String>(request, "before");
    let messages = workspace.chat_messages(case(request)?, before.as_deref(), 200)?;
    let messages = messages.iter().map(|message| {
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
            "reactions": reactions.map(|(user, text)| json!([user.to_string(), text])).collect::<Vec<_>>(),
        })
    });
    Ok(json!({"messages": messages.collect::<Vec<_>>()}))
}

fn write_message(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let reply_to = requests::text::<String>(request, "reply_to");
    let id = workspace.write_message(case(request)?, &text(request, "text"), reply_to.as_deref())?;
    Ok(json!({"id": id}))
}

fn about_message(
    workspace: &Workspace,
    request: &Value,
    act: impl FnOnce(&Workspace, CaseId, &str) -> Result<(), WorkspaceError>,
) -> Result<Value, MsoError> {
    act(workspace, case(request)?, &text(request, "message"))?;
    Ok(json!({}))
}

fn mark_chat_read(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    workspace.mark_chat_read(case(request)?)?;
    Ok(json!({}))
}

fn admit_expert(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    workspace.admit_expert(case(request)?, requests::id(request, "user_id")?)?;
    Ok(json!({}))
}

fn let_colleague_in(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    workspace.let_colleague_in(case(request)?, requests::id(request, "user_id")?)?;
    Ok(json!({}))
}

fn search_messages(workspace: &Workspace, request: &Value) -> Result<Value, MsoError> {
    let found = workspace.search_messages(None, &text(request, "text"), 50)?;
    let found = found.iter().map(|(case_id, id)| json!([case_id.to_string(), id]));
    Ok(json!({"found": found.collect::<Vec<_>>()}))
}
