//! Verbs for which the FFI has no method yet, answered by the workspace beneath it.
//!
//! Each is removed when the FFI gains its method. Records are returned as they are on the wire.

use mso_core::actor::Acting;
use mso_core::client::Workspace;
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
