//! HEIC: zeroes the descriptions in place and keeps the pictures.
//!
//! The file is a list of boxes. `meta` names the items (`iinf`) and says where their bytes are
//! (`iloc`): items that are pictures are kept, and of the rest of the data nothing is. So Exif, XMP and
//! films behind the picture are zeroed. Nothing moves, so no offset has to be corrected.
//!
//! HEIC cannot be decoded without C code, and need not be: its orientation is the property `irot`,
//! which readers obey instead of Exif. Invariant: a file whose items cannot be located with certainty is
//! refused.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::PictureError;
use super::plan::{Edits, Plan};
use super::walk::Walk;
use items::{Place, Source};

mod items;

/// Pictures and what they are derived from. Other items describe.
const PICTURES: [&[u8; 4]; 10] = [
    b"hvc1", b"hev1", b"lhv1", b"hvt1", b"av01", b"avc1", b"grid", b"iden", b"iovl", b"tmap",
];

/// The list of items is smaller; it is held in memory.
const MAX_META: u64 = 4 * 1024 * 1024;

const MAX_BOXES: usize = 4096;

pub(super) fn plan<R: Read + Seek>(source: &mut R) -> Result<Plan, PictureError> {
    let mut walk = Walk::new(source)?;
    let mut edits = Edits::default();
    let (mut meta, mut data, mut boxes) = (None, Vec::new(), 0);
    while walk.left() > 0 {
        boxes += 1;
        let at = walk.at;
        if boxes > MAX_BOXES || walk.left() < 8 {
            return Err(PictureError::Unreadable);
        }
        let short = u32::from_be_bytes(walk.array()?);
        let name: [u8; 4] = walk.array()?;
        let size = match short {
            0 => walk.length - at,
            1 => u64::from_be_bytes(walk.array()?),
            size => size.into(),
        };
        let header = walk.at - at;
        let content = size.checked_sub(header).ok_or(PictureError::Unreadable)?;
        if content > walk.left() {
            return Err(PictureError::Unreadable);
        }
        match &name {
            b"ftyp" => edits.need(at, size),
            b"mdat" => {
                edits.need(at, header);
                data.push((walk.at, content));
            }
            b"meta" if meta.is_none() && content <= MAX_META => {
                meta = Some((walk.at, walk.bytes(content)?));
                continue;
            }
            // A sequence of pictures describes itself elsewhere.
            b"meta" | b"moov" | b"moof" => return Err(PictureError::Unreadable),
            _ => {
                edits.replace(at + 4, b"free".to_vec());
                edits.zero(walk.at, content);
            }
        }
        walk.skip(content)?;
    }
    let (meta_at, meta) = meta.ok_or(PictureError::Unreadable)?;
    let items = items::read(&meta, meta_at, &mut edits)?;
    let pictures = clean(&items.places, &items.kinds, items.own_data, &data, &mut edits)?;
    // What belongs to no picture.
    for (at, length) in data {
        zero_between(&pictures, at, length, &mut edits);
    }
    edits.into_plan(walk.length)
}

/// Zeroes the items in `meta` itself that are not pictures, and returns where the pictures are.
fn clean(
    places: &[Place],
    kinds: &BTreeMap<u32, [u8; 4]>,
    own_data: Option<(u64, u64)>,
    data: &[(u64, u64)],
    edits: &mut Edits,
) -> Result<Vec<(u64, u64)>, PictureError> {
    let within = |(at, length): (u64, u64), (start, size): (u64, u64)| {
        at >= start
            && at
                .checked_add(length)
                .is_some_and(|end| end <= start.saturating_add(size))
    };
    let mut pictures = Vec::new();
    for place in places {
        let is_picture = kinds
            .get(&place.item)
            .is_some_and(|kind| PICTURES.contains(&kind));
        let range = match (place.source, own_data) {
            (Source::File, _) => (place.at, place.length),
            (Source::Meta, Some((start, _))) => (start.saturating_add(place.at), place.length),
            (Source::Meta, None) => return Err(PictureError::Unreadable),
        };
        let is_own = own_data.is_some_and(|own| within(range, own));
        if !is_own && !data.iter().any(|data| within(range, *data)) {
            return Err(PictureError::Unreadable);
        }
        if is_picture {
            edits.need(range.0, range.1);
            pictures.push(range);
        } else {
            edits.zero(range.0, range.1);
        }
    }
    if pictures.is_empty() {
        return Err(PictureError::Unreadable);
    }
    pictures.sort_unstable();
    Ok(pictures)
}

fn zero_between(pictures: &[(u64, u64)], at: u64, length: u64, edits: &mut Edits) {
    let (mut done, end) = (at, at.saturating_add(length));
    for (start, size) in pictures {
        if *start >= end {
            break;
        }
        if *start > done {
            edits.zero(done, start - done);
        }
        done = done.max(start.saturating_add(*size));
    }
    if done < end {
        edits.zero(done, end - done);
    }
}
