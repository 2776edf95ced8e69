//! The whole record of one case as an admin reads it: beside the case itself, everything that hangs on it, kept
//! texts and earlier assignments included.
//!
//! The invariant: chat and drafts are not part of it. Nobody but an admin may read it (D-12, D-19).

use mso_core::cases::{AssignmentEnd, AssignmentState, Clarification, Feedback, Override, Recommendation};
use mso_core::documents::Document;
use mso_core::ids::{AssignmentId, CaseId, CommandId, ProviderId, QuarantineId, UserId};
use mso_core::issues::Issue;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;

use super::admin::{self, AdminCase};
use crate::cases::{after_done, store as cases};
use crate::database::columns::from_name;
use crate::database::{DatabaseError, Scoped, to_timestamp};
use crate::documents::store as documents;
use crate::issues::store as issues;

/// Response of `GET /v1/cases/{case_id}/record`. Lists are in the order in which things happened.
#[derive(Debug, Serialize)]
pub struct AdminRecord {
    case: AdminCase,
    assignments: Vec<AdminAttempt>,
    documents: Vec<Document>,
    issues: Vec<Issue>,
    /// All versions of the opinion.
    recommendations: Vec<Recommendation>,
    clarifications: Vec<Clarification>,
    feedback: Vec<Feedback>,
    quarantine: Vec<AdminQuarantined>,
}

/// One attempt by one expert.
#[derive(Debug, Serialize)]
struct AdminAttempt {
    id: AssignmentId,
    provider_id: ProviderId,
    display_name: String,
    assigned_by: UserId,
    assigned_at: Timestamp,
    /// Why the case was given to this expert, if it was taken from another.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    state: AssignmentState,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_reason: Option<AssignmentEnd>,
    /// What was written when it ended: of a rejection, or by the admin who took the case away.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_text: Option<String>,
}

/// A clinical text that was refused.
#[derive(Debug, Serialize)]
struct AdminQuarantined {
    id: QuarantineId,
    author: UserId,
    command_id: CommandId,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_id: Option<AssignmentId>,
    /// The code of the refusal.
    refusal: String,
    /// The refused command, as it was sent.
    command: serde_json::Value,
    kept_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    discarded_at: Option<Timestamp>,
}

/// The record, if there is such a case.
pub async fn load(tx: &mut Scoped, id: CaseId) -> Result<Option<AdminRecord>, DatabaseError> {
    let Some(case) = admin::load_cases(tx, &[id.as_uuid()]).await?.pop() else {
        return Ok(None);
    };
    Ok(Some(AdminRecord {
        case,
        assignments: attempts(tx, id).await?,
        documents: documents::of_case(tx.conn(), id).await?,
        issues: issues::of_case(tx.conn(), id).await?,
        recommendations: cases::recommendations(tx.conn(), id).await?,
        clarifications: after_done::clarifications(tx.conn(), id).await?,
        feedback: after_done::feedback(tx.conn(), id).await?,
        quarantine: kept(tx, id).await?,
    }))
}

async fn attempts(tx: &mut Scoped, case: CaseId) -> Result<Vec<AdminAttempt>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select a.id, a.provider_id, p.display_name, a.assigned_by, a.assigned_at, a.reason,
                  a.overrides as "overrides: Json<Vec<Override>>", a.state, a.accepted_at, a.started_at,
                  a.completed_at, a.ended_at, a.end_reason, a.end_text
           from assignment a join provider p on p.id = a.provider_id
           where a.case_id = $1 order by a.ordinal"#,
        case.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let end_reason = row.end_reason.as_deref();
            Ok(AdminAttempt {
                id: AssignmentId::from_uuid(row.id),
                provider_id: ProviderId::from_uuid(row.provider_id),
                display_name: row.display_name,
                assigned_by: UserId::from_uuid(row.assigned_by),
                assigned_at: to_timestamp(row.assigned_at),
                reason: row.reason,
                overrides: row.overrides.0,
                state: from_name(&row.state, "assignment.state")?,
                accepted_at: row.accepted_at.map(to_timestamp),
                started_at: row.started_at.map(to_timestamp),
                completed_at: row.completed_at.map(to_timestamp),
                ended_at: row.ended_at.map(to_timestamp),
                end_reason: end_reason
                    .map(|name| from_name(name, "assignment.end_reason"))
                    .transpose()?,
                end_text: row.end_text,
            })
        })
        .collect()
}

async fn kept(tx: &mut Scoped, case: CaseId) -> Result<Vec<AdminQuarantined>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, author, command_id, assignment_id, refusal, payload, kept_at, discarded_at from quarantine
         where case_id = $1 order by kept_at, id",
        case.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let kept = rows.into_iter().map(|row| AdminQuarantined {
        id: QuarantineId::from_uuid(row.id),
        author: UserId::from_uuid(row.author),
        command_id: CommandId::from_uuid(row.command_id),
        assignment_id: row.assignment_id.map(AssignmentId::from_uuid),
        refusal: row.refusal,
        command: row.payload,
        kept_at: to_timestamp(row.kept_at),
        discarded_at: row.discarded_at.map(to_timestamp),
    });
    Ok(kept.collect())
}
