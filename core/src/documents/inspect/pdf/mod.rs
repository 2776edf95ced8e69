//! Whether a PDF is encrypted, and whether it has the structures that readers start from.
//!
//! A reader starts at the end: `startxref` gives the offset of the latest cross-reference, which is a
//! table with a trailer or a stream. It refers to the previous one with `/Prev`, and to a hybrid file's
//! stream with `/XRefStm`. Each of their dictionaries has `/Encrypt` if the file is encrypted (ISO
//! 32000-2, 7.5.5). The dictionaries are never compressed or encrypted, so nothing has to be
//! decompressed. If the chain is broken, the head and the tail of the file are searched for
//! dictionaries, as readers do to repair a file.
//!
//! No crate is used: lopdf (0.47, evaluated) loads the whole file into memory and brings 60 crates with
//! it.
//!
//! A file that opens without a password (an empty user password) still counts as encrypted: what a
//! reader may do with it is up to that reader. Invariant: the file is read in windows, each at most as
//! often as the limits below allow, even if the file refers to itself.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek};

use self::dictionary::Dictionary;
use super::window::{find, find_last, from, length, read_at};

mod dictionary;

/// The start of a PDF.
pub(super) const HEADER: &[u8] = b"%PDF-";

/// Readers search for the header up to this offset.
pub(super) const HEADER_WITHIN: usize = 1024;

/// `%%EOF` is expected within this many bytes of the end (Acrobat's rule).
const END_WITHIN: usize = 1024;

/// Size of the head and tail that are searched.
const WINDOW_BYTES: usize = 1024 * 1024;

/// Maximum bytes of a dictionary that are read.
const DICTIONARY_BYTES: usize = 64 * 1024;

/// How far after the start of a cross-reference table its trailer is searched: enough for a table of
/// three million objects.
const TABLE_BYTES: u64 = 64 * 1024 * 1024;

/// Maximum number of cross-references followed. There is one for each time the file was saved.
const MAX_SECTIONS: usize = 256;

/// Maximum number of dictionaries tried in a window of a broken file.
const MAX_TRIED: usize = 64;

/// The state of a PDF as a reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PdfState {
    /// Neither encrypted nor damaged.
    Open,
    Encrypted,
    /// It lacks a structure, and nothing in its head or tail indicates encryption.
    Damaged(PdfDamage),
}

/// The structure that a PDF lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PdfDamage {
    /// The end: the file was truncated, or other data was appended.
    NoEnd,
    /// A cross-reference with a trailer at the offset given by `startxref`.
    NoCrossReference,
}

/// Checks a PDF for encryption and damage.
///
/// # Errors
///
/// If the file cannot be read.
pub fn pdf_state<R: Read + Seek>(reader: &mut R) -> io::Result<PdfState> {
    let size = length(reader)?;
    let head = read_at(reader, 0, HEADER_WITHIN + HEADER.len())?;
    let header_at = find(&head, HEADER).unwrap_or_default() as u64;
    let tail = read_at(reader, size.saturating_sub(WINDOW_BYTES as u64), WINDOW_BYTES)?;
    let ended = find(from(&tail, tail.len().saturating_sub(END_WITHIN)), b"%%EOF").is_some();

    let mut newest = None;
    if let Some(place) = startxref(&tail) {
        for place in BTreeSet::from([place, place.saturating_add(header_at)]) {
            if newest.is_none() {
                newest = section(reader, place)?.map(|dictionary| (place, dictionary));
            }
        }
    }
    let encrypted = match &newest {
        Some((place, dictionary)) => any_is_encrypted(reader, *place, header_at, dictionary)?,
        None => {
            let head = read_at(reader, 0, WINDOW_BYTES)?;
            mentions_encryption(&tail) || mentions_encryption(&head)
        }
    };
    Ok(match (encrypted, ended, newest) {
        (true, _, _) => PdfState::Encrypted,
        (false, false, _) => PdfState::Damaged(PdfDamage::NoEnd),
        (false, true, None) => PdfState::Damaged(PdfDamage::NoCrossReference),
        (false, true, Some(_)) => PdfState::Open,
    })
}

/// Whether the tail is that of a PDF.
pub(super) fn has_end<R: Read + Seek>(reader: &mut R) -> io::Result<bool> {
    let size = length(reader)?;
    let tail = read_at(reader, size.saturating_sub(WINDOW_BYTES as u64), WINDOW_BYTES)?;
    Ok(startxref(&tail).is_some())
}

/// The offset given by the last `startxref`.
fn startxref(tail: &[u8]) -> Option<u64> {
    const WORD: &[u8] = b"startxref";
    let rest = from(tail, find_last(tail, WORD)?.saturating_add(WORD.len())).trim_ascii_start();
    let digits: Vec<u8> = rest
        .iter()
        .copied()
        .take_while(u8::is_ascii_digit)
        .take(20)
        .collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// Follows the cross-references from the latest to the oldest. One that is not at its offset ends its
/// branch.
fn any_is_encrypted<R: Read + Seek>(
    reader: &mut R,
    place: u64,
    header_at: u64,
    newest: &Dictionary,
) -> io::Result<bool> {
    if newest.encrypted {
        return Ok(true);
    }
    let mut seen = BTreeSet::from([place]);
    let mut next: Vec<u64> = newest.others().collect();
    while let Some(place) = next.pop() {
        if seen.len() >= MAX_SECTIONS || !seen.insert(place) {
            continue;
        }
        let found = match section(reader, place)? {
            None if header_at > 0 => section(reader, place.saturating_add(header_at))?,
            found => found,
        };
        if let Some(dictionary) = found {
            if dictionary.encrypted {
                return Ok(true);
            }
            next.extend(dictionary.others());
        }
    }
    Ok(false)
}

/// The dictionary of the cross-reference at this offset: a table's trailer, or a stream's own
/// dictionary.
fn section<R: Read + Seek>(reader: &mut R, place: u64) -> io::Result<Option<Dictionary>> {
    let bytes = read_at(reader, place, DICTIONARY_BYTES)?;
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"xref") {
        return trailer(reader, place);
    }
    Ok(dictionary::of_object(start).filter(|dictionary| dictionary.is_cross_reference))
}

/// The dictionary of the first trailer from this offset on.
fn trailer<R: Read + Seek>(reader: &mut R, place: u64) -> io::Result<Option<Dictionary>> {
    const WORD: &[u8] = b"trailer";
    let mut at = place;
    while at < place.saturating_add(TABLE_BYTES) {
        let bytes = read_at(reader, at, WINDOW_BYTES)?;
        if let Some(found) = find(&bytes, WORD) {
            let behind = at.saturating_add((found + WORD.len()) as u64);
            return Ok(dictionary::read(&read_at(reader, behind, DICTIONARY_BYTES)?));
        }
        if bytes.len() < WINDOW_BYTES {
            break;
        }
        // The word may span two windows.
        at = at.saturating_add((WINDOW_BYTES - WORD.len()) as u64);
    }
    Ok(None)
}

/// Whether a trailer or a cross-reference stream in this window indicates encryption.
fn mentions_encryption(window: &[u8]) -> bool {
    /// Maximum distance between the start of an object and its type.
    const BEFORE: usize = 4096;
    let piece = |at: usize| {
        let rest = from(window, at);
        rest.get(..DICTIONARY_BYTES).unwrap_or(rest)
    };
    let trailers = places(window, b"trailer").map(|at| dictionary::read(piece(at + b"trailer".len())));
    let streams = places(window, b"/XRef").map(|at| {
        let start = at.saturating_sub(BEFORE);
        let object = find_last(window.get(start..at)?, b"obj")?;
        dictionary::read(piece(start + object + b"obj".len()))
    });
    trailers
        .chain(streams)
        .flatten()
        .any(|dictionary| dictionary.encrypted)
}

/// The offsets of a word in a window, up to the limit on attempts.
fn places(window: &[u8], word: &'static [u8]) -> impl Iterator<Item = usize> {
    let found = window.windows(word.len()).enumerate();
    found
        .filter(move |(_, bytes)| *bytes == word)
        .map(|(at, _)| at)
        .take(MAX_TRIED)
}

#[cfg(test)]
mod tests;
