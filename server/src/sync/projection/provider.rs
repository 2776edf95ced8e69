//! What an expert reads: cases under a live assignment of the own, with the patient's clinical part, and what the
//! expert did. Never identifiers, a quote, an invoice, or what happened before the own assignment.

use mso_core::cases::{CaseRequest, CaseStatus, CurrentAssignment, Due};
use mso_core::ids::{AssignmentId, CaseId, InstitutionId, PatientId, ProviderId, ServiceRecordId, UserId};
use mso_core::money::{Currency, Money};
use mso_core::protocol::records::{RecordKind, TimelineEntry};
use mso_core::protocol::sync::WireRecord;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::shared::{DocumentRow, RecommendationRow, Timelines, case_status, due, load_specialties};
use super::{Wanted, wire};
use crate::database::{DatabaseError, Scoped, to_timestamp};

/// A case under the own live assignment.
#[derive(Debug, Serialize)]
pub struct ProviderCase {
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
    readiness: String,
    assignment: CurrentAssignment,
    due: Due,
    version: i64,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    timeline: Vec<TimelineEntry>,
    patient: ProviderPatient,
    institution_name: String,
}

impl ProviderCase {
    /// Which case.
    #[must_use]
    pub const fn id(&self) -> CaseId {
        self.id
    }
}

/// The clinical part of a patient.
#[derive(Debug, Serialize)]
struct ProviderPatient {
    name: ProviderPatientName,
    birth_date: String,
    sex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<String>,
}

/// A patient's name.
#[derive(Debug, Serialize)]
struct ProviderPatientName {
    family: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<String>,
}

/// What the expert did.
#[derive(Debug, Serialize)]
struct ProviderServiceRecord {
    id: ServiceRecordId,
    case_id: CaseId,
    case_number: String,
    provider_id: ProviderId,
    service_code: String,
    performed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<Money>,
}

/// The own profile.
#[derive(Debug, Serialize)]
struct ProviderProfile {
    id: ProviderId,
    display_name: String,
    specialties: Vec<String>,
}

pub(super) async fn load(
    tx: &mut Scoped,
    provider: ProviderId,
    wanted: &Wanted,
) -> Result<Vec<WireRecord>, DatabaseError> {
    let mut records = Vec::new();
    if let Some(ids) = wanted.ids(RecordKind::Provider) {
        records.extend(load_profile(tx, provider, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Case) {
        for case in load_cases(tx, provider, ids).await? {
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
        records.extend(load_documents(tx, provider, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Recommendation) {
        records.extend(load_recommendations(tx, provider, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::ServiceRecord) {
        records.extend(load_service_records(tx, provider, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Specialty) {
        records.extend(load_specialties(tx, ids).await?);
    }
    Ok(records)
}

/// The cases among these that the expert has now.
pub async fn load_cases(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<ProviderCase>, DatabaseError> {
    let rows = sqlx::query_file!("src/sync/sql/load_provider_cases.sql", ids, provider.as_uuid());
    let rows = rows.fetch_all(tx.conn()).await?;
    let steps = sqlx::query_file!("src/sync/sql/load_provider_timeline.sql", ids, provider.as_uuid());
    let mut timelines = Timelines::default();
    for step in steps.fetch_all(tx.conn()).await? {
        timelines.add(step.case_id, &step.status, step.at)?;
    }
    rows.into_iter()
        .map(|row| {
            Ok(ProviderCase {
                id: CaseId::from_uuid(row.id),
                number: row.number,
                institution_id: InstitutionId::from_uuid(row.institution_id),
                patient_id: PatientId::from_uuid(row.patient_id),
                requester_id: UserId::from_uuid(row.requester_id),
                request: row.request.0,
                status: case_status(&row.status)?,
                resume_status: row.resume_status.as_deref().map(case_status).transpose()?,
                closure: row.closure,
                readiness: row.readiness,
                assignment: CurrentAssignment {
                    id: AssignmentId::from_uuid(row.assignment_id),
                    provider_id: provider,
                },
                due: due(row.accept_by, row.start_by, row.finish_by),
                version: row.version,
                submitted_at: to_timestamp(row.submitted_at),
                done_at: row.done_at.map(to_timestamp),
                timeline: timelines.take(row.id),
                patient: ProviderPatient {
                    name: ProviderPatientName {
                        family: row.family_name,
                        given: row.given_name,
                    },
                    birth_date: row.birth_date,
                    sex: row.sex,
                    preferred_language: row.preferred_language,
                },
                institution_name: row.institution_name,
            })
        })
        .collect()
}

async fn load_profile(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select p.id, p.display_name,
                  array(select s.code from provider_specialty s where s.provider_id = p.id order by s.code) as "specialties!"
           from provider p where p.id = any($1) and p.id = $2"#,
        ids,
        provider.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let id = ProviderId::from_uuid(row.id);
            let profile = ProviderProfile {
                id,
                display_name: row.display_name,
                specialties: row.specialties,
            };
            wire(RecordKind::Provider, row.id, id, 1, &profile)
        })
        .collect()
}

async fn load_documents(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        DocumentRow,
        "select d.id, d.case_id, d.kind, d.title, d.file_name, d.media_type, d.size, d.sha256, d.state,
                d.after_opinion, d.declared_at, d.stored_at
         from document d
         join assignment a on a.case_id = d.case_id and a.provider_id = $2 and a.ended_at is null
         where d.id = any($1)",
        ids,
        provider.as_uuid(),
    );
    rows.fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(DocumentRow::project)
        .collect()
}

async fn load_recommendations(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        RecommendationRow,
        r#"select r.id, r.case_id, r.version, r.author, r.signed_at, r.content as "content: _"
           from recommendation r
           join assignment a on a.case_id = r.case_id and a.provider_id = $2 and a.ended_at is null
           where r.id = any($1)"#,
        ids,
        provider.as_uuid(),
    );
    rows.fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(RecommendationRow::project)
        .collect()
}

async fn load_service_records(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, case_id, case_number, service_code, performed_at, fee_minor, currency
         from service_record where id = any($1) and provider_id = $2",
        ids,
        provider.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let currency =
                Currency::from_code(&row.currency).ok_or(DatabaseError::Corrupt("service record"))?;
            let record = ProviderServiceRecord {
                id: ServiceRecordId::from_uuid(row.id),
                case_id: CaseId::from_uuid(row.case_id),
                case_number: row.case_number,
                provider_id: provider,
                service_code: row.service_code,
                performed_at: to_timestamp(row.performed_at),
                fee: row.fee_minor.map(|minor| Money { minor, currency }),
            };
            wire(RecordKind::ServiceRecord, row.id, provider, 1, &record)
        })
        .collect()
}
