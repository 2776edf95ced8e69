//! The patient's identity in a DICOM file: name, id, birth date and sex, from the header of a Part 10
//! file, with or without its preamble.
//!
//! A small header reader ([`elements`]) with `encoding_rs` for the character sets ([`charset`]).
//! dicom-object (0.10) was evaluated and rejected: it does not decode several character sets in one
//! value (ISO 2022 code extensions, so no Japanese or Korean name from the standard's own examples),
//! depends on `chrono`, which `deny.toml` bans, and on the unmaintained `encoding`, and rejects files
//! with a damaged element even where the patient could still be read.
//!
//! Images and sequences are not read, nor the patients that a DICOMDIR lists: the files of its set name
//! them. Invariant: a header that cannot be read up to the patient's data gives an error, never a
//! partial identity.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use super::{Finding, window};
use crate::patients::Sex;
use crate::private::Private;
use crate::time::{Date, PartialDate};

mod bare;
mod charset;
mod compare;
mod elements;
mod source;

pub(super) use bare::{HEAD_BYTES, begins};
pub use compare::{IdentityMismatch, compare};
use source::{Seekable, Source, Stop, Stream};

/// Why a DICOM header could not be read up to the patient's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DicomFault {
    /// The file does not start like a DICOM file.
    #[error("not a DICOM file")]
    NotDicom,
    /// The file ends before the patient's data.
    #[error("the DICOM header is cut short")]
    Truncated,
    /// The data before the patient's is not valid DICOM.
    #[error("the DICOM header is malformed")]
    Malformed,
    /// The data before the patient's exceeds the limits.
    #[error("the DICOM header is too long")]
    TooLong,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum DicomError {
    /// The bytes do not contain it.
    #[error(transparent)]
    Unreadable(#[from] DicomFault),
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
}

/// The patient that a header names. Values that are absent, empty or invalid are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DicomIdentity {
    /// (0010,0010) Patient's Name.
    pub name: Option<DicomName>,
    /// (0010,0020) Patient ID.
    pub patient_id: Option<Private<String>>,
    /// (0010,0030) Patient's Birth Date. Some devices write zeros for unknown parts.
    pub birth_date: Option<PartialDate>,
    /// (0010,0040) Patient's Sex.
    pub sex: Option<Sex>,
}

impl DicomIdentity {
    /// Whether the header has no patient data.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn into_finding(self) -> Option<Finding> {
        (!self.is_empty()).then_some(Finding::DicomIdentity(self))
    }
}

/// A person's name: up to three spellings, each with `^` between its components (family, given, middle,
/// prefix, suffix).
#[derive(Clone, PartialEq, Eq)]
pub struct DicomName([String; 3]);

impl DicomName {
    /// `None` if it contains no letter.
    fn new(decoded: &str) -> Option<Self> {
        let plain: String = decoded
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut groups = plain.splitn(3, '=').map(|group| {
            let trimmed: Vec<&str> = group.split('^').map(str::trim).collect();
            trimmed.join("^").trim_end_matches('^').to_owned()
        });
        let name = Self(std::array::from_fn(|_| groups.next().unwrap_or_default()));
        plain.chars().any(char::is_alphanumeric).then_some(name)
    }

    /// The spelling in letters, usually Latin.
    #[must_use]
    pub fn alphabetic(&self) -> Option<&str> {
        let [group, _, _] = &self.0;
        Some(group.as_str()).filter(|group| !group.is_empty())
    }

    /// The spelling in Chinese characters or Hangul.
    #[must_use]
    pub fn ideographic(&self) -> Option<&str> {
        let [_, group, _] = &self.0;
        Some(group.as_str()).filter(|group| !group.is_empty())
    }

    /// The pronunciation, in kana or Hangul.
    #[must_use]
    pub fn phonetic(&self) -> Option<&str> {
        let [_, _, group] = &self.0;
        Some(group.as_str()).filter(|group| !group.is_empty())
    }

    /// The spellings present.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .map(String::as_str)
            .filter(|group| !group.is_empty())
    }

    /// For display to the person who confirms the identity: every spelling, components in order.
    /// Patient data.
    #[must_use]
    pub fn display(&self) -> String {
        let shown = self.groups().map(|group| {
            let words: Vec<&str> = group.split(['^', ' ']).filter(|word| !word.is_empty()).collect();
            words.join(" ")
        });
        shown.collect::<Vec<_>>().join(" = ")
    }
}

impl fmt::Debug for DicomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DicomName(..)")
    }
}

/// Reads the patient's identity from the header, and nothing after it.
///
/// # Errors
///
/// If the file is not DICOM, if its header cannot be read up to the patient's data, or if the file
/// cannot be read.
pub fn read_identity<R: Read + Seek>(reader: &mut R) -> Result<DicomIdentity, DicomError> {
    let length = window::length(reader).map_err(DicomError::Io)?;
    reader.seek(SeekFrom::Start(0)).map_err(DicomError::Io)?;
    Ok(read_header(&mut Seekable::new(reader, length))?)
}

/// Same for input that can only be read forward, such as a file in an archive. Reads at most `left`
/// bytes and subtracts the bytes read from it.
pub(super) fn read_identity_of_stream<R: Read>(
    reader: R,
    left: &mut u64,
) -> Result<DicomIdentity, DicomError> {
    Ok(read_header(&mut Stream::new(reader, left))?)
}

impl From<Stop> for DicomError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fault(fault) => Self::Unreadable(fault),
            Stop::Io(error) => Self::Io(error),
        }
    }
}

fn read_header(source: &mut dyn Source) -> Result<DicomIdentity, Stop> {
    let mut values = Values::default();
    elements::read(source, |element, value| match element {
        (0x0008, 0x0005) => values.charset = value,
        (0x0010, 0x0010) => values.name = value,
        (0x0010, 0x0020) => values.patient_id = value,
        (0x0010, 0x0030) => values.birth_date = value,
        (0x0010, 0x0040) => values.sex = value,
        _ => {}
    })?;
    Ok(values.decoded())
}

/// The raw values from the file.
#[derive(Default)]
struct Values {
    charset: Vec<u8>,
    name: Vec<u8>,
    patient_id: Vec<u8>,
    birth_date: Vec<u8>,
    sex: Vec<u8>,
}

impl Values {
    fn decoded(&self) -> DicomIdentity {
        let charset = charset::Charset::of(&self.charset);
        let patient_id = charset.decode(&self.patient_id);
        let patient_id = first_value(&patient_id);
        DicomIdentity {
            name: DicomName::new(first_value(&charset.decode(&self.name))),
            patient_id: (!patient_id.is_empty()).then(|| Private::new(patient_id.to_owned())),
            birth_date: birth_date(&self.birth_date),
            sex: match self.sex.trim_ascii() {
                b"F" | b"f" => Some(Sex::Female),
                b"M" | b"m" => Some(Sex::Male),
                b"O" | b"o" => Some(Sex::Other),
                _ => None,
            },
        }
    }
}

/// Backslashes separate multiple values; these elements have only one.
fn first_value(decoded: &str) -> &str {
    let value = decoded.split('\\').next().unwrap_or_default();
    value.trim_matches(|c: char| c.is_whitespace() || c == '\0')
}

/// `19580417`, in old files `1958.04.17`. Zeros mean an unknown month or day.
fn birth_date(value: &[u8]) -> Option<PartialDate> {
    let digits: Vec<u8> = value.iter().copied().filter(u8::is_ascii_digit).collect();
    let others = value
        .iter()
        .any(|byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b' ' | 0));
    let text = std::str::from_utf8(&digits).ok()?;
    if others || text.len() != 8 {
        return None;
    }
    let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    let (year, month, day): (i16, i8, i8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    match (year, month, day) {
        (0, _, _) => None,
        (year, 0, _) => Some(PartialDate::Year(year)),
        (year, month, 0) => Date::new(year, month, 1)
            .ok()
            .map(|_| PartialDate::Month(year, month)),
        (year, month, day) => Date::new(year, month, day).ok().map(PartialDate::Day),
    }
}

/// Whether forward-only input starts like a DICOM file.
pub(super) fn begins_as_dicom<R: Read>(reader: R) -> io::Result<bool> {
    let mut left = u64::MAX;
    match elements::begin(&mut Stream::new(reader, &mut left)) {
        Ok(_) => Ok(true),
        Err(Stop::Fault(_)) => Ok(false),
        Err(Stop::Io(error)) => Err(error),
    }
}

#[cfg(test)]
pub(super) mod tests;
