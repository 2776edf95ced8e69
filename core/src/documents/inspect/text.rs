//! Plain text: UTF-8, or Latin text as written by Windows and older systems, without control
//! characters.
//!
//! The whole file is read, piece by piece: a file that starts as text and continues as a program is not
//! text. Mark-up, scripts and page descriptions are text too, but are rejected because a program on the
//! reader's side would run them.
//!
//! Invariant: reading as Latin text is a guess (every byte is some letter), so it is only tried if at
//! most a quarter of the bytes are non-ASCII.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

const PIECE_BYTES: usize = 64 * 1024;

/// Number of bytes after leading white space that distinguish mark-up and scripts from text.
const OPENING_BYTES: usize = 8;

/// Reads the file to its end, or to the first byte that text cannot contain.
pub(super) fn is_text<R: Read + Seek>(reader: &mut R) -> io::Result<bool> {
    reader.seek(SeekFrom::Start(0))?;
    let mut checked = Checked::default();
    let mut piece = Zeroizing::new(Vec::new());
    piece.reserve_exact(PIECE_BYTES + 32);
    loop {
        piece.clear();
        (&mut *reader).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(checked.is_text());
        }
        if !checked.continues(&piece) {
            return Ok(false);
        }
    }
}

/// Whether a text in some encoding may contain this byte.
pub(super) fn is_text_byte(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x20..=0x7e | 0x80..)
}

/// Whether these first bytes are those of mark-up, a script or a page description.
pub(super) fn is_code(opening: &[u8]) -> bool {
    let opening = opening.strip_prefix(b"\xef\xbb\xbf").unwrap_or(opening);
    let opening = opening.trim_ascii_start();
    let mark_up = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'!' | b'?' | b'/');
    opening
        .strip_prefix(b"<")
        .and_then(<[u8]>::first)
        .is_some_and(mark_up)
        || [&b"#!"[..], b"%!", b"{\\rtf"]
            .iter()
            .any(|code| opening.starts_with(code))
}

struct Checked {
    /// The first bytes that are not white space.
    opening: Vec<u8>,
    /// The bytes of a character that continues in the next piece; `None` once the file is not UTF-8.
    unfinished: Option<Zeroizing<Vec<u8>>>,
    /// Whether every byte so far is a character of Windows-1252.
    latin: bool,
    bytes: u64,
    beyond_ascii: u64,
}

impl Default for Checked {
    fn default() -> Self {
        Self {
            opening: Vec::new(),
            unfinished: Some(Zeroizing::default()),
            latin: true,
            bytes: 0,
            beyond_ascii: 0,
        }
    }
}

impl Checked {
    /// Takes the next piece; `false` once the file cannot be text.
    fn continues(&mut self, piece: &[u8]) -> bool {
        if !piece.iter().all(|byte| is_text_byte(*byte)) {
            return false;
        }
        let room = OPENING_BYTES.saturating_sub(self.opening.len());
        let opening = match (self.bytes, self.opening.is_empty()) {
            (0, _) => piece
                .strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(piece)
                .trim_ascii_start(),
            (_, true) => piece.trim_ascii_start(),
            (_, false) => piece,
        };
        self.opening.extend(opening.iter().take(room));
        self.bytes += piece.len() as u64;
        self.beyond_ascii += piece.iter().filter(|byte| !byte.is_ascii()).count() as u64;
        self.latin &= !piece
            .iter()
            .any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d));
        if let Some(mut bytes) = self.unfinished.take() {
            bytes.extend_from_slice(piece);
            self.unfinished = match utf8(&bytes) {
                Utf8::GoesOn(rest) => Some(rest),
                Utf8::Control => return false,
                Utf8::Other => None,
            };
        }
        self.unfinished.is_some() || self.latin
    }

    /// The result at the end. A text that was cut within a character counts as text.
    fn is_text(&self) -> bool {
        let latin = self.latin && self.beyond_ascii * 4 <= self.bytes;
        self.bytes > 0 && !is_code(&self.opening) && (self.unfinished.is_some() || latin)
    }
}

/// How bytes read as UTF-8.
enum Utf8 {
    /// Text; holds the bytes after its last complete character.
    GoesOn(Zeroizing<Vec<u8>>),
    /// Text with non-ASCII control characters.
    Control,
    /// Not UTF-8.
    Other,
}

fn utf8(bytes: &[u8]) -> Utf8 {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => return Utf8::Other,
    };
    let (text, rest) = bytes.split_at_checked(whole).unwrap_or_default();
    let text = std::str::from_utf8(text).unwrap_or_default();
    // The bytes below 0x80 were already checked.
    if text.chars().any(|c| !c.is_ascii() && c.is_control()) {
        Utf8::Control
    } else {
        Utf8::GoesOn(Zeroizing::new(rest.to_vec()))
    }
}
