//! What an expert reads: cases under a live assignment of their own, with the patient's clinical part, and
//! their service records. Never identifiers, a quote, an invoice, or what happened before their own
//! assignment.

use std::collections::BTreeMap;

use mso_core::cases::{CaseRequest, CaseStatus, CurrentAssignment, Due};
use mso_core::ids::{AssignmentId, CaseId, InstitutionId, PatientId, ProviderId, UserId};
use mso_core::patients::Transliteration;
use mso_core::people::Language;
use mso_core::protocol::records::{RecordKind, TimelineEntry};
use mso_core::protocol::sync::WireRecord;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::money::services_for_provider;
use super::shared::{
    DocumentRow, RecommendationRow, TimelineRow, Timelines, case_status, due, load_specialties,
};
use super::wanted::{Wanted, wire};
use crate::database::columns::from_unsigned;
use crate::database::{DatabaseError, Scoped, to_timestamp};
use crate::people::store as people;
use crate::people::views::OwnProfile;

/// A case under the expert's own live assignment.
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
    overdue: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ends_at: Option<Timestamp>,
    window_closed: bool,
    version: i64,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    timeline: Vec<TimelineEntry>,
    patient: ProviderPatient,
    institution_name: String,
}

impl ProviderCase {
    #[must_use]
    pub const fn id(&self) -> CaseId {
        self.id
    }
}

#[derive(Debug, Serialize)]
struct ProviderPatient {
    name: ProviderPatientName,
    birth_date: String,
    sex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<String>,
}

#[derive(Debug, Serialize)]
struct ProviderPatientName {
    family: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    transliterations: BTreeMap<Language, Transliteration>,
}

/// The expert's own profile.
#[derive(Debug, Serialize)]
struct ProviderOwn {
    id: ProviderId,
    display_name: String,
    specialties: Vec<String>,
    profile: OwnProfile,
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
        records.extend(services_for_provider(tx, provider, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Specialty) {
        records.extend(load_specialties(tx, ids).await?);
    }
    Ok(records)
}

/// Those of the cases that are currently assigned to the expert.
pub async fn load_cases(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<ProviderCase>, DatabaseError> {
    let rows = sqlx::query_file!(
        "src/projection/sql/load_provider_cases.sql",
        ids,
        provider.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let steps = sqlx::query_file_as!(
        TimelineRow,
        "src/projection/sql/load_provider_timeline.sql",
        ids,
        provider.as_uuid()
    );
    let mut timelines = Timelines::default();
    for step in steps.fetch_all(tx.conn()).await? {
        timelines.add(step)?;
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
                due: due!(row),
                overdue: row.overdue,
                window_ends_at: row.window_ends_at.map(to_timestamp),
                window_closed: row.window_closed,
                version: row.version,
                submitted_at: to_timestamp(row.submitted_at),
                done_at: row.done_at.map(to_timestamp),
                timeline: timelines.take(row.id),
                patient: ProviderPatient {
                    name: ProviderPatientName {
                        family: row.family_name,
                        given: row.given_name,
                        transliterations: row.transliterations.0,
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
    if !ids.contains(&provider.as_uuid()) {
        return Ok(Vec::new());
    }
    let found = people::provider(tx.conn(), provider).await?;
    let found = found.map(|found| {
        let version = from_unsigned(found.version, "provider.version")?;
        let profile = OwnProfile::from(found);
        let codes = profile
            .specialties
            .iter()
            .map(|offered| offered.code.as_str().to_owned());
        let own = ProviderOwn {
            id: provider,
            display_name: profile.display_name.as_str().to_owned(),
            specialties: codes.collect(),
            profile,
        };
        wire(RecordKind::Provider, provider.as_uuid(), provider, version, &own)
    });
    found.into_iter().collect()
}

async fn load_documents(
    tx: &mut Scoped,
    provider: ProviderId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        DocumentRow,
        r#"select d.id, d.case_id, d.kind, d.title, d.file_name, d.media_type, d.size, d.sha256, d.state,
                d.after_opinion, d.of_submission, d.declared_at, d.declared_by, d.pages, d.captured_at, d.body_site, d.sequence, d.replaces,
                d.scan, d.struck as "struck: _", d.version
         from document d
         join assignment a on a.case_id = d.case_id and a.provider_id = $2 and a.ended_at is null
         where d.id = any($1)"#,
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
        r#"select r.id, r.case_id, r.version, r.author, r.signed_at, r.content as "content: _",
                  r.entered_in_error as "entered_in_error: _", r.updated_version
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
