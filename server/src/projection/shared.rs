//! What requesters and experts both read: documents, recommendations, specialties; and parts of both case
//! projections.
//!
//! The invariant: a field added here is seen by both roles. If only one may see it, it needs a struct of its
//! own.

use std::collections::HashMap;

use mso_core::cases::{CaseStatus, EnteredInError, ReassignCase, RecommendationContent};
use mso_core::command::Operation as _;
use mso_core::crypto::Sha256Hash;
use mso_core::documents::Strike;
use mso_core::ids::{CaseId, DocumentId, ProviderId, RecommendationId, StreamId, UserId};
use mso_core::protocol::records::{RecordKind, TimelineEntry};
use mso_core::protocol::sync::WireRecord;
use mso_core::text::Reason;
use mso_core::time::Timestamp;
use serde::Serialize;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::wanted::wire;
use crate::database::columns::from_name;
use crate::database::{DatabaseError, Scoped, to_timestamp};

#[derive(Debug, Serialize)]
struct SharedDocument {
    id: DocumentId,
    case_id: CaseId,
    file: SharedFile,
    state: String,
    after_opinion: bool,
    of_submission: bool,
    declared_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_by: Option<UserId>,
    scan: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    struck: Option<SharedStrike>,
    version: i64,
}

/// That a file was struck, but not by whom.
#[derive(Debug, Serialize)]
struct SharedStrike {
    at: Timestamp,
    reason: Reason,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_site: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<DocumentId>,
}

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
    pub(super) of_submission: bool,
    pub(super) declared_at: OffsetDateTime,
    pub(super) declared_by: Uuid,
    pub(super) pages: Option<i32>,
    pub(super) captured_at: Option<OffsetDateTime>,
    pub(super) body_site: Option<String>,
    pub(super) sequence: Option<i32>,
    pub(super) replaces: Option<Uuid>,
    pub(super) scan: String,
    pub(super) struck: Option<Json<Strike>>,
    pub(super) version: i64,
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
                pages: self.pages,
                captured_at: self.captured_at.map(to_timestamp),
                body_site: self.body_site,
                sequence: self.sequence,
                replaces: self.replaces.map(DocumentId::from_uuid),
            },
            state: self.state,
            after_opinion: self.after_opinion,
            of_submission: self.of_submission,
            declared_at: to_timestamp(self.declared_at),
            declared_by: Some(UserId::from_uuid(self.declared_by)),
            scan: self.scan,
            struck: self.struck.map(|Json(struck)| SharedStrike {
                at: struck.at,
                reason: struck.reason,
            }),
            version: self.version,
        };
        wire(
            RecordKind::Document,
            self.id,
            document.case_id,
            self.version,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_in_error: Option<SharedError>,
}

/// That a version was marked as entered in error, but not by whom.
#[derive(Debug, Serialize)]
struct SharedError {
    at: Timestamp,
    reason: Reason,
}

pub(super) struct RecommendationRow {
    pub(super) id: Uuid,
    pub(super) case_id: Uuid,
    pub(super) version: i32,
    pub(super) author: Uuid,
    pub(super) signed_at: OffsetDateTime,
    pub(super) content: Json<RecommendationContent>,
    pub(super) entered_in_error: Option<Json<EnteredInError>>,
    pub(super) updated_version: i32,
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
            entered_in_error: self.entered_in_error.map(|Json(error)| SharedError {
                at: error.at,
                reason: error.reason,
            }),
        };
        // The content is frozen; only the mark as entered in error can be added.
        let version = i64::from(self.updated_version);
        wire(
            RecordKind::Recommendation,
            self.id,
            recommendation.case_id,
            version,
            &recommendation,
        )
    }
}

#[derive(Debug, Serialize)]
struct SharedSpecialty {
    code: String,
    display: String,
}

/// Active specialties, which every signed-in user may read.
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

pub(super) struct TimelineRow {
    pub(super) case_id: Uuid,
    pub(super) status: String,
    pub(super) at: OffsetDateTime,
    pub(super) action: String,
    pub(super) role: String,
}

/// Timelines by case, built from ordered rows: the statuses that a case reached. Commands that left the
/// status unchanged are in the audit log only. The exception is a reassignment, shown to admins only: before
/// an expert accepts, nobody else learns who was asked or how often (D-12).
#[derive(Default)]
pub(super) struct Timelines {
    shows_reassignments: bool,
    by_case: HashMap<Uuid, Vec<TimelineEntry>>,
    last_status: Option<(Uuid, String)>,
}

impl Timelines {
    pub(super) fn for_admins() -> Self {
        Self {
            shows_reassignments: true,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, step: TimelineRow) -> Result<(), DatabaseError> {
        let reached = (step.case_id, step.status.clone());
        let shown = self.shows_reassignments && step.action == ReassignCase::SPEC.name;
        if self.last_status.as_ref() == Some(&reached) && !shown {
            return Ok(());
        }
        self.last_status = Some(reached);
        let role = Some(step.role.as_str()).filter(|role| !role.is_empty());
        let entry = TimelineEntry {
            status: case_status(&step.status)?,
            at: to_timestamp(step.at),
            role: role
                .map(|role| from_name(role, "case_timeline.role"))
                .transpose()?,
            action: step.action,
        };
        self.by_case.entry(step.case_id).or_default().push(entry);
        Ok(())
    }

    pub(super) fn take(&mut self, case: Uuid) -> Vec<TimelineEntry> {
        self.by_case.remove(&case).unwrap_or_default()
    }
}

pub(super) fn case_status(name: &str) -> Result<CaseStatus, DatabaseError> {
    from_name(name, "case status")
}

/// The deadlines in a case's row.
macro_rules! due {
    ($row:expr) => {
        mso_core::cases::Due {
            accept_by: $row.accept_by.map(crate::database::to_timestamp),
            start_by: $row.start_by.map(crate::database::to_timestamp),
            finish_by: $row.finish_by.map(crate::database::to_timestamp),
            answer_by: $row.answer_by.map(crate::database::to_timestamp),
            read_by: $row.read_by.map(crate::database::to_timestamp),
            paused_at: $row.paused_at.map(crate::database::to_timestamp),
        }
    };
}
pub(super) use due;
