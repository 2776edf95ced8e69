//! What requesters and experts read alike: documents, recommendations, specialties; and pieces of both case
//! projections.
//!
//! The invariant: a field added here is seen by both roles. If only one may see it, it gets a struct of its own.

use std::collections::HashMap;

use mso_core::cases::{CaseStatus, Due, RecommendationContent};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{CaseId, DocumentId, ProviderId, RecommendationId, StreamId};
use mso_core::protocol::records::{RecordKind, TimelineEntry};
use mso_core::protocol::sync::WireRecord;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::wire;
use crate::database::{DatabaseError, Scoped, to_timestamp};

/// A file of a case.
#[derive(Debug, Serialize)]
struct SharedDocument {
    id: DocumentId,
    case_id: CaseId,
    file: SharedFile,
    state: String,
    after_opinion: bool,
    declared_at: Timestamp,
}

/// The file as declared.
#[derive(Debug, Serialize)]
struct SharedFile {
    document_id: DocumentId,
    kind: String,
    title: String,
    file_name: String,
    media_type: String,
    size: i64,
    sha256: Sha256Hash,
}

/// A row of `document`.
pub(super) struct DocumentRow {
    pub(super) id: Uuid,
    pub(super) case_id: Uuid,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) file_name: String,
    pub(super) media_type: String,
    pub(super) size: i64,
    pub(super) sha256: Vec<u8>,
    pub(super) state: String,
    pub(super) after_opinion: bool,
    pub(super) declared_at: OffsetDateTime,
    pub(super) stored_at: Option<OffsetDateTime>,
}

impl DocumentRow {
    pub(super) fn project(self) -> Result<WireRecord, DatabaseError> {
        let id = DocumentId::from_uuid(self.id);
        let sha256 = self
            .sha256
            .as_slice()
            .try_into()
            .map_err(|_| DatabaseError::Corrupt("document sha256"))?;
        let document = SharedDocument {
            id,
            case_id: CaseId::from_uuid(self.case_id),
            file: SharedFile {
                document_id: id,
                kind: self.kind,
                title: self.title,
                file_name: self.file_name,
                media_type: self.media_type,
                size: self.size,
                sha256,
            },
            state: self.state,
            after_opinion: self.after_opinion,
            declared_at: to_timestamp(self.declared_at),
        };
        // A document changes once in its life, when its bytes arrive.
        let version = 1 + i64::from(self.stored_at.is_some());
        wire(
            RecordKind::Document,
            self.id,
            document.case_id,
            version,
            &document,
        )
    }
}

/// A version of an opinion.
#[derive(Debug, Serialize)]
struct SharedRecommendation {
    id: RecommendationId,
    case_id: CaseId,
    version: i32,
    author: ProviderId,
    signed_at: Timestamp,
    content: RecommendationContent,
}

/// A row of `recommendation`.
pub(super) struct RecommendationRow {
    pub(super) id: Uuid,
    pub(super) case_id: Uuid,
    pub(super) version: i32,
    pub(super) author: Uuid,
    pub(super) signed_at: OffsetDateTime,
    pub(super) content: Json<RecommendationContent>,
}

impl RecommendationRow {
    pub(super) fn project(self) -> Result<WireRecord, DatabaseError> {
        let recommendation = SharedRecommendation {
            id: RecommendationId::from_uuid(self.id),
            case_id: CaseId::from_uuid(self.case_id),
            version: self.version,
            author: ProviderId::from_uuid(self.author),
            signed_at: to_timestamp(self.signed_at),
            content: self.content.0,
        };
        // Frozen: the record of a version never changes.
        wire(
            RecordKind::Recommendation,
            self.id,
            recommendation.case_id,
            1,
            &recommendation,
        )
    }
}

/// A field of medicine.
#[derive(Debug, Serialize)]
struct SharedSpecialty {
    code: String,
    display: String,
}

/// Active specialties: every signed-in user may read them.
pub(super) async fn load_specialties(
    tx: &mut Scoped,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, code, display, version from specialty where active and id = any($1)",
        ids
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            let specialty = SharedSpecialty {
                code: row.code,
                display: row.display,
            };
            wire(
                RecordKind::Specialty,
                row.id,
                StreamId::CATALOGUE,
                row.version,
                &specialty,
            )
        })
        .collect()
}

/// Timelines by case, from rows in order.
#[derive(Default)]
pub(super) struct Timelines(HashMap<Uuid, Vec<TimelineEntry>>);

impl Timelines {
    pub(super) fn add(&mut self, case: Uuid, status: &str, at: OffsetDateTime) -> Result<(), DatabaseError> {
        let entry = TimelineEntry {
            status: case_status(status)?,
            at: to_timestamp(at),
        };
        self.0.entry(case).or_default().push(entry);
        Ok(())
    }

    pub(super) fn take(&mut self, case: Uuid) -> Vec<TimelineEntry> {
        self.0.remove(&case).unwrap_or_default()
    }
}

pub(super) fn case_status(name: &str) -> Result<CaseStatus, DatabaseError> {
    CaseStatus::from_name(name).ok_or(DatabaseError::Corrupt("case status"))
}

pub(super) fn due(
    accept_by: Option<OffsetDateTime>,
    start_by: Option<OffsetDateTime>,
    finish_by: Option<OffsetDateTime>,
) -> Due {
    Due {
        accept_by: accept_by.map(to_timestamp),
        start_by: start_by.map(to_timestamp),
        finish_by: finish_by.map(to_timestamp),
    }
}
