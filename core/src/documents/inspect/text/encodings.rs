//! The encodings of text, each checked piece by piece.

use zeroize::Zeroizing;

/// The text has control characters beyond ASCII.
pub(super) struct Control;

/// UTF-8 so far.
#[derive(Default)]
pub(super) struct Utf8 {
    /// The bytes of a character that continues in the next piece.
    unfinished: Zeroizing<Vec<u8>>,
}

impl Utf8 {
    /// Whether it is still UTF-8.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<bool, Control> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.unfinished.len() + piece.len()));
        bytes.extend_from_slice(&self.unfinished);
        bytes.extend_from_slice(piece);
        let whole = match std::str::from_utf8(&bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Ok(false),
        };
        let (text, rest) = bytes.split_at_checked(whole).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        // The bytes below 0x80 are checked by the caller.
        if text.chars().any(|c| !c.is_ascii() && c.is_control()) {
            return Err(Control);
        }
        self.unfinished = Zeroizing::new(rest.to_vec());
        Ok(true)
    }
}

/// Windows-1252, which ISO 8859-1 and -15 differ from in signs only.
#[derive(Default)]
pub(super) struct Latin {
    bytes: u64,
    beyond_ascii: u64,
    unassigned: bool,
}

impl Latin {
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.beyond_ascii += piece.iter().filter(|byte| !byte.is_ascii()).count() as u64;
        let unassigned = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
        self.unassigned |= piece.iter().any(unassigned);
    }

    pub(super) fn is_likely(&self) -> bool {
        !self.unassigned && self.beyond_ascii * 4 <= self.bytes
    }
}

/// UTF-16 with its mark.
pub(super) struct Utf16 {
    big_endian: bool,
    /// Half a unit at the end of the last piece.
    half: Option<u8>,
    /// A high surrogate at the end of the last piece.
    high: Option<u16>,
}

impl Utf16 {
    /// `None` if these bytes do not begin with the mark. UTF-32 begins with it too.
    pub(super) fn of_mark(beginning: &[u8]) -> Option<Self> {
        let big_endian = match beginning {
            [0xff, 0xfe, 0, 0, ..] => return None,
            [0xff, 0xfe, ..] => false,
            [0xfe, 0xff, ..] => true,
            _ => return None,
        };
        Some(Self {
            big_endian,
            half: None,
            high: None,
        })
    }

    /// The characters of the next piece; `None` if it is not text.
    pub(super) fn decode(&mut self, piece: &[u8]) -> Option<Zeroizing<String>> {
        let half = self.half.take();
        let bytes = half.into_iter().chain(piece.iter().copied());
        let mut units = Zeroizing::new(Vec::with_capacity(piece.len() / 2 + 2));
        units.extend(self.high.take());
        for byte in bytes {
            match self.half.take() {
                None => self.half = Some(byte),
                Some(first) if self.big_endian => units.push(u16::from_be_bytes([first, byte])),
                Some(first) => units.push(u16::from_le_bytes([first, byte])),
            }
        }
        if let Some(last) = units.pop_if(|last| matches!(last, 0xd800..=0xdbff)) {
            self.high = Some(last);
        }
        let mut text = Zeroizing::new(String::with_capacity(units.len() * 3));
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.ok()?;
            let passes = !character.is_control() || matches!(character, '\n' | '\r' | '\t' | '\u{c}');
            if !passes || matches!(character, '\u{fffe}' | '\u{ffff}') {
                return None;
            }
            text.push(character);
        }
        Some(text)
    }
}
