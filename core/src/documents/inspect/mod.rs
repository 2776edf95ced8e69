//! What a file is and what it says of itself, by its bytes alone (D-21, D-22).
//!
//! The phone inspects a file before it is taken in, the server inspects it again when it has arrived; both with this
//! module, so they agree. It reads through `Read + Seek` and does no other I/O.
//!
//! ```text
//! sniff        what it is: a media type, or nothing that is taken
//! pdf          encrypted (refused by the phone), or damaged
//! dicom        whom it is about; `compare` with the case's patient
//! dicom_set    a ZIP archive, when it is a set of DICOM files
//! ```
//!
//! Not here: names of files (they prove nothing), refusals, removing a camera's marks, whether an image can be
//! decoded. The invariant: whatever the bytes are, nothing here panics, hangs, or holds more than a few MiB.

mod dicom;
mod dicom_set;
mod pdf;
mod sniff;
mod text;
mod window;

use std::io::{self, Read, Seek};

pub use dicom::{DicomError, DicomFault, DicomIdentity, DicomName, IdentityMismatch, compare, read_identity};
pub use pdf::{PdfDamage, PdfState, pdf_state};
pub use sniff::{MediaType, sniff};

/// Why a file was not inspected to the end.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is no byte in it.
    #[error("the file is empty")]
    Empty,
    /// Its bytes are of no type that is taken.
    #[error("the file is of no type that is taken")]
    NotTaken,
    /// It cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

/// What a file is and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// By its bytes.
    pub media_type: MediaType,
    /// What a person should know before it is sent. Mostly nothing.
    pub findings: Vec<Finding>,
}

/// Something to know of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The PDF is encrypted: whoever receives it may not be able to read it. Refused (D-22).
    PdfEncrypted,
    /// The PDF lacks what a reader starts from. Many readers repair it, so it is taken.
    PdfDamaged(PdfDamage),
    /// Whom the DICOM header names. A set has one for each different header, at most
    /// [`MAX_IDENTITIES`].
    DicomIdentity(DicomIdentity),
    /// The DICOM header could not be read to where it names the patient.
    DicomUnreadable(DicomFault),
}

/// Most different headers that are listed of a set of DICOM files.
pub const MAX_IDENTITIES: usize = 16;

impl Inspection {
    /// Whether somebody without a key cannot be sure to read the file.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.findings.contains(&Finding::PdfEncrypted)
    }

    /// Whom the file's headers name, to [`compare`] with the patient.
    pub fn identities(&self) -> impl Iterator<Item = &DicomIdentity> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::DicomIdentity(identity) => Some(identity),
            Finding::PdfEncrypted | Finding::PdfDamaged(_) | Finding::DicomUnreadable(_) => None,
        })
    }
}

/// Inspects a file from its beginning, wherever the reader stands. It may be left anywhere.
///
/// # Errors
///
/// When the file is empty or of no type that is taken, and when it cannot be read.
pub fn inspect<R: Read + Seek>(reader: &mut R) -> Result<Inspection, InspectError> {
    if window::length(reader)? == 0 {
        return Err(InspectError::Empty);
    }
    let media_type = sniff(reader)?.ok_or(InspectError::NotTaken)?;
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
