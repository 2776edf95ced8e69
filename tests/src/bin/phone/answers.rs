//! Converts the FFI's records to the JSON of a response.

use mso_ffi::{
    CaseDetail, CaseSummary, Created, EnteredText, FormContent, IssueItem, MsoError, Notice,
    NotificationItem, PatientDetail, PatientEditConflict, PatientFields, PatientIdentifier,
    RecommendationView, StagedFile, SyncState, SyncStatus, TransferState,
};
use serde_json::{Value, json};

pub(crate) fn error(error: &MsoError) -> Value {
    let (kind, code) = match error {
        MsoError::Refused { code, .. } => ("refused", Some(code)),
        MsoError::Invalid { field, reason: _ } => ("invalid", Some(field)),
        MsoError::SignInNeeded => ("sign_in_needed", None),
        MsoError::SignInFailed => ("sign_in_failed", None),
        MsoError::Offline => ("offline", None),
        MsoError::UpdateNeeded => ("update_needed", None),
        MsoError::NotFound => ("not_found", None),
        MsoError::TooManyDevices { devices: _ } => ("too_many_devices", None),
        MsoError::AlreadyOpen => ("already_open", None),
        MsoError::KeyLost => ("key_lost", None),
        MsoError::StorageBroken { reference } => ("storage_broken", Some(reference)),
        MsoError::Server { code, reference: _ } => ("server", Some(code)),
        MsoError::Bug { reference } => ("bug", Some(reference)),
    };
    json!({"kind": kind, "code": code})
}

/// The id of the record that an operation created.
pub(crate) fn created(created: Option<Created>) -> Value {
    match created {
        None => json!({}),
        Some(Created::Issue { issue_id }) => json!({"issue_id": issue_id.to_string()}),
        Some(Created::Recommendation { recommendation_id }) => {
            json!({"recommendation_id": recommendation_id.to_string()})
        }
        Some(Created::Clarification { clarification_id }) => {
            json!({"clarification_id": clarification_id.to_string()})
        }
    }
}

pub(crate) fn status(status: &SyncStatus) -> Value {
    let state = match status.state {
        SyncState::Offline => "offline",
        SyncState::Idle => "idle",
        SyncState::Syncing => "syncing",
    };
    json!({
        "state": state,
        "pending_commands": status.pending_commands,
        "pending_uploads": status.pending_uploads,
        "pending_downloads": status.pending_downloads,
        "last_error": status.last_error,
    })
}

pub(crate) fn staged(staged: &StagedFile) -> Value {
    json!({
        "document_id": staged.document_id.to_string(),
        "media_type": staged.media_type,
        "size": staged.size,
        "sha256": staged.sha256,
    })
}

pub(crate) fn summary(row: &CaseSummary) -> Value {
    json!({
        "case_id": row.case_id.to_string(),
        "number": row.number,
        "status": row.status.name(),
        "patient_name": row.patient_name,
        "pending": row.pending,
        "allowed_actions": row.allowed_actions,
    })
}

pub(crate) fn detail(detail: &CaseDetail) -> Value {
    let documents: Vec<_> = detail
        .documents
        .iter()
        .map(|document| {
            let actions = document.allowed_actions.iter().map(|action| action.name());
            json!({
                "document_id": document.document_id.to_string(),
                "file_name": document.file_name,
                "size": document.size,
                "sha256": document.sha256,
                "stored": document.stored,
                "transfer": transfer(document.transfer),
                "transferred": document.transferred,
                "allowed_actions": actions.collect::<Vec<_>>(),
            })
        })
        .collect();
    let clarifications: Vec<_> = detail
        .clarifications
        .iter()
        .map(|asked| json!({"id": asked.id.to_string(), "text": asked.text, "answer": asked.answer}))
        .collect();
    let feedback: Vec<_> = detail
        .feedback
        .iter()
        .map(|given| {
            json!({
                "recommendation_version": given.recommendation_version,
                "feedback": {
                    "rating": given.feedback.rating,
                    "comment": given.feedback.comment.as_ref().map(|text| text.shown()),
                },
            })
        })
        .collect();
    let invoice = detail.invoice.as_ref().map(|invoice| {
        json!({
            "number": invoice.number,
            "gross": {"minor": invoice.gross.minor, "currency": invoice.gross.currency, "display": invoice.gross.display},
        })
    });
    json!({
        "summary": summary(&detail.summary),
        "expert_name": detail.expert_name,
        "documents": documents,
        "recommendation": detail.recommendation.as_ref().map(recommendation),
        "earlier_recommendations": detail.earlier_recommendations.iter().map(recommendation).collect::<Vec<_>>(),
        "clarifications": clarifications,
        "feedback": feedback,
        "invoice": invoice,
    })
}

fn recommendation(given: &RecommendationView) -> Value {
    json!({
        "version": given.version,
        "opinion": {"answer_to_question": given.opinion.answer_to_question.shown()},
        "entered_in_error": given.entered_in_error.as_ref().map(|error| json!({"reason": error.reason})),
    })
}

const fn transfer(state: TransferState) -> &'static str {
    match state {
        TransferState::Absent => "absent",
        TransferState::Waiting => "waiting",
        TransferState::Uploading => "uploading",
        TransferState::Uploaded => "uploaded",
        TransferState::Downloading => "downloading",
        TransferState::Present => "present",
    }
}

pub(crate) fn issue(issue: &IssueItem) -> Value {
    let actions = issue.allowed_actions.iter().map(|action| action.name());
    json!({
        "id": issue.id.to_string(),
        "kind": issue.kind.name(),
        "text": issue.text,
        "state": issue.state,
        "awaits_answer": issue.awaits_answer,
        "answers": issue.answers.iter().map(|answer| json!({
            "text": answer.text,
            "document_ids": answer.document_ids,
        })).collect::<Vec<_>>(),
        "wanted_items": issue.wanted_items.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "author_role": issue.author_role.name(),
        "earlier_texts": issue.earlier_texts.iter().map(|edit| json!({"text": edit.text})).collect::<Vec<_>>(),
        "note": issue.note,
        "allowed_actions": actions.collect::<Vec<_>>(),
    })
}

pub(crate) fn patient(patient: &PatientDetail) -> Value {
    let actions = patient.allowed_actions.iter().map(|action| action.name());
    json!({
        "summary": {"patient_id": patient.summary.patient_id.to_string(), "verified": patient.summary.verified},
        "fields": fields(&patient.fields),
        "allowed_actions": actions.collect::<Vec<_>>(),
    })
}

fn fields(fields: &PatientFields) -> Value {
    let optional = |text: &Option<EnteredText>| text.as_ref().map(|text| text.shown().to_owned());
    let identifier = |one: &PatientIdentifier| json!({"kind": one.kind.name(), "issuer": one.issuer.shown(), "number": one.number.shown()});
    json!({
        "family_name": fields.family_name.shown(),
        "given_name": optional(&fields.given_name),
        "birth_date": fields.birth_date.shown(),
        "sex": fields.sex.name(),
        "identifiers": fields.identifiers.iter().map(identifier).collect::<Vec<_>>(),
        "phone": optional(&fields.phone),
        "email": optional(&fields.email),
        "preferred_language": optional(&fields.preferred_language),
    })
}

pub(crate) fn edit_conflict(conflict: &PatientEditConflict) -> Value {
    json!({
        "command_id": conflict.command_id.to_string(),
        "patient_id": conflict.patient_id.to_string(),
        "fields": conflict.fields.iter().map(|field| field.name()).collect::<Vec<_>>(),
        "mine": fields(&conflict.mine),
        "theirs": fields(&conflict.theirs),
    })
}

pub(crate) fn form(form: &FormContent) -> Value {
    match form {
        FormContent::Case { case } => json!({
            "patient_id": case.patient_id.to_string(),
            "request": {"clinical_question": case.request.clinical_question.shown()},
            "documents": case.documents.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        FormContent::Patient { patient } => json!({"family_name": patient.family_name.shown()}),
        FormContent::Opinion { case_id: _, opinion } => {
            json!({"brief_history": opinion.brief_history.shown()})
        }
        FormContent::Unreadable { .. } => Value::Null,
    }
}

pub(crate) fn notification(notification: &NotificationItem) -> Value {
    json!({
        "id": notification.id.to_string(),
        "kind": notification.kind.name(),
        "case_id": notification.case_id.map(|id| id.to_string()),
        "case_number": notification.case_number,
        "read": notification.read,
    })
}

pub(crate) fn notice(notice: &Notice) -> Value {
    json!({
        "id": notice.id.to_string(),
        "code": notice.code,
        "command": notice.command,
        "case_id": notice.case_id.map(|id| id.to_string()),
        "case_number": notice.case_number,
    })
}
