//! What an institution's users read: their patients, cases and invoices. Never an assignment, a fee or an
//! override, and the expert's name only from the status that reveals it (D-12).

use mso_core::cases::{CaseRequest, CaseStatus, Due, PendingResubmission};
use mso_core::ids::{CaseId, InstitutionId, PatientId, ProviderId, UserId};
use mso_core::patients::Patient;
use mso_core::protocol::records::{ExpertName, RecordKind, TimelineEntry};
use mso_core::protocol::sync::WireRecord;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::money::invoices_for_requester;
use super::patient::FullPatient;
use super::shared::{
    DocumentRow, RecommendationRow, TimelineRow, Timelines, case_status, due, load_specialties,
};
use super::wanted::{Wanted, wire};
use crate::database::columns::from_unsigned;
use crate::database::{DatabaseError, Scoped, to_timestamp};
use crate::people::store as people;
use crate::people::views::OwnInstitution;

/// A case of the caller's institution.
#[derive(Debug, Serialize)]
pub struct RequesterCase {
    id: CaseId,
    number: String,
    institution_id: InstitutionId,
    patient_id: PatientId,
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
    due: Due,
    overdue: Vec<String>,
    ever_accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_resubmission: Option<PendingResubmission>,
    team: Vec<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ends_at: Option<Timestamp>,
    window_closed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<Timestamp>,
    version: i64,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    timeline: Vec<TimelineEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expert: Option<ExpertName>,
}

impl RequesterCase {
    #[must_use]
    pub const fn id(&self) -> CaseId {
        self.id
    }
}

/// A user of the caller's institution.
#[derive(Debug, Serialize)]
struct RequesterColleague {
    id: UserId,
    display_name: String,
    active: bool,
}

pub(super) async fn load(
    tx: &mut Scoped,
    institution: InstitutionId,
    wanted: &Wanted,
) -> Result<Vec<WireRecord>, DatabaseError> {
    let mut records = Vec::new();
    if let Some(ids) = wanted.ids(RecordKind::Institution) {
        records.extend(load_institution(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Colleague) {
        records.extend(load_colleagues(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Patient) {
        records.extend(load_patients(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Case) {
        for case in load_cases(tx, institution, ids).await? {
            records.push(wire(
                RecordKind::Case,
                case.id.as_uuid(),
                case.id,
                case.version,
                &case,
            )?);
        }
    }
    if let Some(ids) = wanted.ids(RecordKind::Document) {
        records.extend(load_documents(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Recommendation) {
        records.extend(load_recommendations(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Invoice) {
        records.extend(invoices_for_requester(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Specialty) {
        records.extend(load_specialties(tx, ids).await?);
    }
    Ok(records)
}

/// Those of the cases that belong to the institution.
pub async fn load_cases(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<RequesterCase>, DatabaseError> {
    let rows = sqlx::query_file!(
        "src/projection/sql/load_requester_cases.sql",
        ids,
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let steps = sqlx::query_as!(
        TimelineRow,
        "select t.case_id, t.status, t.at, t.action, t.role from case_timeline t
         join mso_case c on c.id = t.case_id and c.institution_id = $2
         where t.case_id = any($1) and t.action <> 'discard_quarantine' order by t.case_id, t.version",
        ids,
        institution.as_uuid(),
    );
    let mut timelines = Timelines::default();
    for step in steps.fetch_all(tx.conn()).await? {
        timelines.add(step)?;
    }
    rows.into_iter()
        .map(|row| {
            let status = case_status(&row.status)?;
            let resume_status = row.resume_status.as_deref().map(case_status).transpose()?;
            let expert = row
                .expert_id
                .zip(row.expert_name)
                .filter(|_| status.is_accepted(resume_status));
            Ok(RequesterCase {
                id: CaseId::from_uuid(row.id),
                number: row.number,
                institution_id: InstitutionId::from_uuid(row.institution_id),
                patient_id: PatientId::from_uuid(row.patient_id),
                requester_id: UserId::from_uuid(row.requester_id),
                request: row.request.0,
                status,
                resume_status,
                closure: row.closure,
                closure_reason: row.closure_reason,
                readiness: row.readiness,
                due: due!(row),
                overdue: row.overdue,
                ever_accepted: row.ever_accepted,
                rejection: row.rejection,
                pending_resubmission: row.pending_resubmission.map(|Json(pending)| pending),
                team: row.team.into_iter().map(UserId::from_uuid).collect(),
                window_ends_at: row.window_ends_at.map(to_timestamp),
                window_closed: row.window_closed,
                read_at: row.read_at.map(to_timestamp),
                version: row.version,
                submitted_at: to_timestamp(row.submitted_at),
                done_at: row.done_at.map(to_timestamp),
                timeline: timelines.take(row.id),
                expert: expert.map(|(id, display_name)| ExpertName {
                    provider_id: ProviderId::from_uuid(id),
                    display_name,
                }),
            })
        })
        .collect()
}

async fn load_institution(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    if !ids.contains(&institution.as_uuid()) {
        return Ok(Vec::new());
    }
    let found = people::institution(tx.conn(), institution).await?;
    let found = found.map(|found| {
        let version = from_unsigned(found.version, "institution.version")?;
        let own = OwnInstitution::from(found);
        wire(
            RecordKind::Institution,
            institution.as_uuid(),
            institution,
            version,
            &own,
        )
    });
    found.into_iter().collect()
}

async fn load_colleagues(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, display_name, status, version from mso_user where id = any($1) and institution_id = $2",
        ids,
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let colleague = RequesterColleague {
                id: UserId::from_uuid(row.id),
                display_name: row.display_name,
                active: row.status == "active",
            };
            wire(
                RecordKind::Colleague,
                row.id,
                institution,
                row.version,
                &colleague,
            )
        })
        .collect()
}

/// Patients of the caller's institution, complete: these are its own records.
async fn load_patients(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select id, version, record as "record: Json<Patient>" from patient
           where id = any($1) and institution_id = $2"#,
        ids,
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let patient = FullPatient::from(row.record.0);
            wire(RecordKind::Patient, row.id, institution, row.version, &patient)
        })
        .collect()
}

async fn load_documents(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        DocumentRow,
        r#"select d.id, d.case_id, d.kind, d.title, d.file_name, d.media_type, d.size, d.sha256, d.state,
                d.after_opinion, d.of_submission, d.declared_at, d.declared_by, d.pages, d.captured_at, d.body_site, d.sequence, d.replaces,
                d.scan, d.struck as "struck: _", d.version
         from document d join mso_case c on c.id = d.case_id and c.institution_id = $2
         where d.id = any($1)"#,
        ids,
        institution.as_uuid(),
    );
    rows.fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(DocumentRow::project)
        .collect()
}

async fn load_recommendations(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        RecommendationRow,
        r#"select r.id, r.case_id, r.version, r.author, r.signed_at, r.content as "content: _",
                  r.entered_in_error as "entered_in_error: _", r.updated_version
           from recommendation r join mso_case c on c.id = r.case_id and c.institution_id = $2
           where r.id = any($1)"#,
        ids,
        institution.as_uuid(),
    );
    rows.fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(RecommendationRow::project)
        .collect()
}
