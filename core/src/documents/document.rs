//! The document record and what may be declared.
//!
//! Not here: content. The id is made by the requester's device and is also the upload's id, so that a repeated
//! upload finds what is there.

use serde::{Deserialize, Serialize};

use crate::crypto::Sha256Hash;
use crate::facts::Context;
use crate::ids::{CaseId, DocumentId};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::Timestamp;

/// Most files a case may hold.
pub const MAX_DOCUMENTS: usize = 200;

/// Most bytes a file may hold: 2 GiB.
pub const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Types of file that are taken.
pub const MEDIA_TYPES: [&str; 7] = [
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/heic",
    "application/dicom",
    "text/plain",
];

/// What a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A letter of referral.
    Referral,
    /// Imaging.
    Imaging,
    /// Laboratory results.
    Lab,
    /// Pathology.
    Pathology,
    /// A prescription.
    Prescription,
    /// A discharge letter.
    Discharge,
    /// Consent.
    Consent,
    /// A photograph.
    Photo,
    /// A report.
    Report,
    /// Something else.
    Other,
}

impl DocumentKind {
    /// The name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Referral => "referral",
            Self::Imaging => "imaging",
            Self::Lab => "lab",
            Self::Pathology => "pathology",
            Self::Prescription => "prescription",
            Self::Discharge => "discharge",
            Self::Consent => "consent",
            Self::Photo => "photo",
            Self::Report => "report",
            Self::Other => "other",
        }
    }
}

/// Whether the bytes are with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// Announced.
    Declared,
    /// There, whole and hash-checked.
    Stored,
}

/// A file as its sender declares it: one line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredFile {
    /// Made by the requester's device.
    pub document_id: DocumentId,
    /// What it shows.
    pub kind: DocumentKind,
    /// As shown.
    pub title: Text<1, 200>,
    /// For display only; path parts are stripped.
    pub file_name: Text<1, 200>,
    /// IANA media type, sniffed from the bytes.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// Of the plain bytes.
    pub sha256: Sha256Hash,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The id, also of the upload.
    pub id: DocumentId,
    /// Of which case.
    pub case_id: CaseId,
    /// As declared.
    pub file: DeclaredFile,
    /// Here or on its way.
    pub state: DocumentState,
    /// Came after the recommendation (R13).
    pub after_opinion: bool,
    /// When it was declared.
    pub declared_at: Timestamp,
}

impl DeclaredFile {
    /// Whether such a file is taken at all.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.size == 0 || self.size > MAX_BYTES {
            return Err(Refusal::DocumentTooLarge);
        }
        if !MEDIA_TYPES.contains(&self.media_type.as_str()) {
            return Err(Refusal::MediaTypeNotAllowed);
        }
        Ok(())
    }

    pub(crate) fn declare(&self, case_id: CaseId, ctx: &Context, after_opinion: bool) -> Document {
        Document {
            id: self.document_id,
            case_id,
            file: self.clone(),
            state: DocumentState::Declared,
            after_opinion,
            declared_at: ctx.now,
        }
    }
}
