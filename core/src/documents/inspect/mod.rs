//! Determines what a file is and what it contains, from its bytes alone (D-21, D-22).
//!
//! The phone inspects a file before importing it, and the server inspects it again on arrival. Both use
//! this module, so they agree. It reads through `Read + Seek` and does no other I/O.
//!
//! ```text
//! sniff        the media type, if it is an accepted one
//! pdf          encrypted (refused by the phone), or damaged
//! dicom        the patient's identity; `compare` checks it against the case's patient
//! dicom_set    whether a ZIP archive is a set of DICOM files
//! ```
//!
//! File names are ignored, because they prove nothing. Invariant: for any input, nothing here panics,
//! hangs, or holds more than a few MiB.

mod dicom;
mod dicom_set;
mod pdf;
mod sniff;
mod text;
mod window;

use std::io::{self, Read, Seek};

use self::sniff::Sniffed;
pub use dicom::{DicomError, DicomFault, DicomIdentity, DicomName, IdentityMismatch, compare, read_identity};
pub use pdf::{PdfDamage, PdfState, pdf_state};
pub use sniff::{MediaType, sniff};

/// Why a file was not inspected completely.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is not of an accepted type.
    #[error("the file is of no type that is taken")]
    NotTaken,
    /// The file is a text in an encoding that is not known here.
    #[error("the text is in an unknown encoding")]
    TextEncoding,
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

/// The type of a file and the findings in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Determined from the bytes.
    pub media_type: MediaType,
    /// What a person should know before the file is sent. Usually empty.
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The PDF is encrypted, so the recipient may not be able to read it. Refused (D-22).
    PdfEncrypted,
    /// The PDF lacks a structure that readers start from. Many readers repair it, so it is accepted.
    PdfDamaged(PdfDamage),
    /// The patient named in the DICOM header. A set has one for each different header, at most
    /// [`MAX_IDENTITIES`].
    DicomIdentity(DicomIdentity),
    /// The DICOM header could not be read up to the patient's identity.
    DicomUnreadable(DicomFault),
}

/// Maximum number of different headers listed for a set of DICOM files.
pub const MAX_IDENTITIES: usize = 16;

impl Inspection {
    /// Whether the file may be unreadable without a key.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.findings.contains(&Finding::PdfEncrypted)
    }

    /// The identities in the file's headers, to [`compare`] with the patient.
    pub fn identities(&self) -> impl Iterator<Item = &DicomIdentity> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::DicomIdentity(identity) => Some(identity),
            Finding::PdfEncrypted | Finding::PdfDamaged(_) | Finding::DicomUnreadable(_) => None,
        })
    }
}

/// Inspects a file from its start, whatever the reader's position. The final position is unspecified.
///
/// # Errors
///
/// If the file is empty or not of an accepted type, or if it cannot be read.
pub fn inspect<R: Read + Seek>(reader: &mut R) -> Result<Inspection, InspectError> {
    if window::length(reader)? == 0 {
        return Err(InspectError::Empty);
    }
    let media_type = match sniff::of_bytes(reader)? {
        Sniffed::Taken(media_type) => media_type,
        Sniffed::UnknownText => return Err(InspectError::TextEncoding),
        Sniffed::NotTaken => return Err(InspectError::NotTaken),
    };
    let findings = match media_type {
        MediaType::Pdf => match pdf_state(reader)? {
            PdfState::Open => Vec::new(),
            PdfState::Encrypted => vec![Finding::PdfEncrypted],
            PdfState::Damaged(damage) => vec![Finding::PdfDamaged(damage)],
        },
        MediaType::Dicom => match read_identity(reader) {
            Ok(identity) => identity.into_finding().into_iter().collect(),
            Err(DicomError::Unreadable(fault)) => vec![Finding::DicomUnreadable(fault)],
            Err(DicomError::Io(error)) => return Err(error.into()),
        },
        MediaType::DicomSet => dicom_set::findings(reader)?,
        MediaType::Jpeg | MediaType::Png | MediaType::Tiff | MediaType::Heic | MediaType::Text => Vec::new(),
    };
    Ok(Inspection { media_type, findings })
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
