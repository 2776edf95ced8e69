//! Handle: files.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use mso_core::client::{self, PlainFile};
use mso_core::documents::DocumentKind;
use mso_core::ids::DocumentId;

use crate::entered::required;
use crate::error::MsoError;
use crate::records::StagedFile;
use crate::text::EnteredText;
use crate::views::each;

/// The longest piece that [`DocumentReader::read`] returns, in bytes.
const MAX_PIECE: u32 = 4 * 1024 * 1024;

/// The files on this phone, all of them sealed at rest.
#[derive(uniffi::Object)]
pub struct Documents(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Documents {
    /// Takes a file into the encrypted store. The source may be deleted afterwards.
    pub fn stage_file(
        &self,
        path: EnteredText,
        kind: DocumentKind,
        title: EnteredText,
    ) -> Result<StagedFile, MsoError> {
        let title = required("title", &title)?;
        Ok(self
            .0
            .stage_file(Path::new(path.of("path")?), kind, &title)?
            .into())
    }

    /// Takes in bytes that were never written to a file, such as a camera's, so that no plain copy exists.
    pub fn stage_bytes(
        &self,
        bytes: Vec<u8>,
        file_name: EnteredText,
        kind: DocumentKind,
        title: EnteredText,
    ) -> Result<StagedFile, MsoError> {
        let title = required("title", &title)?;
        Ok(self
            .0
            .stage_bytes(&bytes, file_name.of("file_name")?, kind, &title)?
            .into())
    }

    /// Files that are part of no case yet, oldest first.
    pub fn staged(&self) -> Result<Vec<StagedFile>, MsoError> {
        Ok(each(self.0.staged_files()?))
    }

    /// Deletes a staged file that is part of no case.
    pub fn discard_staged(&self, document_id: DocumentId) -> Result<(), MsoError> {
        Ok(self.0.discard_staged(document_id)?)
    }

    /// The whole plain content. For files that fit in memory.
    pub fn read(&self, document_id: DocumentId) -> Result<Vec<u8>, MsoError> {
        Ok(self.0.read_document(document_id)?)
    }

    /// Opens a file to be read piece by piece.
    pub fn open(&self, document_id: DocumentId) -> Result<Arc<DocumentReader>, MsoError> {
        let file = self.0.open_document(document_id)?;
        Ok(Arc::new(DocumentReader(Mutex::new(file))))
    }

    /// The hash of the content on this phone, computed by reading it whole: 64 hexadecimal digits.
    pub fn sha256(&self, document_id: DocumentId) -> Result<String, MsoError> {
        Ok(self.0.document_sha256(document_id)?.to_string())
    }
}

/// A file that is being read from its beginning to its end.
#[derive(uniffi::Object)]
pub struct DocumentReader(Mutex<PlainFile>);

#[uniffi::export]
impl DocumentReader {
    /// The next bytes, at most `length` and at most 4 MiB of them; none at the end.
    pub fn read(&self, length: u32) -> Result<Vec<u8>, MsoError> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut piece = Vec::new();
        let length = u64::from(length.min(MAX_PIECE));
        let read = (&mut *file).take(length).read_to_end(&mut piece);
        read.map_err(|error| MsoError::StorageBroken {
            reference: error.kind().to_string(),
        })?;
        Ok(piece)
    }
}
