//! PNG: keeps the chunks that are needed to show the picture, and drops every other.
//!
//! Left out are eXIf, tEXt, zTXt, iTXt, tIME, chunks of other programs, and whatever follows the
//! picture. Invariant: a chunk that decoders must understand and that is not known is refused.

use std::io::{Read, Seek};

use super::orientation::orientation_in;
use super::plan::Plan;
use super::walk::Walk;
use super::{PictureError, turn};

pub(super) const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// What decides how colours and sizes are shown, and stays true when the picture is turned.
const COLOUR: [&[u8; 4]; 8] = [
    b"cHRM", b"cICP", b"cLLI", b"gAMA", b"iCCP", b"mDCV", b"sRGB", b"sBIT",
];

const SHOWN: [&[u8; 4]; 11] = [
    b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

/// Exif data is smaller; more is not read.
const MAX_EXIF: u64 = 1024 * 1024;

pub(super) fn plan<R: Read + Seek>(source: &mut R) -> Result<Plan, PictureError> {
    let mut walk = Walk::new(source)?;
    if walk.array()? != *SIGNATURE {
        return Err(PictureError::Unreadable);
    }
    let (mut plan, mut orientation) = (Plan::default(), 1);
    let (mut colours, mut moves, mut has_data) = (Vec::new(), false, false);
    plan.keep(0, 8)?;
    loop {
        let at = walk.at;
        if walk.left() == 0 && has_data {
            // Only the end is missing.
            break;
        }
        let length = u64::from(u32::from_be_bytes(walk.array()?));
        let name: [u8; 4] = walk.array()?;
        // With its check sum.
        let chunk = length + 12;
        if (at == 8) != (&name == b"IHDR") {
            return Err(PictureError::Unreadable);
        }
        if &name == b"eXIf" && length <= MAX_EXIF {
            let content = walk.bytes(length)?;
            let data = content.strip_prefix(b"Exif\0\0").unwrap_or(&content);
            orientation = orientation_in(data);
            walk.skip(4)?;
        } else {
            walk.skip(length + 4)?;
        }
        let is_colour = COLOUR.contains(&&name);
        if is_colour || SHOWN.contains(&&name) || &name == b"IEND" {
            plan.keep(at, chunk)?;
        } else if name.first().is_none_or(|first| first.is_ascii_uppercase()) {
            return Err(PictureError::Unreadable);
        }
        if is_colour && colours.len() < COLOUR.len() && &name != b"sBIT" {
            colours.push((at, chunk));
        }
        moves |= &name == b"acTL";
        has_data |= &name == b"IDAT";
        if &name == b"IEND" {
            break;
        }
    }
    match (orientation, has_data, moves) {
        (_, false, _) => Err(PictureError::Unreadable),
        (1, true, _) => Ok(plan),
        (_, true, true) => Err(PictureError::Unreadable),
        (_, true, false) => turn::png(source, plan, orientation, &colours),
    }
}
