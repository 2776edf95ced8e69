//! DICOM character sets (PS3.3 C.12.1.1.2, PS3.5 chapter 6): decodes the bytes of a value to text.
//!
//! The first value of Specific Character Set is the initial encoding; further values announce that
//! escape sequences switch encodings within a text (ISO 2022). The lower half of the byte values (`G0`)
//! is ASCII or a Japanese set with two bytes per character, the upper half (`G1`) one of the national
//! sets. After a delimiter (`^`, `=`, `\`, end of line) both return to their initial state. UTF-8,
//! GB18030 and GBK are used alone. The tables are those of `encoding_rs`, which browsers use.
//!
//! The decoder is more lenient than the standard, because real devices write such files: `ISO_IR` and
//! `ISO 2022 IR` are equivalent, escape sequences need no announcement, and non-ASCII bytes in an
//! undeclared set are read as UTF-8 if valid, otherwise as Latin-1.
//!
//! Invariant: every byte is consumed once, and whatever is not a character becomes U+FFFD.

use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, ISO_8859_15, UTF_8, WINDOWS_874, WINDOWS_1254,
};

const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// The text encoding of a file.
#[derive(Clone, Copy)]
pub(super) enum Charset {
    /// One encoding for all bytes.
    Whole(&'static Encoding),
    /// ISO 2022, with the initial upper half.
    Halves(Upper),
    /// No declaration defines the upper half.
    Undeclared,
}

/// The meaning of bytes from 0x80 on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Upper {
    Nothing,
    Latin1,
    /// One byte per character, from 0xa0 on.
    Single(&'static Encoding),
    /// JIS X 0201: half-width katakana.
    Katakana,
    /// Two bytes per character: Korean, Chinese.
    Double(&'static Encoding),
}

/// The meaning of bytes below 0x80.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lower {
    Ascii,
    /// Two bytes per character, JIS X 0208.
    Kanji,
    /// Two bytes per character, JIS X 0212.
    MoreKanji,
}

impl Charset {
    /// From the value of Specific Character Set (0008,0005).
    pub(super) fn of(value: &[u8]) -> Self {
        let declared: Vec<Self> = value.split(|byte| *byte == b'\\').filter_map(term).collect();
        let halves = declared.iter().copied().find(|one| match one {
            Self::Halves(upper) => *upper != Upper::Nothing,
            Self::Whole(_) | Self::Undeclared => false,
        });
        // In Korean files, the upper half is rarely declared by the first value: `\ISO 2022 IR 149`.
        match declared.first() {
            Some(whole @ Self::Whole(_)) => *whole,
            Some(first @ Self::Halves(upper)) if *upper != Upper::Nothing => *first,
            Some(Self::Halves(_) | Self::Undeclared) | None => {
                halves.or(declared.last().copied()).unwrap_or(Self::Undeclared)
            }
        }
    }

    pub(super) fn decode(self, value: &[u8]) -> String {
        match self {
            Self::Whole(encoding) => decode_whole(encoding, value),
            Self::Halves(upper) => Decoder::new(upper).decode(value),
            Self::Undeclared => match std::str::from_utf8(value) {
                Ok(text) if !value.contains(&ESCAPE) => text.to_owned(),
                Ok(_) | Err(_) => Decoder::new(Upper::Latin1).decode(value),
            },
        }
    }
}

fn decode_whole(encoding: &'static Encoding, value: &[u8]) -> String {
    encoding.decode_without_bom_handling(value).0.into_owned()
}

/// Parses one value of Specific Character Set by its number in the ISO registry; `None` if unknown.
fn term(value: &[u8]) -> Option<Charset> {
    let term = String::from_utf8_lossy(value).trim().to_ascii_uppercase();
    let number = term
        .strip_prefix("ISO")
        .map(|rest| rest.rsplit([' ', '_', '-', 'R']).next().unwrap_or_default());
    Some(match (term.as_str(), number) {
        ("GB18030", _) => Charset::Whole(GB18030),
        ("GBK" | "GB2312", _) => Charset::Whole(GBK),
        (_, Some("192")) => Charset::Whole(UTF_8),
        ("", _) | (_, Some("6")) => Charset::Undeclared,
        (_, Some("100")) => Charset::Halves(Upper::Latin1),
        (_, Some("101")) => Charset::Halves(Upper::Single(ISO_8859_2)),
        (_, Some("109")) => Charset::Halves(Upper::Single(ISO_8859_3)),
        (_, Some("110")) => Charset::Halves(Upper::Single(ISO_8859_4)),
        (_, Some("144")) => Charset::Halves(Upper::Single(ISO_8859_5)),
        (_, Some("127")) => Charset::Halves(Upper::Single(ISO_8859_6)),
        (_, Some("126")) => Charset::Halves(Upper::Single(ISO_8859_7)),
        (_, Some("138")) => Charset::Halves(Upper::Single(ISO_8859_8)),
        (_, Some("148")) => Charset::Halves(Upper::Single(WINDOWS_1254)),
        (_, Some("203")) => Charset::Halves(Upper::Single(ISO_8859_15)),
        (_, Some("166")) => Charset::Halves(Upper::Single(WINDOWS_874)),
        (_, Some("13")) => Charset::Halves(Upper::Katakana),
        (_, Some("149")) => Charset::Halves(Upper::Double(EUC_KR)),
        (_, Some("58")) => Charset::Halves(Upper::Double(GBK)),
        (_, Some("87" | "159")) => Charset::Halves(Upper::Nothing),
        _ => return None,
    })
}

const ESCAPE: u8 = 0x1b;

struct Decoder {
    first: Upper,
    lower: Lower,
    upper: Upper,
    text: String,
}

impl Decoder {
    fn new(first: Upper) -> Self {
        Self {
            first,
            lower: Lower::Ascii,
            upper: first,
            text: String::new(),
        }
    }

    fn decode(mut self, mut bytes: &[u8]) -> String {
        while let Some((first, rest)) = bytes.split_first() {
            bytes = if *first == ESCAPE {
                self.escape(rest)
            } else if *first < 0x80 {
                self.lower(*first, rest)
            } else {
                self.upper(*first, rest)
            };
        }
        self.text
    }

    /// Returns the bytes still to be read.
    fn escape<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let (length, half): (usize, Half) = match rest {
            [b'(', b'B' | b'J', ..] => (2, Half::Lower(Lower::Ascii)),
            [b'$', b'B' | b'@', ..] => (2, Half::Lower(Lower::Kanji)),
            [b'$', b'(', b'D', ..] => (3, Half::Lower(Lower::MoreKanji)),
            [b')', b'I', ..] => (2, Half::Upper(Upper::Katakana)),
            [b'$', b')', b'C', ..] => (3, Half::Upper(Upper::Double(EUC_KR))),
            [b'$', b')', b'A', ..] => (3, Half::Upper(Upper::Double(GBK))),
            [b'-', b'A', ..] => (2, Half::Upper(Upper::Latin1)),
            [b'-', b'B', ..] => (2, Half::Upper(Upper::Single(ISO_8859_2))),
            [b'-', b'C', ..] => (2, Half::Upper(Upper::Single(ISO_8859_3))),
            [b'-', b'D', ..] => (2, Half::Upper(Upper::Single(ISO_8859_4))),
            [b'-', b'F', ..] => (2, Half::Upper(Upper::Single(ISO_8859_7))),
            [b'-', b'G', ..] => (2, Half::Upper(Upper::Single(ISO_8859_6))),
            [b'-', b'H', ..] => (2, Half::Upper(Upper::Single(ISO_8859_8))),
            [b'-', b'L', ..] => (2, Half::Upper(Upper::Single(ISO_8859_5))),
            [b'-', b'M', ..] => (2, Half::Upper(Upper::Single(WINDOWS_1254))),
            [b'-', b'T', ..] => (2, Half::Upper(Upper::Single(WINDOWS_874))),
            [b'-', b'b', ..] => (2, Half::Upper(Upper::Single(ISO_8859_15))),
            _ => {
                self.text.push(UNKNOWN);
                return rest;
            }
        };
        match half {
            Half::Lower(lower) => self.lower = lower,
            Half::Upper(upper) => self.upper = upper,
        }
        rest.get(length..).unwrap_or_default()
    }

    fn lower<'a>(&mut self, first: u8, rest: &'a [u8]) -> &'a [u8] {
        let second = rest.split_first().filter(|_| first > 0x20);
        match (self.lower, second) {
            (Lower::Kanji, Some((second, rest))) => {
                self.push(EUC_JP, &[first | 0x80, second | 0x80]);
                rest
            }
            (Lower::MoreKanji, Some((second, rest))) => {
                self.push(EUC_JP, &[0x8f, first | 0x80, second | 0x80]);
                rest
            }
            (Lower::Ascii, _) | (Lower::Kanji | Lower::MoreKanji, None) => {
                self.text.push(char::from(first));
                if matches!(first, b'^' | b'=' | b'\\' | b'\t' | b'\n' | 0x0c | b'\r') {
                    (self.lower, self.upper) = (Lower::Ascii, self.first);
                }
                rest
            }
        }
    }

    fn upper<'a>(&mut self, first: u8, rest: &'a [u8]) -> &'a [u8] {
        match (self.upper, rest.split_first()) {
            (Upper::Latin1, _) if first >= 0xa0 => self.text.push(char::from(first)),
            (Upper::Single(encoding), _) if first >= 0xa0 => self.push(encoding, &[first]),
            (Upper::Katakana, _) if (0xa1..=0xdf).contains(&first) => {
                let katakana = 0xff61 + u32::from(first - 0xa1);
                self.text.push(char::from_u32(katakana).unwrap_or(UNKNOWN));
            }
            (Upper::Double(encoding), Some((second, rest))) if first >= 0xa0 && *second >= 0xa0 => {
                self.push(encoding, &[first, *second]);
                return rest;
            }
            (Upper::Nothing | Upper::Latin1 | Upper::Single(_) | Upper::Katakana | Upper::Double(_), _) => {
                self.text.push(UNKNOWN);
            }
        }
        rest
    }

    fn push(&mut self, encoding: &'static Encoding, bytes: &[u8]) {
        let decoded = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        match decoded {
            Some(character) => self.text.push_str(&character),
            None => self.text.push(UNKNOWN),
        }
    }
}

enum Half {
    Lower(Lower),
    Upper(Upper),
}

#[cfg(test)]
mod tests;
