//! Turns pictures whose camera was held on its side: decodes, turns, encodes again.
//!
//! Invariants: nothing is decoded before its size is known to be within the limits, and the pixels are
//! held once: JPEG is encoded from a turned view of them.

use std::io::{self, BufRead, Cursor, Read, Seek, Write};

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, GenericImageView, ImageDecoder, ImageEncoder, Luma, Pixel, Rgb};
use zeroize::Zeroizing;

use super::PictureError;
use super::plan::Plan;

/// Maximum number of pixels. They take three bytes each, and nine while a progressive JPEG is decoded.
pub(super) const MAX_PIXELS: u64 = 64_000_000;

/// Maximum size of the file.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Maximum size of the pixels of a PNG, which may have eight bytes each and are held twice.
const MAX_PNG_BYTES: u64 = 256 * 1024 * 1024;

/// No loss can be seen at this quality. Colours are not stored in a lower resolution.
const QUALITY: u8 = 95;

pub(super) fn jpeg<R: Read + Seek>(source: &mut R, plan: Plan, turn: u8) -> Result<Plan, PictureError> {
    let bytes = read(source, plan)?;
    let mut decoder = JpegDecoder::new(Cursor::new(bytes.as_slice())).map_err(unreadable)?;
    let profile = decoder.icc_profile().map_err(unreadable)?;
    let is_grey = matches!(decoder.color_type(), ColorType::L8);
    let (size, pixels) = decoded(decoder, u64::MAX)?;
    let mut turned = Growing::with_capacity(bytes.len());
    let mut encoder = JpegEncoder::new_with_quality(&mut turned, QUALITY);
    if let Some(profile) = profile {
        encoder
            .set_icc_profile(profile)
            .map_err(|_| PictureError::Unreadable)?;
    }
    let view = Turned {
        pixels: &pixels,
        size,
        turn,
    };
    let encoded = if is_grey {
        encoder.encode_image(&Grey(view))
    } else {
        encoder.encode_image(&Colour(view))
    };
    encoded.map_err(unreadable)?;
    Ok(Plan::of_bytes(turned.0))
}

pub(super) fn png<R: Read + Seek>(
    source: &mut R,
    plan: Plan,
    turn: u8,
    colours: &[(u64, u64)],
) -> Result<Plan, PictureError> {
    const HEADER: usize = 33;
    let bytes = read(source, plan)?;
    let decoder = PngDecoder::new(Cursor::new(bytes.as_slice())).map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let size = u64::from(width) * u64::from(height);
    if size > MAX_PIXELS || decoder.total_bytes() > MAX_PNG_BYTES {
        return Err(PictureError::TooLarge);
    }
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(Orientation::from_exif(turn).ok_or(PictureError::Unreadable)?);
    let mut encoded = Growing::with_capacity(bytes.len());
    PngEncoder::new(&mut encoded)
        .write_image(
            picture.as_bytes(),
            picture.width(),
            picture.height(),
            picture.color().into(),
        )
        .map_err(unreadable)?;
    let (header, data) = encoded
        .0
        .split_at_checked(HEADER)
        .ok_or(PictureError::Unreadable)?;
    let mut plan = Plan::default();
    plan.add(header)?;
    for (at, length) in colours {
        plan.keep(*at, *length)?;
    }
    plan.add(data)?;
    Ok(plan)
}

fn read<R: Read + Seek>(source: &mut R, plan: Plan) -> Result<Zeroizing<Vec<u8>>, PictureError> {
    let length = source.seek(io::SeekFrom::End(0))?;
    if length > MAX_FILE_BYTES {
        return Err(PictureError::TooLarge);
    }
    // Never reallocated: a stripped picture is shorter than its source but for a few bytes.
    let room = usize::try_from(length).unwrap_or_default() + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    plan.read(source).take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

type Pixels = ((u32, u32), Zeroizing<Vec<u8>>);

fn decoded<R: BufRead + Seek>(decoder: JpegDecoder<R>, most: u64) -> Result<Pixels, PictureError> {
    let size = decoder.dimensions();
    let total = decoder.total_bytes();
    if u64::from(size.0) * u64::from(size.1) > MAX_PIXELS || total > most {
        return Err(PictureError::TooLarge);
    }
    if !matches!(decoder.color_type(), ColorType::L8 | ColorType::Rgb8) {
        return Err(PictureError::Unreadable);
    }
    let total = usize::try_from(total).map_err(|_| PictureError::TooLarge)?;
    let mut pixels = Zeroizing::new(vec![0; total]);
    decoder.read_image(&mut pixels).map_err(unreadable)?;
    Ok((size, pixels))
}

fn unreadable(_: image::ImageError) -> PictureError {
    PictureError::Unreadable
}

/// Pixels as they appear once turned.
struct Turned<'a> {
    pixels: &'a [u8],
    /// Before.
    size: (u32, u32),
    turn: u8,
}

impl Turned<'_> {
    fn dimensions(&self) -> (u32, u32) {
        let (width, height) = self.size;
        if self.turn < 5 {
            (width, height)
        } else {
            (height, width)
        }
    }

    fn channels<const N: usize>(&self, x: u32, y: u32) -> [u8; N] {
        let (right, bottom) = (self.size.0.saturating_sub(1), self.size.1.saturating_sub(1));
        let (x, y) = match self.turn {
            2 => (right.saturating_sub(x), y),
            3 => (right.saturating_sub(x), bottom.saturating_sub(y)),
            4 => (x, bottom.saturating_sub(y)),
            5 => (y, x),
            6 => (y, bottom.saturating_sub(x)),
            7 => (right.saturating_sub(y), bottom.saturating_sub(x)),
            8 => (right.saturating_sub(y), x),
            _ => (x, y),
        };
        let at = (y as usize * self.size.0 as usize + x as usize) * N;
        let pixel = self.pixels.get(at..).and_then(<[u8]>::first_chunk);
        *pixel.unwrap_or(&[0; N])
    }
}

struct Grey<'a>(Turned<'a>);
struct Colour<'a>(Turned<'a>);

impl GenericImageView for Grey<'_> {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Self::Pixel {
        Luma(self.0.channels::<{ Luma::<u8>::CHANNEL_COUNT as usize }>(x, y))
    }
}

impl GenericImageView for Colour<'_> {
    type Pixel = Rgb<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Self::Pixel {
        Rgb(self.0.channels::<{ Rgb::<u8>::CHANNEL_COUNT as usize }>(x, y))
    }
}

/// Bytes that leave no copy behind when they grow.
struct Growing(Zeroizing<Vec<u8>>);

impl Growing {
    fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len().saturating_add(bytes.len());
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
