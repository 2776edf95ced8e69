//! Plain text: UTF-8, UTF-16 with its mark, or Latin text as written by Windows and older systems
//! (Windows-1252, ISO 8859-1 and -15), without control characters.
//!
//! The whole file is read, piece by piece: a file that starts as text and continues as a program is not
//! text. Mark-up, scripts and page descriptions are text too, but are rejected in every encoding,
//! because a program on the reader's side would run them.
//!
//! Invariant: reading as Latin text is a guess (every byte is some letter), so it is only tried if at
//! most a quarter of the bytes are non-ASCII. Other texts are of unknown encoding and not accepted.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use self::encodings::{Latin, Utf8, Utf16};

mod encodings;

const PIECE_BYTES: usize = 64 * 1024;

/// Number of characters after leading white space that distinguish mark-up and scripts from text.
const OPENING: usize = 8;

/// What a file is, read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Text,
    /// It has no control characters, but its encoding cannot be told.
    UnknownEncoding,
    NotText,
}

/// Reads the file to its end, or to the first byte that text cannot contain.
pub(super) fn reading<R: Read + Seek>(reader: &mut R) -> io::Result<Reading> {
    reader.seek(SeekFrom::Start(0))?;
    let mut piece = Zeroizing::new(Vec::new());
    piece.reserve_exact(PIECE_BYTES + 32);
    let mut checked: Option<Checked> = None;
    loop {
        piece.clear();
        (&mut *reader).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(checked.map_or(Reading::NotText, |checked| checked.reading()));
        }
        let checked = checked.get_or_insert_with(|| Checked::of_beginning(&piece));
        if let Err(reading) = checked.continues(&piece) {
            return Ok(reading);
        }
    }
}

/// Whether a text in some encoding may contain this byte.
pub(super) fn is_text_byte(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x20..=0x7e | 0x80..)
}

/// Whether these first bytes are those of mark-up, a script or a page description.
pub(super) fn is_code(opening: &[u8]) -> bool {
    let opening = without_space(opening);
    let mark_up = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'!' | b'?' | b'/');
    opening
        .strip_prefix(b"<")
        .and_then(<[u8]>::first)
        .is_some_and(mark_up)
        || [&b"#!"[..], b"%!", b"{\\rtf"]
            .iter()
            .any(|code| opening.starts_with(code))
}

/// The bytes after what programs skip at the start: white space and byte order marks.
fn without_space(mut bytes: &[u8]) -> &[u8] {
    // U+FEFF, U+00A0, U+200B to U+200F, U+2028, U+2029, U+2060.
    const SKIPPED: [&[u8]; 10] = [
        b"\xef\xbb\xbf",
        b"\xc2\xa0",
        b"\xe2\x80\x8b",
        b"\xe2\x80\x8c",
        b"\xe2\x80\x8d",
        b"\xe2\x80\x8e",
        b"\xe2\x80\x8f",
        b"\xe2\x80\xa8",
        b"\xe2\x80\xa9",
        b"\xe2\x81\xa0",
    ];
    loop {
        let rest = bytes.trim_ascii_start();
        let rest = SKIPPED
            .iter()
            .find_map(|skipped| rest.strip_prefix(*skipped))
            .unwrap_or(rest);
        if rest.len() == bytes.len() {
            return rest;
        }
        bytes = rest;
    }
}

/// The encodings that the bytes so far may be in.
enum Checked {
    Utf16 {
        utf16: Utf16,
        opening: Vec<u8>,
    },
    Bytes {
        utf8: Option<Utf8>,
        latin: Latin,
        opening: Vec<u8>,
    },
}

impl Checked {
    /// UTF-16 is told from its mark alone.
    fn of_beginning(beginning: &[u8]) -> Self {
        let opening = Vec::new();
        match Utf16::of_mark(beginning) {
            Some(utf16) => Self::Utf16 { utf16, opening },
            None => Self::Bytes {
                utf8: Some(Utf8::default()),
                latin: Latin::default(),
                opening,
            },
        }
    }

    /// Takes the next piece; an error once it is clear what the file is.
    fn continues(&mut self, piece: &[u8]) -> Result<(), Reading> {
        match self {
            Self::Utf16 { utf16, opening } => {
                let text = utf16.decode(piece).ok_or(Reading::NotText)?;
                add_opening(opening, text.as_bytes());
            }
            Self::Bytes { utf8, latin, opening } => {
                if !piece.iter().all(|byte| is_text_byte(*byte)) {
                    return Err(Reading::NotText);
                }
                add_opening(opening, piece);
                latin.take(piece);
                if let Some(so_far) = utf8 {
                    match so_far.take(piece) {
                        Ok(true) => {}
                        Ok(false) => *utf8 = None,
                        Err(encodings::Control) => return Err(Reading::NotText),
                    }
                }
            }
        }
        Ok(())
    }

    /// The result at the end. A text that was cut within a character counts as text.
    fn reading(&self) -> Reading {
        let (known, opening) = match self {
            Self::Utf16 { opening, .. } => (true, opening),
            Self::Bytes { utf8, latin, opening } => (utf8.is_some() || latin.is_likely(), opening),
        };
        if is_code(opening) {
            Reading::NotText
        } else if known {
            Reading::Text
        } else {
            Reading::UnknownEncoding
        }
    }
}

/// Adds to the first characters that are not white space.
fn add_opening(opening: &mut Vec<u8>, piece: &[u8]) {
    // Marks and spaces of several bytes each, so that one may be split between two pieces.
    const SPARE: usize = 4;
    if without_space(opening).len() >= OPENING {
        return;
    }
    let unskipped = without_space(opening).to_vec();
    let joined = [unskipped.as_slice(), piece.get(..).unwrap_or_default()].concat();
    *opening = without_space(&joined)
        .iter()
        .take(OPENING + SPARE)
        .copied()
        .collect();
}
