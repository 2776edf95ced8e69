//! JPEG: keeps the segments that a decoder needs, the colour profile, and the compressed data.
//!
//! Left out are Exif with its maker notes and preview, XMP, IPTC, comments, every other application
//! segment, and whatever follows the picture (further pictures, a film). JFIF loses its preview. Bytes
//! between segments are dropped, as decoders skip them.
//!
//! Invariant: a marker that is not known is refused, since a decoder might obey it.

use std::io::{Read, Seek};

use super::orientation::orientation_in;
use super::plan::Plan;
use super::walk::Walk;
use super::{PictureError, turn};

const JFIF: &[u8] = b"JFIF\0";
const ADOBE: &[u8] = b"Adobe";
const COLOUR_PROFILE: &[u8] = b"ICC_PROFILE\0";
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn plan<R: Read + Seek>(source: &mut R) -> Result<Plan, PictureError> {
    /// The length of a frame of four colours: for a printing press, which no camera writes.
    const FOUR_COLOURS: u64 = 6 + 4 * 3;
    let Stripped {
        plan,
        orientation,
        frame,
    } = stripped(source)?;
    match orientation {
        None | Some(1) => Ok(plan),
        Some(_) if frame == Some(FOUR_COLOURS) => Err(PictureError::Unreadable),
        Some(turn) => turn::jpeg(source, plan, turn),
    }
}

struct Stripped {
    plan: Plan,
    orientation: Option<u8>,
    /// The length of the frame's header.
    frame: Option<u64>,
}

fn stripped<R: Read + Seek>(source: &mut R) -> Result<Stripped, PictureError> {
    let mut walk = Walk::new(source)?;
    let mut plan = Plan::default();
    if walk.array()? != [0xff, 0xd8] {
        return Err(PictureError::Unreadable);
    }
    plan.keep(0, 2)?;
    let (mut orientation, mut frame, mut data_from) = (None, None, None);
    while let Some((marker, at)) = walk.marker()? {
        // Restart markers are part of the compressed data.
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            continue;
        }
        if let Some(from) = data_from.take() {
            plan.keep(from, at.saturating_sub(from))?;
        }
        match marker {
            0xd9 if frame.is_some() => {
                plan.keep(at, 2)?;
                return Ok(Stripped {
                    plan,
                    orientation,
                    frame,
                });
            }
            // Frames, tables, intervals and the start of the compressed data.
            0xc0..=0xc7 | 0xc9..=0xcf | 0xda..=0xdd => {
                let length = length(&mut walk)?;
                walk.skip(length)?;
                plan.keep(at, 4 + length)?;
                let is_frame = !matches!(marker, 0xc4 | 0xcc | 0xda..);
                if (is_frame && frame.is_some()) || (marker == 0xda && frame.is_none()) {
                    return Err(PictureError::Unreadable);
                }
                frame = frame.or(is_frame.then_some(length));
                data_from = (marker == 0xda).then_some(walk.at);
            }
            0xe0..=0xef | 0xfe => {
                let length = length(&mut walk)?;
                let content = walk.bytes(length)?;
                match (marker, content.as_slice()) {
                    (0xe0, jfif) if jfif.starts_with(JFIF) && jfif.len() >= 14 => {
                        plan.add(b"\xff\xe0\0\x10")?;
                        plan.add(content.get(..12).unwrap_or_default())?;
                        plan.add(b"\0\0")?;
                    }
                    (0xee, adobe) if adobe.starts_with(ADOBE) && adobe.len() >= 12 => {
                        plan.add(b"\xff\xee\0\x0e")?;
                        plan.add(content.get(..12).unwrap_or_default())?;
                    }
                    (0xe2, profile) if profile.starts_with(COLOUR_PROFILE) => plan.keep(at, 4 + length)?,
                    (0xe1, data) => {
                        if let Some(data) = data.strip_prefix(EXIF) {
                            orientation = orientation.or(Some(orientation_in(data)));
                        }
                    }
                    _ => {}
                }
            }
            _ => return Err(PictureError::Unreadable),
        }
    }
    // A picture that was cut is shown as far as it goes.
    plan.keep_rest(data_from.ok_or(PictureError::Unreadable)?)?;
    Ok(Stripped {
        plan,
        orientation,
        frame,
    })
}

/// The length of a segment's content.
fn length<R: Read + Seek>(walk: &mut Walk<'_, R>) -> Result<u64, PictureError> {
    let length = u16::from_be_bytes(walk.array()?);
    length
        .checked_sub(2)
        .map(u64::from)
        .ok_or(PictureError::Unreadable)
}
