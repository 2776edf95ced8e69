//! What an admin reads: every case complete, with the experts asked so far. JSON only; admins have no
//! streams.

use mso_core::cases::{CaseRequest, CaseStatus, Due};
use mso_core::ids::{AssignmentId, CaseId, InstitutionId, PatientId, ProviderId, UserId};
use mso_core::protocol::records::TimelineEntry;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::shared::{TimelineRow, Timelines, case_status, due};
use crate::database::{DatabaseError, Scoped, to_timestamp};

#[derive(Debug, Serialize)]
pub struct AdminCase {
    id: CaseId,
    number: String,
    institution_id: InstitutionId,
    institution_name: String,
    patient_id: PatientId,
    patient: AdminPatient,
    requester_id: UserId,
    request: CaseRequest,
    status: CaseStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume_status: Option<CaseStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closure_reason: Option<String>,
    readiness: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<AdminAssignment>,
    due: Due,
    overdue: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<String>,
    team: Vec<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ends_at: Option<Timestamp>,
    version: i64,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    timeline: Vec<TimelineEntry>,
}

impl AdminCase {
    #[must_use]
    pub const fn id(&self) -> CaseId {
        self.id
    }
}

/// The current assignment.
#[derive(Debug, Serialize)]
struct AdminAssignment {
    id: AssignmentId,
    provider_id: ProviderId,
    display_name: String,
}

/// A summary of the patient.
#[derive(Debug, Serialize)]
struct AdminPatient {
    family: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<String>,
    birth_date: String,
    sex: String,
}

pub async fn load_cases(tx: &mut Scoped, ids: &[Uuid]) -> Result<Vec<AdminCase>, DatabaseError> {
    let rows = sqlx::query_file!("src/projection/sql/load_admin_cases.sql", ids)
        .fetch_all(tx.conn())
        .await?;
    let steps = sqlx::query_as!(
        TimelineRow,
        "select case_id, status, at, action, role from case_timeline where case_id = any($1) order by case_id, version",
        ids,
    );
    let mut timelines = Timelines::for_admins();
    for step in steps.fetch_all(tx.conn()).await? {
        timelines.add(step)?;
    }
    rows.into_iter()
        .map(|row| {
            let expert = row.assignment_id.zip(row.expert_id).zip(row.expert_name);
            Ok(AdminCase {
                id: CaseId::from_uuid(row.id),
                number: row.number,
                institution_id: InstitutionId::from_uuid(row.institution_id),
                institution_name: row.institution_name,
                patient_id: PatientId::from_uuid(row.patient_id),
                patient: AdminPatient {
                    family: row.family_name,
                    given: row.given_name,
                    birth_date: row.birth_date,
                    sex: row.sex,
                },
                requester_id: UserId::from_uuid(row.requester_id),
                request: row.request.0,
                status: case_status(&row.status)?,
                resume_status: row.resume_status.as_deref().map(case_status).transpose()?,
                closure: row.closure,
                closure_reason: row.closure_reason,
                readiness: row.readiness,
                assignment: expert.map(|((id, provider), display_name)| AdminAssignment {
                    id: AssignmentId::from_uuid(id),
                    provider_id: ProviderId::from_uuid(provider),
                    display_name,
                }),
                due: due!(row),
                overdue: row.overdue,
                rejection: row.rejection,
                team: row.team.into_iter().map(UserId::from_uuid).collect(),
                window_ends_at: row.window_ends_at.map(to_timestamp),
                version: row.version,
                submitted_at: to_timestamp(row.submitted_at),
                done_at: row.done_at.map(to_timestamp),
                timeline: timelines.take(row.id),
            })
        })
        .collect()
}
