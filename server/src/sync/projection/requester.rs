//! What an institution's people read: their patients, their cases, the invoices. Never an assignment, a fee or an
//! override, and the expert's name only from the status on that shows it (D-12).

use mso_core::cases::{CaseRequest, CaseStatus, Due};
use mso_core::ids::{CaseId, InstitutionId, InvoiceId, PatientId, ProviderId, UserId};
use mso_core::invoices::{InvoiceAmounts, InvoiceLine};
use mso_core::money::{Currency, Money};
use mso_core::patients::{Identifier, Verification};
use mso_core::protocol::records::{ExpertName, RecordKind, TimelineEntry};
use mso_core::protocol::sync::WireRecord;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::shared::{DocumentRow, RecommendationRow, Timelines, case_status, due, load_specialties};
use super::{Wanted, wire};
use crate::database::{DatabaseError, Scoped, to_timestamp};

/// A case of the own institution.
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
    readiness: String,
    due: Due,
    version: i64,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    timeline: Vec<TimelineEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expert: Option<ExpertName>,
}

impl RequesterCase {
    /// Which case.
    #[must_use]
    pub const fn id(&self) -> CaseId {
        self.id
    }
}

/// A patient of the own institution, whole.
#[derive(Debug, Serialize)]
struct RequesterPatient {
    id: PatientId,
    institution_id: InstitutionId,
    identifiers: Vec<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_identifier_reason: Option<String>,
    name: RequesterPatientName,
    birth_date: String,
    sex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<String>,
    verification: Verification,
    active: bool,
    version: i64,
}

/// A patient's name.
#[derive(Debug, Serialize)]
struct RequesterPatientName {
    family: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<String>,
}

/// An invoice to the own institution.
#[derive(Debug, Serialize)]
struct RequesterInvoice {
    id: InvoiceId,
    case_id: CaseId,
    number: String,
    issued_at: Timestamp,
    amounts: InvoiceAmounts,
}

/// The own institution.
#[derive(Debug, Serialize)]
struct RequesterInstitution {
    id: InstitutionId,
    name: String,
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
        records.extend(load_invoices(tx, institution, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Specialty) {
        records.extend(load_specialties(tx, ids).await?);
    }
    Ok(records)
}

/// The institution's cases among these.
pub async fn load_cases(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<RequesterCase>, DatabaseError> {
    let rows = sqlx::query_file!(
        "src/sync/sql/load_requester_cases.sql",
        ids,
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let steps = sqlx::query!(
        "select t.case_id, t.status, t.at from case_timeline t
         join mso_case c on c.id = t.case_id and c.institution_id = $2
         where t.case_id = any($1) order by t.case_id, t.version",
        ids,
        institution.as_uuid(),
    );
    let mut timelines = Timelines::default();
    for step in steps.fetch_all(tx.conn()).await? {
        timelines.add(step.case_id, &step.status, step.at)?;
    }
    rows.into_iter()
        .map(|row| {
            let status = case_status(&row.status)?;
            let expert = row
                .expert_id
                .zip(row.expert_name)
                .filter(|_| status.shows_expert());
            Ok(RequesterCase {
                id: CaseId::from_uuid(row.id),
                number: row.number,
                institution_id: InstitutionId::from_uuid(row.institution_id),
                patient_id: PatientId::from_uuid(row.patient_id),
                requester_id: UserId::from_uuid(row.requester_id),
                request: row.request.0,
                status,
                resume_status: row.resume_status.as_deref().map(case_status).transpose()?,
                closure: row.closure,
                readiness: row.readiness,
                due: due(row.accept_by, row.start_by, row.finish_by),
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
    let rows = sqlx::query!(
        "select id, name from institution where id = any($1) and id = $2",
        ids,
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let institution = RequesterInstitution {
                id: InstitutionId::from_uuid(row.id),
                name: row.name,
            };
            wire(RecordKind::Institution, row.id, institution.id, 1, &institution)
        })
        .collect()
}

async fn load_patients(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_file!(
        "src/sync/sql/load_requester_patients.sql",
        ids,
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let patient = RequesterPatient {
                id: PatientId::from_uuid(row.id),
                institution_id: InstitutionId::from_uuid(row.institution_id),
                identifiers: row.identifiers.0,
                no_identifier_reason: row.no_identifier_reason,
                name: RequesterPatientName {
                    family: row.family_name,
                    given: row.given_name,
                },
                birth_date: row.birth_date,
                sex: row.sex,
                preferred_language: row.preferred_language,
                verification: row.verification.0,
                active: row.active,
                version: row.version,
            };
            wire(
                RecordKind::Patient,
                row.id,
                patient.institution_id,
                row.version,
                &patient,
            )
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
        "select d.id, d.case_id, d.kind, d.title, d.file_name, d.media_type, d.size, d.sha256, d.state,
                d.after_opinion, d.declared_at, d.stored_at
         from document d join mso_case c on c.id = d.case_id and c.institution_id = $2
         where d.id = any($1)",
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
        r#"select r.id, r.case_id, r.version, r.author, r.signed_at, r.content as "content: _"
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

async fn load_invoices(
    tx: &mut Scoped,
    institution: InstitutionId,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        r#"select id, case_id, number, fiscal_year, seller ->> 'prefix' as prefix, issued_at, currency,
                  lines as "lines: Json<Vec<InvoiceLine>>", net_minor, tax_minor, gross_minor
           from invoice where id = any($1) and institution_id = $2"#,
        ids,
        institution.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let prefix = row.prefix.ok_or(DatabaseError::Corrupt("invoice seller"))?;
            let currency =
                Currency::from_code(&row.currency).ok_or(DatabaseError::Corrupt("invoice currency"))?;
            let money = |minor| Money { minor, currency };
            let invoice = RequesterInvoice {
                id: InvoiceId::from_uuid(row.id),
                case_id: CaseId::from_uuid(row.case_id),
                number: format!("{prefix}-{}-{}", row.fiscal_year, row.number),
                issued_at: to_timestamp(row.issued_at),
                amounts: InvoiceAmounts {
                    lines: row.lines.0,
                    net: money(row.net_minor),
                    tax: money(row.tax_minor),
                    gross: money(row.gross_minor),
                },
            };
            wire(RecordKind::Invoice, row.id, invoice.case_id, 1, &invoice)
        })
        .collect()
}
