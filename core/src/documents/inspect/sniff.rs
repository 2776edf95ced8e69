//! The media type, by the bytes of a file and never by its name.
//!
//! Written out here, without a crate: eight types with one rule each, and what is refused needs no name. What a file
//! begins with decides, so a polyglot is what a reader takes it for: a JPEG with a PDF behind it is a JPEG. Two
//! formats leave their beginning free, and each has a rule:
//!
//! - DICOM (Part 10) keeps 128 bytes for other programs, such as the head of a TIFF. `DICM` behind them decides.
//!   Files without that mark (data sets as sent over a network) are not taken.
//! - Readers of PDF take a header anywhere in the first 1,024 bytes. Here only text may stand before it (what printers
//!   and mail programs leave there), and the end of a PDF must be there too; a program or an archive that hides a
//!   PDF header is refused.
//!
//! Not here: whether the rest of the file keeps what its beginning promises; only a text is read to its end. The
//! invariant: a type that is not taken answers `None`, also where the bytes would pass for a text.

use std::io::{self, Read, Seek};

use super::window::{find, from, read_at};
use super::{dicom_set, pdf, text};

/// What a file is. Each is a media type that a document may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `application/pdf`
    Pdf,
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/tiff`, also BigTIFF
    Tiff,
    /// `image/heic`
    Heic,
    /// `application/dicom`
    Dicom,
    /// `text/plain`
    Text,
    /// `application/zip`, only as a set of DICOM files
    DicomSet,
}

impl MediaType {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Pdf,
        Self::Jpeg,
        Self::Png,
        Self::Tiff,
        Self::Heic,
        Self::Dicom,
        Self::Text,
        Self::DicomSet,
    ];

    /// The IANA name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Heic => "image/heic",
            Self::Dicom => "application/dicom",
            Self::Text => "text/plain",
            Self::DicomSet => "application/zip",
        }
    }
}

/// A DICOM file begins with this many bytes that may be anything; then comes its mark.
pub(super) const DICOM_MARK_AT: usize = 128;
/// The mark of a DICOM file.
pub(super) const DICOM_MARK: &[u8] = b"DICM";

/// How much of the beginning is looked at.
const HEAD_BYTES: usize = 4096;

/// The media type of a file, `None` when it is of no type that is taken. Of a text every byte is read, of other files
/// the head, of a PDF that begins with something else also the tail, of an archive its directory and the heads in it.
///
/// # Errors
///
/// When the file cannot be read.
pub fn sniff<R: Read + Seek>(reader: &mut R) -> io::Result<Option<MediaType>> {
    let head = read_at(reader, 0, HEAD_BYTES)?;
    if let Some(found) = by_beginning(&head) {
        return Ok(Some(found));
    }
    if head.starts_with(b"PK\x03\x04") {
        return Ok(dicom_set::is_dicom_set(reader)?.then_some(MediaType::DicomSet));
    }
    if is_pdf_behind_text(&head) && pdf::has_end(reader)? {
        return Ok(Some(MediaType::Pdf));
    }
    Ok(text::is_text(reader)?.then_some(MediaType::Text))
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
        // A camera's raw picture (CR2) calls itself a TIFF too; what its readers show is not what a TIFF's do.
        Some(MediaType::Tiff)
    } else if is_heic(head) {
        Some(MediaType::Heic)
    } else if head.starts_with(pdf::HEADER) {
        Some(MediaType::Pdf)
    } else {
        None
    }
}

/// ISO/IEC 23008-12: the first box says which kinds of reader may open the file; HEVC-coded pictures are `heic`.
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

/// Whether a PDF's header follows within the first 1,024 bytes and nothing but text stands before it.
fn is_pdf_behind_text(head: &[u8]) -> bool {
    let Some(before) = find(head, pdf::HEADER)
        .filter(|at| *at <= pdf::HEADER_WITHIN)
        .and_then(|at| head.get(..at))
    else {
        return false;
    };
    // A printer's escape sequences, otherwise no control characters.
    let passes = |byte: &u8| *byte == 0x1b || text::is_text_byte(*byte);
    !text::is_code(before) && !before.starts_with(b"GIF8") && before.iter().all(passes)
}
