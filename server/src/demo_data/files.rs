//! The real files of the demo month: chosen from a folder, and declared as documents.
//!
//! The invariant: what a file is follows from its bytes, and the choice from the names alone, so the same folder gives
//! the same documents.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use mso_core::crypto::Sha256Hash;
use mso_core::documents::inspect::{MediaType, inspect};
use mso_core::documents::{DeclaredFile, DocumentKind, FileName};
use mso_core::ids::DocumentId;
use mso_core::time::Timestamp;

use super::error::{DemoDataError, text};
use super::ids;

/// Larger files are left out, in bytes.
const MOST_BYTES: usize = 2_100_000;
/// More files than these are left out.
const MOST_FILES: usize = 12;
const ENDINGS: [&str; 5] = ["dcm", "pdf", "jpg", "jpeg", "png"];

/// The chosen files.
#[derive(Debug)]
pub(super) struct Files(Vec<RealFile>);

/// One file.
#[derive(Debug)]
pub(super) struct RealFile {
    name: FileName,
    media_type: MediaType,
    pub(super) sha256: Sha256Hash,
    pub(super) bytes: Vec<u8>,
}

impl Files {
    /// Chooses from the files that lie directly in this folder.
    pub(super) fn choose(folder: &Path) -> Result<Self, DemoDataError> {
        let broken = |source| DemoDataError::File {
            path: folder.to_owned(),
            source,
        };
        let mut paths = Vec::<PathBuf>::new();
        for entry in fs::read_dir(folder).map_err(broken)? {
            paths.push(entry.map_err(broken)?.path());
        }
        paths.retain(|path| path.is_file() && has_ending(path));
        paths.sort();
        let mut chosen = Vec::new();
        for path in paths {
            if chosen.len() < MOST_FILES {
                chosen.extend(read(&path)?);
            }
        }
        if chosen.is_empty() {
            return Err(DemoDataError::NoFiles(folder.to_owned()));
        }
        Ok(Self(chosen))
    }

    /// The files of a case, in turn: this many, beginning with a place that depends on the case.
    pub(super) fn some(&self, from: usize, count: usize) -> impl Iterator<Item = (usize, &RealFile)> {
        let (all, count) = (self.0.iter().enumerate(), count.min(self.0.len()));
        let from = from.checked_rem(self.0.len()).unwrap_or(0);
        all.cycle().skip(from).take(count)
    }

    pub(super) fn get(&self, place: usize) -> Option<&RealFile> {
        self.0.get(place)
    }
}

impl RealFile {
    /// Declares the file as a document with this name in the story.
    pub(super) fn declare(&self, name: &str, at: Timestamp) -> Result<DeclaredFile, DemoDataError> {
        let (kind, title) = match self.media_type {
            MediaType::Dicom | MediaType::DicomSet => (DocumentKind::Imaging, "Images from the scanner"),
            MediaType::Pdf => (DocumentKind::Report, "Report"),
            MediaType::Jpeg | MediaType::Png | MediaType::Tiff | MediaType::Heic => {
                (DocumentKind::Photo, "Photograph")
            }
            MediaType::Text => (DocumentKind::Other, "Note"),
        };
        Ok(DeclaredFile {
            document_id: DocumentId::from_uuid(ids::named(name, at)),
            kind,
            title: text("title", title)?,
            file_name: self.name.clone(),
            media_type: self.media_type.name().to_owned(),
            size: u64::try_from(self.bytes.len()).map_err(|_| DemoDataError::Value("size"))?,
            sha256: self.sha256,
            pages: None,
            captured_at: None,
            body_site: None,
            sequence: None,
            replaces: None,
        })
    }
}

fn has_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// The file, unless it is too large, encrypted or of no accepted type.
fn read(path: &Path) -> Result<Option<RealFile>, DemoDataError> {
    let broken = |source| DemoDataError::File {
        path: path.to_owned(),
        source,
    };
    let bytes = fs::read(path).map_err(broken)?;
    let inspected = inspect(&mut Cursor::new(bytes.as_slice()));
    let Ok(inspection) = inspected else {
        return Ok(None);
    };
    if bytes.len() > MOST_BYTES || inspection.is_encrypted() {
        return Ok(None);
    }
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    Ok(Some(RealFile {
        name: FileName::cleaned(name).map_err(|_| DemoDataError::Value("file name"))?,
        media_type: inspection.media_type,
        sha256: Sha256Hash::of(&bytes),
        bytes,
    }))
}
