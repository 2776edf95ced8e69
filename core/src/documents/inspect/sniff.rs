//! Detects the media type from the bytes of a file, never from its name.
//!
//! Implemented without a crate: there are eight types with one rule each, and rejected types need no
//! name. The start of the file decides, so a polyglot is classified as readers treat it: a JPEG with a
//! PDF after it is a JPEG. Two formats allow arbitrary data at the start, and each has its own rule:
//!
//! - DICOM (Part 10) reserves 128 bytes for other programs, such as a TIFF header. `DICM` after them
//!   decides. A file without them counts if it begins with DICOM's own elements (`dicom/bare.rs`).
//! - PDF readers accept a header anywhere in the first 1,024 bytes. Here only text may precede it (what
//!   printers and mail programs leave there), and the end of a PDF must also be present; a program or
//!   an archive that hides a PDF header is rejected.
//!
//! Only text files are read completely; for other types the rest of the file is not checked. Invariant:
//! a type that is not accepted gives `None`, even if its bytes would pass as text.

use std::io::{self, Read, Seek};

use super::text::Reading;
use super::window::{find, from, read_at};
use super::{dicom, dicom_set, pdf, text};

named! {
    /// The type of a file, by its IANA name. Each is a media type that a document may have.
    pub enum MediaType {
        Pdf = "application/pdf",
        Jpeg = "image/jpeg",
        Png = "image/png",
        /// Also BigTIFF.
        Tiff = "image/tiff",
        Heic = "image/heic",
        Dicom = "application/dicom",
        Text = "text/plain",
        /// Only as a set of DICOM files.
        DicomSet = "application/zip",
    }
}

/// A DICOM file starts with this many arbitrary bytes, followed by its mark.
pub(super) const DICOM_MARK_AT: usize = 128;
/// The mark of a DICOM file.
pub(super) const DICOM_MARK: &[u8] = b"DICM";

/// Bytes of the file's start that are examined.
const HEAD_BYTES: usize = dicom::HEAD_BYTES;

/// The media type of a file, `None` if it is not an accepted type. Reads every byte of a text, the head
/// of other files, also the tail of a PDF that starts with something else, and of an archive its
/// directory and the heads of its files.
///
/// # Errors
///
/// If the file cannot be read.
pub fn sniff<R: Read + Seek>(reader: &mut R) -> io::Result<Option<MediaType>> {
    Ok(match of_bytes(reader)? {
        Sniffed::Taken(media_type) => Some(media_type),
        Sniffed::UnknownText | Sniffed::NotTaken => None,
    })
}

/// What the bytes of a file say about its type.
pub(super) enum Sniffed {
    Taken(MediaType),
    /// It has no control characters, but is in no encoding that is known here.
    UnknownText,
    NotTaken,
}

pub(super) fn of_bytes<R: Read + Seek>(reader: &mut R) -> io::Result<Sniffed> {
    let head = read_at(reader, 0, HEAD_BYTES)?;
    if let Some(found) = by_beginning(&head) {
        return Ok(Sniffed::Taken(found));
    }
    if head.starts_with(b"PK\x03\x04") {
        let is_set = dicom_set::is_dicom_set(reader)?;
        let set = Sniffed::Taken(MediaType::DicomSet);
        return Ok(if is_set { set } else { Sniffed::NotTaken });
    }
    if is_pdf_behind_text(&head) && pdf::has_end(reader)? {
        return Ok(Sniffed::Taken(MediaType::Pdf));
    }
    Ok(match text::reading(reader)? {
        Reading::Text => Sniffed::Taken(MediaType::Text),
        Reading::UnknownEncoding => Sniffed::UnknownText,
        Reading::NotText => Sniffed::NotTaken,
    })
}

fn by_beginning(head: &[u8]) -> Option<MediaType> {
    let tiff = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
    if from(head, DICOM_MARK_AT).starts_with(DICOM_MARK) {
        Some(MediaType::Dicom)
    } else if head.starts_with(b"\xff\xd8\xff") {
        Some(MediaType::Jpeg)
    } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(MediaType::Png)
    } else if tiff.iter().any(|mark| head.starts_with(*mark)) && !from(head, 8).starts_with(b"CR\x02") {
        // A camera's raw image (CR2) has a TIFF header too, but its readers show something else than
        // TIFF readers.
        Some(MediaType::Tiff)
    } else if is_heic(head) {
        Some(MediaType::Heic)
    } else if head.starts_with(pdf::HEADER) {
        Some(MediaType::Pdf)
    } else if dicom::begins(head) {
        Some(MediaType::Dicom)
    } else {
        None
    }
}

/// ISO/IEC 23008-12: the first box lists the kinds of reader that may open the file; HEVC-coded images
/// are `heic`.
fn is_heic(head: &[u8]) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<4>() else {
        return false;
    };
    let size = u32::from_be_bytes(*size) as usize;
    let Some(brands) = rest
        .get(..size.saturating_sub(4).min(rest.len()))
        .and_then(|first| first.strip_prefix(b"ftyp"))
    else {
        return false;
    };
    let coded = |brand: &[u8]| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis");
    match brands.get(..4) {
        Some(b"mif1") => from(brands, 8).chunks_exact(4).any(coded),
        Some(major) => coded(major),
        None => false,
    }
}

/// Whether a PDF header follows within the first 1,024 bytes with nothing but text before it.
fn is_pdf_behind_text(head: &[u8]) -> bool {
    let Some(before) = find(head, pdf::HEADER)
        .filter(|at| *at <= pdf::HEADER_WITHIN)
        .and_then(|at| head.get(..at))
    else {
        return false;
    };
    // Printer escape sequences are allowed, other control characters are not.
    let passes = |byte: &u8| *byte == 0x1b || text::is_text_byte(*byte);
    !text::is_code(before) && !before.starts_with(b"GIF8") && before.iter().all(passes)
}
