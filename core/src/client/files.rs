//! Clinical files at rest: import, opening and removal.
//!
//! Each file is sealed (`crypto::seal`) with its own key while it is read: no plaintext is ever written
//! to disk, not even temporarily. The sealed file is synced to disk before its row is written. If the
//! phone is killed in between, the file has no row, and [`sweep_orphans`] removes it when the workspace
//! is opened next. Deletion goes in the opposite order: the row and its key first, then the file.
//!
//! Invariant: a file is inspected before anything of it is kept, and a picture cleaned.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::shared::Shared;
use super::store::StoreError;
use super::store::files::{self as rows, FileRow, FileState, NewFile, Place};
use crate::crypto::seal::{CHUNK_BYTES, FileKey, Opener, SealError, Sealer};
use crate::crypto::{KeyError, Sha256Hash, Sha256Hasher};
use crate::documents::inspect::{Finding, InspectError, Inspection, inspect};
use crate::documents::picture::{self, PictureError};
use crate::documents::{DeclaredFile, Document, DocumentKind, FileName, MAX_BYTES, MEDIA_TYPES};
use crate::ids::{DocumentId, StreamId};
use crate::refusal::Refusal;
use crate::text::Line;
use crate::time::Timestamp;

/// The plaintext of a file, with random access.
pub type PlainFile = Opener<File>;

const SEALED: &str = "sealed";
const UNFINISHED: &str = "part";

/// Why a file was not imported or cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Files of this kind or size are not accepted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The file is not on this phone, or not yet complete.
    #[error("the file is not here")]
    NotHere,
    /// The file is present, but altered or truncated.
    #[error("the file is damaged")]
    Damaged(#[source] SealError),
    /// The source of an import cannot be read: no such file, no permission.
    #[error("the source cannot be read")]
    Source(#[source] io::Error),
    /// Reading or writing failed: no space, no permission.
    #[error("the file cannot be read or written")]
    Io(#[source] io::Error),
    /// No key could be generated.
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<SealError>())
        {
            Some(seal) => Self::Damaged(*seal),
            None => Self::Io(error),
        }
    }
}

/// The source of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FileSource<'a> {
    /// A file that the app may read. It is not modified.
    Path(&'a Path),
    /// Bytes that were never a file, such as a camera image.
    Bytes(&'a [u8]),
}

/// An imported file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Imported {
    /// As a command declares it. The media type was determined from the bytes.
    pub(crate) file: DeclaredFile,
    /// The findings of the inspection. A DICOM file's identity must be compared with the patient before
    /// it is sent (D-22).
    pub(crate) findings: Vec<Finding>,
}

/// Imports a file: inspects it, then reads it once and keeps it sealed until it is sent with a case. Of
/// a picture only the cleaned form is kept (`documents::picture`): size and hash are those of that.
pub(crate) fn import(
    shared: &Shared,
    source: FileSource<'_>,
    kind: DocumentKind,
    title: &Line<1, 200>,
    file_name: &str,
) -> Result<Imported, FileError> {
    match source {
        FileSource::Path(path) => {
            let mut source = File::open(path).map_err(FileError::Source)?;
            if !source.metadata().map_err(FileError::Source)?.is_file() {
                return Err(FileError::Source(io::ErrorKind::InvalidInput.into()));
            }
            inspect_and_seal(shared, &mut source, kind, title, file_name)
        }
        FileSource::Bytes(bytes) => inspect_and_seal(shared, &mut Cursor::new(bytes), kind, title, file_name),
    }
}

/// Inspects the source; an error if the file is not accepted.
fn inspected<R: Read + Seek>(source: &mut R) -> Result<Inspection, FileError> {
    if source.seek(SeekFrom::End(0)).map_err(FileError::Source)? > MAX_BYTES {
        return Err(Refusal::DocumentTooLarge.into());
    }
    let inspection = inspect(source).map_err(|error| match error {
        InspectError::Empty => Refusal::DocumentEmpty.into(),
        InspectError::NotTaken => Refusal::MediaTypeNotAllowed.into(),
        InspectError::TextEncoding => Refusal::TextEncodingUnknown.into(),
        InspectError::Io(error) => FileError::Source(error),
    })?;
    if !MEDIA_TYPES.contains(&inspection.media_type.name()) {
        return Err(Refusal::MediaTypeNotAllowed.into());
    }
    if inspection.is_encrypted() {
        return Err(Refusal::DocumentEncrypted.into());
    }
    Ok(inspection)
}

fn refused_picture(error: PictureError) -> FileError {
    error
        .into_refusal()
        .map_or_else(FileError::Source, FileError::Refused)
}

fn inspect_and_seal<R: Read + Seek>(
    shared: &Shared,
    source: &mut R,
    kind: DocumentKind,
    title: &Line<1, 200>,
    file_name: &str,
) -> Result<Imported, FileError> {
    let Inspection { media_type, findings } = inspected(source)?;
    let plan = picture::plan(source, media_type).map_err(refused_picture)?;
    let source = &mut plan.read(source);
    let mut piece = Zeroizing::new(Vec::new());
    read_piece(source, &mut piece).map_err(FileError::Source)?;
    if piece.is_empty() {
        // The source has shrunk since its size was checked.
        return Err(Refusal::DocumentEmpty.into());
    }

    let directory = make_directory(shared)?;
    let key = FileKey::generate()?;
    let path = new_name()?;
    let unfinished = Unfinished(directory.join(&path).with_extension(UNFINISHED));
    let mut sealer = Sealer::new(File::create_new(&unfinished.0)?, &key);
    let (mut size, mut hasher) = (0, Sha256Hasher::default());
    while !piece.is_empty() {
        size += piece.len() as u64;
        if size > MAX_BYTES {
            return Err(Refusal::DocumentTooLarge.into());
        }
        hasher.update(&piece);
        sealer.append(&piece)?;
        read_piece(source, &mut piece).map_err(FileError::Source)?;
    }
    sealer.finish()?.sync_all()?;
    let sealed = directory.join(&path);
    fs::rename(&unfinished.0, &sealed)?;
    File::open(&directory)?.sync_all()?;

    let now = shared.now();
    let file = DeclaredFile {
        document_id: DocumentId::generate(now),
        kind,
        title: title.clone(),
        file_name: FileName::cleaned(file_name).map_err(|_| Refusal::BadRequest)?,
        media_type: media_type.name().to_owned(),
        size,
        sha256: hasher.finish(),
        pages: None,
        captured_at: None,
        body_site: None,
        sequence: None,
        replaces: None,
    };
    let place = Place {
        path: &path,
        key: &key,
    };
    let new = NewFile {
        file: &file,
        case: None,
        place,
        state: FileState::Staged,
        now,
    };
    let kept = shared.store().transaction(|tx| rows::insert(tx, &new));
    if kept.is_err() {
        delete_sealed(shared, [path]);
    }
    kept?;
    Ok(Imported { file, findings })
}

/// Prepares the download of a document that the server has. A file that is present or already planned
/// stays unchanged. Part of the transaction that stores the document's record.
pub(crate) fn plan_download(
    tx: &rusqlite::Transaction<'_>,
    document: &Document,
    stream: StreamId,
    now: Timestamp,
) -> Result<bool, FileError> {
    let place = Place {
        path: &new_name()?,
        key: &FileKey::generate()?,
    };
    let case = Some((document.case_id, stream));
    Ok(rows::insert(
        tx,
        &NewFile {
            file: &document.file,
            case,
            place,
            state: FileState::WaitingDownload,
            now,
        },
    )?)
}

/// Opens a file that is completely present.
pub(crate) fn open_plain(shared: &Shared, document: DocumentId) -> Result<PlainFile, FileError> {
    let row: Option<FileRow> = shared.store().read(|conn| rows::row(conn, document))?;
    let row = row.ok_or(FileError::NotHere)?;
    match row.state {
        FileState::WaitingDownload | FileState::Downloading => Err(FileError::NotHere),
        FileState::Staged
        | FileState::WaitingUpload
        | FileState::Uploading
        | FileState::Uploaded
        | FileState::Present => open_sealed(&shared.files_directory().join(&row.path), &row.key, row.size),
    }
}

/// Opens a sealed file that must contain `size` plaintext bytes.
pub(crate) fn open_sealed(path: &Path, key: &FileKey, size: u64) -> Result<PlainFile, FileError> {
    let file = match File::open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => return Err(FileError::NotHere),
        opened => opened?,
    };
    let opener = Opener::new(file, key)?;
    if opener.length() == size {
        Ok(opener)
    } else {
        Err(FileError::Damaged(SealError::Truncated))
    }
}

/// Reads a file that is present to its end and returns its hash.
pub(crate) fn plain_sha256(shared: &Shared, document: DocumentId) -> Result<Sha256Hash, FileError> {
    hash(open_plain(shared, document)?)
}

/// The hash of a sealed file's plaintext.
pub(crate) fn hash(mut plain: PlainFile) -> Result<Sha256Hash, FileError> {
    let (mut piece, mut hasher) = (Zeroizing::new(Vec::new()), Sha256Hasher::default());
    loop {
        read_piece(&mut plain, &mut piece)?;
        if piece.is_empty() {
            return Ok(hasher.finish());
        }
        hasher.update(&piece);
    }
}

/// Deletes a file that was not sent with a case, and its row.
pub(crate) fn discard(shared: &Shared, document: DocumentId) -> Result<(), FileError> {
    let path = shared
        .store()
        .transaction(|tx| rows::delete_staged(tx, document))?
        .ok_or(FileError::NotHere)?;
    delete_sealed(shared, [path]);
    Ok(())
}

/// The folder of sealed files, created if missing. Its directory entry is synced, like those of the
/// files in it, so that it survives a power loss.
pub(crate) fn make_directory(shared: &Shared) -> io::Result<PathBuf> {
    let directory = shared.files_directory();
    match fs::create_dir(&directory) {
        Ok(()) => File::open(&shared.directory)?.sync_all()?,
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists) => {}
        Err(error) => return Err(error),
    }
    Ok(directory)
}

/// Deletes sealed files whose rows are gone. A file that cannot be deleted now has already lost its
/// key, and is removed by the next sweep.
pub(crate) fn delete_sealed(shared: &Shared, paths: impl IntoIterator<Item = String>) {
    for path in paths {
        if let Err(error) = fs::remove_file(shared.files_directory().join(path)) {
            tracing::warn!(kind = %error.kind(), "a sealed file could not be deleted");
        }
    }
}

/// Deletes what a killed process left behind: unfinished files, and files without a row. Must only run
/// while nothing else works in this workspace.
pub(crate) fn sweep_orphans(shared: &Shared) -> Result<usize, FileError> {
    let known = shared.store().read(rows::paths)?;
    let entries = match fs::read_dir(shared.files_directory()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => return Ok(0),
        entries => entries?,
    };
    let mut swept = 0;
    for entry in entries {
        let entry = entry?;
        if !entry
            .file_name()
            .to_str()
            .is_some_and(|name| known.contains(name))
        {
            // A file that stays has no key, and must not prevent the workspace from opening.
            match fs::remove_file(entry.path()) {
                Ok(()) => swept += 1,
                Err(error) => tracing::warn!(kind = %error.kind(), "an orphan could not be deleted"),
            }
        }
    }
    Ok(swept)
}

/// A random name for a sealed file, which reveals nothing about it.
pub(crate) fn new_name() -> Result<String, KeyError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoEntropy)?;
    Ok(format!("{:032x}.{SEALED}", u128::from_be_bytes(bytes)))
}

/// A file being written; deleted unless it is renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Already gone if all went well. If this fails, the file is swept later.
        let _ = fs::remove_file(&self.0);
    }
}

/// Reads the next piece of up to one chunk; empty at the end.
fn read_piece(source: &mut dyn Read, piece: &mut Zeroizing<Vec<u8>>) -> io::Result<()> {
    piece.clear();
    // The buffer never grows past this, so that no plaintext is left behind by a reallocation.
    piece.reserve_exact(CHUNK_BYTES as usize + 32);
    source.take(CHUNK_BYTES).read_to_end(piece)?;
    Ok(())
}

#[cfg(test)]
mod tests;
