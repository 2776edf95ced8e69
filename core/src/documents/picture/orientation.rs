//! The orientation in Exif data, the one thing in it that matters for showing the picture.

/// How a picture must be turned, as Exif numbers it; 1 if nothing is said.
pub(super) fn orientation_in(exif: &[u8]) -> u8 {
    read(exif).filter(|turn| (1..=8).contains(turn)).unwrap_or(1)
}

fn read(exif: &[u8]) -> Option<u8> {
    const ORIENTATION: u16 = 0x0112;
    let big_endian = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = *exif.get(at..)?.first_chunk::<2>()?;
        Some(if big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    };
    let bytes = *exif.get(4..)?.first_chunk::<4>()?;
    let directory = if big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    };
    let directory = usize::try_from(directory).ok()?;
    for entry in 0..usize::from(u16_at(directory)?) {
        let at = directory.checked_add(2 + entry * 12)?;
        if u16_at(at)? == ORIENTATION {
            return u8::try_from(u16_at(at + 8)?).ok();
        }
    }
    None
}
