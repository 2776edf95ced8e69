//! The document record and what may be declared.
//!
//! Not here: content. The id is made by the requester's device and is also the upload's id, so that a repeated
//! upload finds what is there.

use serde::{Deserialize, Serialize};

use crate::crypto::Sha256Hash;
use crate::facts::Context;
use crate::ids::{CaseId, DocumentId, UserId};
use crate::refusal::Refusal;
use crate::text::{Reason, Text};
use crate::time::Timestamp;

/// Most files a case may hold.
pub const MAX_DOCUMENTS: usize = 200;

/// Most bytes that the files of a case may hold together: 5 GiB.
pub const MAX_CASE_BYTES: u64 = 5 * 1024 * 1024 * 1024;

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

named! {
    /// What a file shows.
    pub enum DocumentKind {
        /// A letter of referral.
        Referral = "referral",
        /// Imaging.
        Imaging = "imaging",
        /// Laboratory results.
        Lab = "lab",
        /// Pathology.
        Pathology = "pathology",
        /// A prescription.
        Prescription = "prescription",
        /// A discharge letter.
        Discharge = "discharge",
        /// Consent.
        Consent = "consent",
        /// A photograph.
        Photo = "photo",
        /// A report.
        Report = "report",
        /// Something else.
        Other = "other",
    }
}

named! {
    /// Where a file stands.
    pub enum DocumentState {
        /// Announced.
        Declared = "declared",
        /// There, whole and hash-checked.
        Stored = "stored",
        /// Taken back before an expert could read it.
        Withdrawn = "withdrawn",
    }
}

named! {
    /// What the virus scanner found.
    #[derive(Default)]
    pub enum Scan {
        /// Nothing was looked for: no scanner is set up, or it has not looked yet.
        #[default]
        NotScanned = "not_scanned",
        /// Nothing was found.
        Clean = "clean",
        /// Something was: nobody gets the file.
        Infected = "infected",
    }
}

/// That a file no longer counts, although somebody may have read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// By whom; hidden from who may not know an admin's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
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
    /// How many pages, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// When it was taken, by the device's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Timestamp>,
    /// What part of the body it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_site: Option<Text<1, 200>>,
    /// Place among the case's files, as they are to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u32>,
    /// The file of the case that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<DocumentId>,
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
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_by: Option<UserId>,
    /// What the virus scanner found.
    #[serde(default)]
    pub scan: Scan,
    /// It no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub struck: Option<Strike>,
    /// Counts changes, from 1.
    #[serde(default)]
    pub version: u64,
}

impl Document {
    /// Whether the case waits for it no longer: it is there and not infected, or taken back.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self.state {
            DocumentState::Declared => false,
            DocumentState::Stored => self.scan != Scan::Infected || self.struck.is_some(),
            DocumentState::Withdrawn => true,
        }
    }

    /// Whether it belongs to the case as it is asked now, there or on its way.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.state != DocumentState::Withdrawn && self.struck.is_none() && self.scan != Scan::Infected
    }

    /// Whether an expert can have it on a phone: stored and not infected. A struck one stays readable.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.state == DocumentState::Stored && self.scan != Scan::Infected
    }

    /// The file one change later.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut document = self.clone();
        change(&mut document);
        document.version += 1;
        document
    }
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
            declared_by: Some(ctx.actor.user),
            scan: Scan::NotScanned,
            struck: None,
            version: 1,
        }
    }
}
