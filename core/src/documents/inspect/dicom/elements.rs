//! The elements of a DICOM file, from its start up to the patient's data.
//!
//! ```text
//! 128 bytes of anything, "DICM"; both may be missing (see `bare`)
//! group 0002, explicit, little endian: which syntax the rest has
//! groups 0004, 0008, ... in ascending order: each tag, its type (explicit syntaxes only), length, value
//! ```
//!
//! Only requested values are read, others are skipped. Reading ends after the patient's data, long
//! before any image. Sequences of undefined length are tracked by counting opens and closes, so no
//! input causes recursion. The element encoding is detected from the first bytes of the data set,
//! because some files have a group 0002 that is wrong or silent about it; only the compression of the
//! data set is taken from group 0002.
//!
//! Invariants: every step reads at least one byte and the number of steps is limited; a length is not
//! trusted until that many bytes have been read.

use std::io::{self, Read};

use super::source::{Source, Stop, Stream, fault};
use super::{DicomFault, bare};
use crate::documents::inspect::sniff::{DICOM_MARK, DICOM_MARK_AT};

/// Group and element.
pub(super) type Tag = (u16, u16);

/// Character set; name, id, birth date and sex of the patient.
const WANTED: [Tag; 5] = [
    (0x0008, 0x0005),
    (0x0010, 0x0010),
    (0x0010, 0x0020),
    (0x0010, 0x0030),
    (0x0010, 0x0040),
];

/// The last requested element.
const LAST: Tag = (0x0010, 0x0040);

/// Maximum number of elements up to there, including those in open sequences.
const MAX_ELEMENTS: u32 = 1 << 20;

/// Maximum nesting of sequences and items of undefined length.
const MAX_DEPTH: usize = 32;

/// Maximum length of a value that is read. Names and ids have a few hundred bytes.
const MAX_VALUE: u64 = 16 * 1024;

/// Maximum number of bytes decompressed from a compressed data set.
const MAX_INFLATED: u64 = 16 * 1024 * 1024;

const META: u16 = 0x0002;
/// Used only in DICOMDIR files, whose patients are in sequences.
const DIRECTORY: u16 = 0x0004;
const TRANSFER_SYNTAX: Tag = (META, 0x0010);
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);
const DEFLATED: &[u8] = b"1.2.840.10008.1.2.1.99";

/// Reads the header up to the patient's sex and passes the values of the requested elements to `take`.
pub(super) fn read(source: &mut dyn Source, mut take: impl FnMut(Tag, Vec<u8>)) -> Result<(), Stop> {
    let ahead = begin(source)?;
    let mut meta = Elements::new(source, Syntax::META);
    meta.input.ahead = ahead;
    let mut syntax = Vec::new();
    while let Some(element) = meta.next_of_group(META)? {
        if element.tag == TRANSFER_SYNTAX {
            syntax = meta.value(&element)?;
        } else {
            meta.skip(&element)?;
        }
    }
    let Elements { mut input, .. } = meta;
    // Padded with a zero to an even length.
    if syntax.strip_suffix(b"\0").unwrap_or(&syntax) == DEFLATED {
        let inflated = flate2::read::DeflateDecoder::new(&mut input);
        let mut left = MAX_INFLATED;
        let mut inflated = Stream::new(inflated, &mut left);
        patient(Input::new(&mut inflated), &mut take)
    } else {
        patient(input, &mut take)
    }
}

fn patient(mut input: Input<'_>, take: &mut impl FnMut(Tag, Vec<u8>)) -> Result<(), Stop> {
    let Some(syntax) = Syntax::of(&mut input)? else {
        return Err(DicomFault::Truncated.into());
    };
    let mut elements = Elements {
        input,
        syntax,
        left: MAX_ELEMENTS,
    };
    let mut is_directory = false;
    while let Some(element) = elements.next()? {
        if element.tag > LAST {
            return Ok(());
        }
        is_directory |= element.tag.0 == DIRECTORY;
        if WANTED.contains(&element.tag) {
            let value = elements.value(&element)?;
            take(element.tag, value);
        } else {
            elements.skip(&element)?;
        }
    }
    // Every other file has data after the patient, at least its study.
    if is_directory {
        Ok(())
    } else {
        Err(DicomFault::Truncated.into())
    }
}

/// Reads the preamble and the mark. Of a file that has neither, what was read of its elements instead.
pub(super) fn begin(source: &mut dyn Source) -> Result<Vec<u8>, Stop> {
    const MARKED: usize = DICOM_MARK_AT + DICOM_MARK.len();
    let mut beginning = Vec::new();
    source.take(MARKED as u64).read_to_end(&mut beginning)?;
    if beginning.len() == MARKED && beginning.ends_with(DICOM_MARK) {
        return Ok(Vec::new());
    }
    if !bare::may_begin(&beginning) {
        return Err(DicomFault::NotDicom.into());
    }
    let more = bare::HEAD_BYTES.saturating_sub(beginning.len());
    source.take(more as u64).read_to_end(&mut beginning)?;
    if bare::begins(&beginning) {
        Ok(beginning)
    } else {
        Err(DicomFault::NotDicom.into())
    }
}

/// A source with bytes that were read ahead.
struct Input<'a> {
    source: &'a mut dyn Source,
    ahead: Vec<u8>,
}

impl<'a> Input<'a> {
    fn new(source: &'a mut dyn Source) -> Self {
        Self {
            source,
            ahead: Vec::new(),
        }
    }

    /// Fills the buffer; `false` at the end of the input, an error if only part of the buffer could be
    /// filled.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(fault(DicomFault::Truncated)),
                Ok(read) => filled += read,
                Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn put_back(&mut self, bytes: &[u8]) {
        self.ahead.splice(..0, bytes.iter().copied());
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            return self.source.read(buffer);
        }
        let read = self.ahead.as_slice().read(buffer)?;
        self.ahead.drain(..read);
        Ok(read)
    }
}

#[derive(Clone, Copy)]
struct Syntax {
    big_endian: bool,
    explicit: bool,
}

impl Syntax {
    const META: Self = Self {
        big_endian: false,
        explicit: true,
    };

    /// Inside elements of unknown type (`UN`).
    const UNKNOWN: Self = Self {
        big_endian: false,
        explicit: false,
    };

    /// Detected from the first element; `None` if there is none. Group numbers are small, which reveals
    /// the byte order.
    fn of(input: &mut Input<'_>) -> io::Result<Option<Self>> {
        let mut first = [0; 6];
        if !input.fill(&mut first)? {
            return Ok(None);
        }
        input.put_back(&first);
        let [a, b, _, _, vr @ ..] = first;
        Ok(Some(Self {
            big_endian: u16::from_be_bytes([a, b]) < u16::from_le_bytes([a, b]),
            explicit: is_known(vr),
        }))
    }

    fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }
}

/// Types with a two-byte length.
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
    b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// Types with a four-byte length after two zero bytes.
pub(super) const LONG: [&[u8; 2]; 13] = [
    b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV",
];

pub(super) fn is_known(vr: [u8; 2]) -> bool {
    SHORT.contains(&&vr) || LONG.contains(&&vr)
}

struct Element {
    tag: Tag,
    vr: [u8; 2],
    /// `None` if a delimiter marks its end instead.
    length: Option<u64>,
}

struct Elements<'a> {
    input: Input<'a>,
    syntax: Syntax,
    left: u32,
}

impl<'a> Elements<'a> {
    fn new(source: &'a mut dyn Source, syntax: Syntax) -> Self {
        Self {
            input: Input::new(source),
            syntax,
            left: MAX_ELEMENTS,
        }
    }

    /// The next element if it is in this group. Otherwise its tag remains unread.
    fn next_of_group(&mut self, group: u16) -> Result<Option<Element>, Stop> {
        let mut tag = [0; 4];
        if !self.input.fill(&mut tag)? {
            return Ok(None);
        }
        self.input.put_back(&tag);
        let [a, b, _, _] = tag;
        if self.syntax.u16([a, b]) == group {
            self.next()
        } else {
            Ok(None)
        }
    }

    fn next(&mut self) -> Result<Option<Element>, Stop> {
        self.left = self.left.checked_sub(1).ok_or(DicomFault::TooLong)?;
        let mut tag = [0; 4];
        if !self.input.fill(&mut tag)? {
            return Ok(None);
        }
        let [a, b, c, d] = tag;
        let tag = (self.syntax.u16([a, b]), self.syntax.u16([c, d]));
        let [a, b, c, d] = self.four()?;
        let is_mark = matches!(tag, ITEM | ITEM_END | SEQUENCE_END);
        // A type that is not two letters is no type: some writers omit it.
        let explicit = self.syntax.explicit && !is_mark && a.is_ascii_alphabetic() && b.is_ascii_alphabetic();
        let vr = if explicit { [a, b] } else { [0, 0] };
        let length = if !explicit {
            self.syntax.u32([a, b, c, d])
        } else if LONG.contains(&&vr) || (!SHORT.contains(&&vr) && [c, d] == [0, 0]) {
            let length = self.four()?;
            self.syntax.u32(length)
        } else {
            self.syntax.u16([c, d]).into()
        };
        let length = (length != u32::MAX).then_some(length.into());
        Ok(Some(Element { tag, vr, length }))
    }

    fn four(&mut self) -> Result<[u8; 4], Stop> {
        let mut bytes = [0; 4];
        if self.input.fill(&mut bytes)? {
            Ok(bytes)
        } else {
            Err(DicomFault::Truncated.into())
        }
    }

    fn value(&mut self, element: &Element) -> Result<Vec<u8>, Stop> {
        let length = element.length.filter(|length| *length <= MAX_VALUE);
        let length = length.ok_or(DicomFault::Malformed)?;
        let mut value = Vec::new();
        (&mut self.input).take(length).read_to_end(&mut value)?;
        if value.len() as u64 == length {
            Ok(value)
        } else {
            Err(DicomFault::Truncated.into())
        }
    }

    fn skip(&mut self, element: &Element) -> Result<(), Stop> {
        let Some(length) = element.length else {
            return self.skip_open(element.vr);
        };
        let ahead = length.min(self.input.ahead.len() as u64);
        self.input
            .ahead
            .drain(..usize::try_from(ahead).unwrap_or_default());
        Ok(self.input.source.skip(length - ahead)?)
    }

    /// Skips content that ends with a delimiter: a sequence, its items, or the fragments of an image.
    fn skip_open(&mut self, vr: [u8; 2]) -> Result<(), Stop> {
        let mut outer = vec![self.syntax];
        if &vr == b"UN" {
            self.syntax = Syntax::UNKNOWN;
        }
        while !outer.is_empty() {
            let element = self.next()?.ok_or(DicomFault::Truncated)?;
            if matches!(element.tag, ITEM_END | SEQUENCE_END) {
                self.syntax = outer.pop().unwrap_or(self.syntax);
            } else if element.length.is_some() {
                self.skip(&element)?;
            } else if outer.len() < MAX_DEPTH {
                outer.push(self.syntax);
                if &element.vr == b"UN" {
                    self.syntax = Syntax::UNKNOWN;
                }
            } else {
                return Err(DicomFault::Malformed.into());
            }
        }
        Ok(())
    }
}
