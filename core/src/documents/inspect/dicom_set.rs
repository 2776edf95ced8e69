//! ZIP archives that are a set of DICOM files: either a DICOMDIR with everything beside or below it, as
//! on a patient's disc, or nothing but DICOM files.
//!
//! The archive is parsed here (APPNOTE 4.3), with `flate2` for compressed files; the `zip` crate holds
//! the whole directory in memory, and a directory of 2 GiB is easy to construct. Files that macOS adds
//! (`__MACOSX/`, `.DS_Store`) are ignored. Rejected, because programs disagree about the content of
//! such archives or nobody needs them here: ZIP64, multiple disks, encrypted files, files with other
//! compression methods, and any data after the archive's end.
//!
//! Invariant: the number of bytes decompressed is limited for each file and for the archive as a whole.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;
use zeroize::Zeroizing;

use super::dicom::{self, DicomError, DicomFault, DicomIdentity};
use super::window::{find_last, from, length, read_at};
use super::{Finding, MAX_IDENTITIES};

/// The end record, without its comment.
const END_BYTES: usize = 22;
const MAX_COMMENT: usize = u16::MAX as usize;
const END: &[u8] = b"PK\x05\x06";

const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;
const FILE: &[u8] = b"PK\x03\x04";
const FILE_BYTES: usize = 30;

/// Bytes of the directory read at once. The longest entry is shorter.
const WINDOW_BYTES: usize = 256 * 1024;

/// Bytes decompressed per file for its identity, and for all files together.
const HEADER_BYTES: u64 = 4 * 1024 * 1024;
const ALL_HEADERS_BYTES: u64 = 256 * 1024 * 1024;

pub(super) fn is_dicom_set<R: Read + Seek>(reader: &mut R) -> io::Result<bool> {
    let Some(mut directory) = Directory::open(reader)? else {
        return Ok(false);
    };
    let (mut any, mut only) = (false, true);
    let mut listed: Option<Vec<u8>> = None;
    let mut common: Option<Vec<u8>> = None;
    while let Some(entry) = directory.next(reader)? {
        if entry.encrypted {
            return Ok(false);
        }
        let is_dicom = match entry.open(reader)? {
            Some(file) => dicom::begins_as_dicom(file)?,
            None => false,
        };
        any |= is_dicom;
        only &= is_dicom;
        if is_dicom && entry.is_dicomdir() && listed.as_ref().is_none_or(|l| entry.folder().len() < l.len()) {
            listed = Some(entry.folder().to_vec());
        }
        common = Some(match common {
            Some(before) => shared(&before, entry.folder()).to_vec(),
            None => entry.folder().to_vec(),
        });
    }
    let all_below = listed.is_some_and(|listed| common.is_some_and(|common| common.starts_with(&listed)));
    Ok(directory.is_at_end() && any && (only || all_below))
}

/// The common prefix of two names.
fn shared<'a>(a: &'a [u8], b: &[u8]) -> &'a [u8] {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    a.get(..same).unwrap_or_default()
}

/// The identities in this set's headers: each different one once, and the first fault.
pub(super) fn findings<R: Read + Seek>(reader: &mut R) -> io::Result<Vec<Finding>> {
    let (mut identities, mut fault) = (Vec::<DicomIdentity>::new(), None);
    let mut left = ALL_HEADERS_BYTES;
    let Some(mut directory) = Directory::open(reader)? else {
        return Ok(Vec::new());
    };
    while let Some(entry) = directory.next(reader)? {
        if identities.len() >= MAX_IDENTITIES {
            break;
        }
        let Some(file) = entry.open(reader)? else {
            continue;
        };
        let most = left.min(HEADER_BYTES);
        let mut of_this = most;
        match dicom::read_identity_of_stream(file, &mut of_this) {
            Ok(identity) if !identity.is_empty() && !identities.contains(&identity) => {
                identities.push(identity)
            }
            // Beside a DICOMDIR there may be other files, such as a viewer.
            Ok(_) | Err(DicomError::Unreadable(DicomFault::NotDicom)) => {}
            Err(DicomError::Unreadable(found)) => fault = fault.or(Some(found)),
            Err(DicomError::Io(error)) => return Err(error),
        }
        left = left.saturating_sub(most.saturating_sub(of_this));
    }
    let identities = identities.into_iter().map(Finding::DicomIdentity);
    Ok(identities.chain(fault.map(Finding::DicomUnreadable)).collect())
}

/// A file in an archive, as listed in the directory at the archive's end.
struct Entry {
    name: Vec<u8>,
    encrypted: bool,
    method: u16,
    packed: u64,
    at: u64,
}

impl Entry {
    /// The path before the file name, including the trailing separator.
    fn folder(&self) -> &[u8] {
        let sign = |byte: &u8| matches!(byte, b'/' | b'\\');
        let length = self.name.iter().rposition(sign).map_or(0, |at| at + 1);
        self.name.get(..length).unwrap_or_default()
    }

    fn file_name(&self) -> &[u8] {
        from(&self.name, self.folder().len())
    }

    fn is_dicomdir(&self) -> bool {
        self.file_name().eq_ignore_ascii_case(b"DICOMDIR")
    }

    /// Folders have no content, and macOS adds hidden files.
    fn counts(&self) -> bool {
        !self.name.ends_with(b"/") && !self.name.starts_with(b"__MACOSX/") && self.file_name() != b".DS_Store"
    }

    /// The decompressed bytes; `None` if the file is not at its offset, or uses another compression
    /// method.
    fn open<'a, R: Read + Seek>(&self, reader: &'a mut R) -> io::Result<Option<Box<dyn Read + 'a>>> {
        let head = read_at(reader, self.at, FILE_BYTES)?;
        let (Some(name), Some(extra), true) = (u16_at(&head, 26), u16_at(&head, 28), head.starts_with(FILE))
        else {
            return Ok(None);
        };
        let content = self.at + FILE_BYTES as u64 + u64::from(name) + u64::from(extra);
        reader.seek(SeekFrom::Start(content))?;
        let packed = reader.take(self.packed);
        Ok(match self.method {
            0 => Some(Box::new(packed)),
            8 => Some(Box::new(DeflateDecoder::new(packed))),
            _ => None,
        })
    }
}

/// The directory of an archive, read piece by piece.
struct Directory {
    window: Zeroizing<Vec<u8>>,
    window_at: u64,
    at: u64,
    end: u64,
    entries: u16,
}

impl Directory {
    /// `None` if there is no directory that all programs would read in the same way.
    fn open<R: Read + Seek>(reader: &mut R) -> io::Result<Option<Self>> {
        let size = length(reader)?;
        let tail_at = size.saturating_sub((END_BYTES + MAX_COMMENT) as u64);
        let tail = read_at(reader, tail_at, END_BYTES + MAX_COMMENT)?;
        Ok(Self::of_end(&tail, tail_at))
    }

    fn of_end(tail: &[u8], tail_at: u64) -> Option<Self> {
        let found = find_last(tail, END)?;
        let end = from(tail, found);
        let comment = usize::from(u16_at(end, 20)?);
        let one_disk = u16_at(end, 4)? == 0 && u16_at(end, 6)? == 0 && u16_at(end, 8)? == u16_at(end, 10)?;
        let (length, at) = (u32_at(end, 12)?, u32_at(end, 16)?);
        let end_at = tail_at + found as u64;
        let entries = u16_at(end, 10)?;
        let joins = u64::from(at) + u64::from(length) == end_at;
        let is_last = END_BYTES + comment == end.len();
        (one_disk && joins && is_last && entries != u16::MAX).then(|| Self {
            window: Zeroizing::default(),
            window_at: 0,
            at: at.into(),
            end: end_at,
            entries,
        })
    }

    /// The next relevant file. `None` at the end, and where the directory is broken.
    fn next<R: Read + Seek>(&mut self, reader: &mut R) -> io::Result<Option<Entry>> {
        while self.entries > 0 {
            let Some(entry) = self.entry(reader)? else {
                return Ok(None);
            };
            self.entries -= 1;
            if entry.counts() {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Whether the directory was read to its end.
    fn is_at_end(&self) -> bool {
        self.entries == 0 && self.at == self.end
    }

    fn entry<R: Read + Seek>(&mut self, reader: &mut R) -> io::Result<Option<Entry>> {
        const LONGEST: u64 = (ENTRY_BYTES + 3 * MAX_COMMENT) as u64;
        let window_end = self.window_at + self.window.len() as u64;
        if self.window.is_empty() || (self.at + LONGEST > window_end && window_end < self.end) {
            self.window = read_at(reader, self.at, WINDOW_BYTES)?;
            self.window_at = self.at;
        }
        let start = usize::try_from(self.at - self.window_at).unwrap_or(usize::MAX);
        let Some((entry, length)) = entry_of(from(&self.window, start)) else {
            return Ok(None);
        };
        self.at += length as u64;
        Ok(Some(entry))
    }
}

/// The first entry in a piece of the directory, and its length.
fn entry_of(bytes: &[u8]) -> Option<(Entry, usize)> {
    if !bytes.starts_with(ENTRY) {
        return None;
    }
    // Encrypted, strongly encrypted, directory encrypted.
    const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
    let name = usize::from(u16_at(bytes, 28)?);
    let rest = usize::from(u16_at(bytes, 30)?) + usize::from(u16_at(bytes, 32)?);
    let (packed, at) = (u32_at(bytes, 20)?, u32_at(bytes, 42)?);
    // The values are then stored elsewhere, which only ZIP64 does.
    let elsewhere = packed == u32::MAX || at == u32::MAX;
    let entry = Entry {
        name: bytes.get(ENTRY_BYTES..ENTRY_BYTES + name)?.to_vec(),
        encrypted: u16_at(bytes, 8)? & ENCRYPTED != 0,
        method: u16_at(bytes, 10)?,
        packed: packed.into(),
        at: at.into(),
    };
    (!elsewhere).then_some((entry, ENTRY_BYTES + name + rest))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = from(bytes, at).first_chunk::<2>()?;
    Some(u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = from(bytes, at).first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
pub(super) mod tests;
