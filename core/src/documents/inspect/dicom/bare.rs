//! DICOM files without the 128 bytes and `DICM` that Part 10 asks for: older scanners and archives write
//! the elements alone, with or without group 0002.
//!
//! Only little endian, as readers do. Invariant: a file counts only if it begins with elements in
//! ascending order and one of them is a UID that the standard itself gives out, so that neither other
//! programs' files nor chance pass for DICOM.

use super::elements::{LONG, is_known};
use crate::documents::inspect::window::from;

/// How much of a file is examined. The class stands among the first elements.
pub(in super::super) const HEAD_BYTES: usize = 4096;

/// Class of the stored object in group 0002, its transfer syntax, and the class in group 0008.
const CLASSES: [(u16, u16); 3] = [(0x0002, 0x0002), (0x0002, 0x0010), (0x0008, 0x0016)];

/// What every UID of the standard begins with.
const STANDARD: &[u8] = b"1.2.840.10008.";

/// Whether this could be the first element; cheap, to be asked before more is read.
pub(super) fn may_begin(head: &[u8]) -> bool {
    matches!(head, [2 | 8, 0, _, 0, ..])
}

/// Whether these first bytes of a file are elements of DICOM.
pub(in super::super) fn begins(head: &[u8]) -> bool {
    if !may_begin(head) {
        return false;
    }
    let (mut at, mut before) = (0, None);
    while let Some((tag, value_at, length)) = element(from(head, at)) {
        if !matches!(tag.0, 2 | 8) || before.is_some_and(|before| tag <= before) {
            return false;
        }
        let value = from(head, at + value_at);
        if CLASSES.contains(&tag) {
            return value.get(..length).is_some_and(|uid| uid.starts_with(STANDARD));
        }
        before = Some(tag);
        at = at.saturating_add(value_at).saturating_add(length);
    }
    false
}

/// The first element's tag, where its value begins, and its length.
fn element(bytes: &[u8]) -> Option<((u16, u16), usize, usize)> {
    let [a, b, c, d, e, f, g, h] = *bytes.first_chunk::<8>()?;
    let tag = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
    let (value_at, length) = if LONG.contains(&&[e, f]) {
        (12, u32::from_le_bytes(*from(bytes, 8).first_chunk()?))
    } else if is_known([e, f]) {
        (8, u16::from_le_bytes([g, h]).into())
    } else {
        (8, u32::from_le_bytes([e, f, g, h]))
    };
    Some((tag, value_at, usize::try_from(length).ok()?))
}
