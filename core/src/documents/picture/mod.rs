//! Pictures without what their camera wrote about itself: place, time, serial numbers, comments,
//! previews (D-22). The phone cleans a picture before it is sealed, so the size and the hash that are
//! declared are those of the cleaned file.
//!
//! ```text
//! jpeg     segments that only describe are left out; a picture that lies on its side is turned
//! png      the same for chunks
//! tiff     entries are taken out of their directories and their values zeroed, in place
//! heic     descriptions are zeroed in place; turning is not needed, as HEIC does not use Exif for it
//! turn     decodes and encodes the pictures that have to be turned
//! plan     which bytes of the source the cleaned file consists of
//! ```
//!
//! What describes is not searched for: what is needed to show the picture is kept and everything else
//! is dropped. Compressed data stays byte for byte the same, unless the picture is turned. Colour
//! profiles stay. TIFF keeps its orientation, which is a basic field there that all readers obey, and
//! what is inside its strips. DICOM and PDF are not touched.
//!
//! Invariants: a picture that cannot be understood is refused, never passed on as it is; only a
//! picture that is turned is held in memory, within the limits of [`turn`]. No input makes anything
//! here panic or hang.

use std::io::{self, Read, Seek};

use super::inspect::MediaType;
use crate::refusal::Refusal;

mod heic;
mod jpeg;
mod orientation;
mod plan;
mod png;
mod tiff;
mod turn;
mod walk;

pub(crate) use plan::Plan;

/// Why a picture could not be cleaned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    /// What describes the picture cannot be told from what shows it.
    #[error("the picture is damaged or unusual")]
    Unreadable,
    /// It has to be turned and exceeds the limits for that.
    #[error("the picture is too large to be turned")]
    TooLarge,
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
}

impl PictureError {
    /// The refusal that people see, or the failure to read the source.
    pub(crate) fn into_refusal(self) -> Result<Refusal, io::Error> {
        match self {
            Self::Unreadable => Ok(Refusal::PictureUnreadable),
            Self::TooLarge => Ok(Refusal::PictureTooLarge),
            Self::Io(error) => Err(error),
        }
    }
}

impl From<io::Error> for PictureError {
    fn from(error: io::Error) -> Self {
        // A structure that reaches past the end of the file.
        if matches!(error.kind(), io::ErrorKind::UnexpectedEof) {
            Self::Unreadable
        } else {
            Self::Io(error)
        }
    }
}

/// What of this file is to be kept: of a picture the cleaned picture, of another file all of it.
pub(crate) fn plan<R: Read + Seek>(source: &mut R, media_type: MediaType) -> Result<Plan, PictureError> {
    match media_type {
        MediaType::Jpeg => jpeg::plan(source),
        MediaType::Png => png::plan(source),
        MediaType::Tiff => tiff::plan(source),
        MediaType::Heic => heic::plan(source),
        MediaType::Pdf | MediaType::Dicom | MediaType::Text | MediaType::DicomSet => Ok(Plan::whole()),
    }
}

#[cfg(test)]
mod tests;
