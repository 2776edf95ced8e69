//! Files.

use mso_core::documents::{DocumentAction, DocumentKind};
use mso_core::ids::DocumentId;

use super::Trouble;

/// A file taken into the encrypted store, not yet part of a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StagedFile {
    pub document_id: DocumentId,
    pub kind: DocumentKind,
    pub title: String,
    pub file_name: String,
    /// As found in the bytes.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

/// How far a file's transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TransferState {
    /// Not on this phone, and not on its way.
    Absent,
    /// Staged or waiting for the case to be known to the server.
    Waiting,
    /// On its way to the server.
    Uploading,
    /// With the server.
    Uploaded,
    /// On its way to this phone.
    Downloading,
    /// On this phone, whole and hash-checked.
    Present,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DocumentItem {
    pub document_id: DocumentId,
    pub title: String,
    /// As it was called.
    pub file_name: String,
    /// What it shows.
    pub kind: DocumentKind,
    /// IANA media type.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// As declared, 64 hexadecimal digits.
    pub sha256: String,
    /// The server has it, whole and hash-checked.
    pub stored: bool,
    /// Came after the recommendation.
    pub after_opinion: bool,
    /// This phone's part.
    pub transfer: TransferState,
    /// Bytes transferred so far.
    pub transferred: u64,
    /// Why the transfer does not get on.
    pub trouble: Option<Trouble>,
    /// Why it is not to be used any more, although somebody may have read it.
    #[uniffi(default = None)]
    pub struck: Option<String>,
    /// It is infected: nobody can download it.
    #[uniffi(default = false)]
    pub infected: bool,
    /// What this user may do with it now.
    #[uniffi(default = [])]
    pub allowed_actions: Vec<DocumentAction>,
}
