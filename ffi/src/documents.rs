//! Files.

use std::path::Path;

use mso_core::client;
use mso_core::documents::DocumentKind;
use mso_core::ids::{CaseId, DocumentId};
use mso_core::text::Text;

use crate::error::MsoError;
use crate::records::StagedFile;
use crate::workspace::Workspace;

#[uniffi::export]
impl Workspace {
    /// Takes a file into the encrypted store. The source may be deleted afterwards.
    pub fn stage_file(
        &self,
        path: String,
        kind: DocumentKind,
        title: String,
    ) -> Result<StagedFile, MsoError> {
        let title = Text::new(&title).map_err(MsoError::text("title"))?;
        let staged = self.inner.stage_file(Path::new(&path), kind, &title)?;
        let client::StagedFile {
            document_id,
            size,
            sha256,
            media_type,
        } = staged;
        Ok(StagedFile {
            document_id,
            media_type,
            size,
            sha256: sha256.to_string(),
        })
    }

    /// Forgets a staged file that is part of no case.
    pub fn discard_staged(&self, document_id: DocumentId) -> Result<(), MsoError> {
        Ok(self.inner.discard_staged(document_id)?)
    }

    /// Adds a staged file to a case that was submitted before. Works offline.
    pub fn add_document(&self, case_id: CaseId, document_id: DocumentId) -> Result<(), MsoError> {
        Ok(self.inner.add_document(case_id, document_id)?)
    }

    /// A file's plain bytes, whole. For files that fit memory.
    pub fn read_document(&self, document_id: DocumentId) -> Result<Vec<u8>, MsoError> {
        Ok(self.inner.read_document(document_id)?)
    }

    /// The hash of the file as it rests on this phone, computed by reading it whole.
    pub fn document_sha256(&self, document_id: DocumentId) -> Result<String, MsoError> {
        Ok(self.inner.document_sha256(document_id)?.to_string())
    }
}
