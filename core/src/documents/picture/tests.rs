//! Real pictures, read again by another Exif reader and another decoder.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat};

use super::*;
use crate::documents::inspect::samples::sample;
use crate::documents::inspect::sniff;

fn cleaned(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut source = Cursor::new(bytes);
    let media_type = sniff(&mut source).unwrap().unwrap();
    let plan = plan(&mut source, media_type)?;
    let mut clean = Vec::new();
    plan.read(&mut source).read_to_end(&mut clean)?;
    Ok(clean)
}

/// The names of the fields that another reader finds; `None` if it finds no Exif data.
fn exif_of(bytes: &[u8]) -> Option<Vec<String>> {
    let found = exif::Reader::new().read_from_container(&mut Cursor::new(bytes));
    let found = found.ok()?;
    Some(found.fields().map(|field| field.tag.to_string()).collect())
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn decoded(bytes: &[u8], format: ImageFormat) -> DynamicImage {
    image::load_from_memory_with_format(bytes, format).unwrap()
}

/// The mean difference of two pictures' colours.
fn difference(a: &DynamicImage, b: &DynamicImage) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let (a, b) = (a.to_rgb8(), b.to_rgb8());
    let sum: u64 = a
        .iter()
        .zip(b.iter())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}

/// The Exif data of a JPEG: a TIFF file of its own.
fn exif_block(jpeg: &[u8]) -> Vec<u8> {
    let at = jpeg.windows(6).position(|window| window == b"Exif\0\0").unwrap();
    let length = usize::from(u16::from_be_bytes([jpeg[at - 2], jpeg[at - 1]]));
    jpeg[at + 6..at - 2 + length].to_vec()
}

/// Exif data that says only how the picture is turned.
fn turned(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// A JPEG with further segments at its beginning.
fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

#[test]
fn a_photo_loses_its_place_and_keeps_its_compressed_data() {
    for (name, says) in [
        ("gps.jpg", "GPSLatitude"),
        ("images/exif_gps.jpg", "GPSInfoIFDPointer"),
        ("camera.jpg", "MakerNote"),
    ] {
        let bytes = sample(name);
        let before = exif_of(&bytes).unwrap_or_default();
        if name != "images/exif_gps.jpg" {
            assert!(before.iter().any(|field| field == says), "{name}: {before:?}");
        }
        let clean = cleaned(&bytes).unwrap();
        assert_eq!(exif_of(&clean), None, "{name}");
        assert!(
            !contains(&clean, b"Exif\0\0") && !contains(&clean, b"http://ns.adobe.com"),
            "{name}"
        );
        let data = |jpeg: &[u8]| {
            // From the last start of scan on: the preview in the Exif data has one too.
            let scan = jpeg.windows(2).rposition(|window| window == b"\xff\xda").unwrap();
            jpeg[scan..].to_vec()
        };
        assert_eq!(data(&clean), data(&bytes), "{name}");
        let orientation = exif::Reader::new()
            .read_from_container(&mut Cursor::new(&bytes))
            .ok();
        let orientation = orientation.and_then(|found| {
            found
                .get_field(exif::Tag::Orientation, exif::In::PRIMARY)?
                .value
                .get_uint(0)
        });
        assert!(orientation.is_none_or(|turn| turn == 1), "{name}");
        let (before, after) = (
            decoded(&bytes, ImageFormat::Jpeg),
            decoded(&clean, ImageFormat::Jpeg),
        );
        assert!(before == after, "{name}");
        // Nothing is left to remove.
        assert_eq!(cleaned(&clean).unwrap(), clean, "{name}");
    }
}

#[test]
fn a_photo_taken_sideways_is_turned() {
    let upright = decoded(&sample("images/hopper_orientation_2.jpg"), ImageFormat::Jpeg).fliph();
    for turn in 2..=8 {
        let bytes = sample(&format!("images/hopper_orientation_{turn}.jpg"));
        let clean = cleaned(&bytes).unwrap();
        assert_eq!(exif_of(&clean), None, "{turn}");
        let mut expected = decoded(&bytes, ImageFormat::Jpeg);
        expected.apply_orientation(Orientation::from_exif(turn).unwrap());
        let shown = decoded(&clean, ImageFormat::Jpeg);
        assert!(
            difference(&shown, &expected) < 1.5,
            "{turn}: {}",
            difference(&shown, &expected)
        );
        assert!(
            difference(&shown, &upright) < 8.0,
            "{turn}: {}",
            difference(&shown, &upright)
        );
    }
    let bytes = sample("phone.jpg");
    let clean = cleaned(&bytes).unwrap();
    assert!(exif_of(&bytes).is_some() && exif_of(&clean).is_none());
}

#[test]
fn a_turned_photo_keeps_its_colour_profile() {
    let profile = sample("dicom/test_files/crayons.icc");
    let segment = segment(0xe2, &[&b"ICC_PROFILE\0\x01\x01"[..], &profile].concat());
    for turn in [1, 6] {
        let name = if turn == 1 {
            "hopper.jpg".to_owned()
        } else {
            format!("hopper_orientation_{turn}.jpg")
        };
        let bytes = with_segments(&sample(&format!("images/{name}")), std::slice::from_ref(&segment));
        let clean = cleaned(&bytes).unwrap();
        let mut decoder = image::codecs::jpeg::JpegDecoder::new(Cursor::new(&clean)).unwrap();
        assert_eq!(decoder.icc_profile().unwrap().as_ref(), Some(&profile), "{turn}");
    }
}

#[test]
fn of_a_jpeg_only_what_shows_the_picture_is_left() {
    let plain = cleaned(&sample("images/hopper.jpg")).unwrap();
    let canary = b"CANARY-serial-5512";
    let with = |before: &[u8]| [before, canary].concat();
    let described = with_segments(
        &plain,
        &[
            segment(0xe1, &with(b"Exif\0\0")),
            segment(0xe1, &with(b"http://ns.adobe.com/xap/1.0/\0")),
            segment(0xed, &with(b"Photoshop 3.0\0")),
            segment(0xe2, &with(b"MPF\0")),
            segment(0xe0, &with(b"JFXX\0\x10")),
            segment(
                0xe0,
                &[&b"JFIF\0\x01\x02\x01\0\x48\0\x48\x02\x03"[..], canary].concat(),
            ),
            segment(0xeb, &with(b"JP")),
            segment(0xfe, canary),
        ],
    );
    // A second picture, and a film.
    let described = [described.as_slice(), &plain, b"\0\0\0\x18ftypmp42", canary].concat();
    let clean = cleaned(&described).unwrap();
    assert!(!contains(&clean, canary));
    let jfif = segment(0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0");
    assert_eq!(clean, with_segments(&plain, &[jfif]));
    for (name, same) in [
        ("images/pil_sample_cmyk.jpg", true),
        ("images/truncated_jpeg.jpg", false),
    ] {
        let (bytes, clean) = (sample(name), cleaned(&sample(name)).unwrap());
        assert!(clean.len() <= bytes.len() && exif_of(&clean).is_none(), "{name}");
        assert!(
            !same || decoded(&bytes, ImageFormat::Jpeg) == decoded(&clean, ImageFormat::Jpeg),
            "{name}"
        );
    }
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut checked = flate2::Crc::new();
    checked.update(name);
    checked.update(content);
    [&length[..], name, content, &checked.sum().to_be_bytes()].concat()
}

/// A PNG with further chunks behind its header.
fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

#[test]
fn a_png_loses_what_describes_it_and_is_turned() {
    let plain = sample("images/hopper.png");
    let canary = b"CANARY-serial-5512";
    let gps = exif_block(&sample("gps.jpg"));
    let gamma = chunk(b"gAMA", &45_455_u32.to_be_bytes());
    let described = with_chunks(
        &plain,
        &[
            gamma.clone(),
            chunk(b"eXIf", &gps),
            chunk(b"tEXt", &[&b"Comment\0"[..], canary].concat()),
            chunk(b"iTXt", &[&b"XML:com.adobe.xmp\0\0\0\0\0"[..], canary].concat()),
            chunk(b"zTXt", &[&b"Comment\0\0"[..], canary].concat()),
            chunk(b"tIME", &[7, 231, 1, 1, 1, 1, 1]),
            chunk(b"caBX", canary),
        ],
    );
    let described = [described.as_slice(), canary].concat();
    assert!(exif_of(&described).unwrap().contains(&"GPSLatitude".to_owned()));
    let clean = cleaned(&described).unwrap();
    assert_eq!((exif_of(&clean), contains(&clean, canary)), (None, false));
    assert_eq!(
        clean,
        cleaned(&with_chunks(&plain, std::slice::from_ref(&gamma))).unwrap()
    );
    assert!(decoded(&clean, ImageFormat::Png) == decoded(&plain, ImageFormat::Png));

    for turn in 2..=8 {
        let sideways = with_chunks(&plain, &[gamma.clone(), chunk(b"eXIf", &turned(turn))]);
        let clean = cleaned(&sideways).unwrap();
        let mut expected = decoded(&plain, ImageFormat::Png);
        expected.apply_orientation(Orientation::from_exif(turn).unwrap());
        assert!(decoded(&clean, ImageFormat::Png) == expected, "{turn}");
        assert_eq!(
            (exif_of(&clean), contains(&clean, &gamma)),
            (None, true),
            "{turn}"
        );
    }
}

#[test]
fn what_is_too_large_to_be_turned_is_refused_before_it_is_decoded() {
    let too_large = |bytes: &[u8]| matches!(cleaned(bytes), Err(PictureError::TooLarge));
    let mut jpeg = sample("images/hopper.jpg");
    let frame = jpeg.windows(2).position(|window| window == b"\xff\xc0").unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let exif = segment(0xe1, &[&b"Exif\0\0"[..], &turned(6)].concat());
    assert!(too_large(&with_segments(&jpeg, std::slice::from_ref(&exif))));
    // It need not be turned, so its size does not matter.
    assert!(cleaned(&jpeg).is_ok());

    let header = [
        &65_536_u32.to_be_bytes()[..],
        &65_536_u32.to_be_bytes(),
        &[8, 0, 0, 0, 0],
    ]
    .concat();
    let plain = sample("images/hopper.png");
    let png = [
        &plain[..8],
        &chunk(b"IHDR", &header),
        &chunk(b"eXIf", &turned(6)),
        &plain[33..],
    ]
    .concat();
    assert!(too_large(&png));

    let mut long = with_segments(&sample("images/hopper.jpg"), &[exif]);
    long.resize(usize::try_from(turn::MAX_FILE_BYTES).unwrap() + 1, 0);
    assert!(too_large(&long));
}

#[test]
fn four_colours_are_kept_and_not_turned() {
    let exif = |turn| segment(0xe1, &[&b"Exif\0\0"[..], &turned(turn)].concat());
    let plain = sample("images/pil_sample_cmyk.jpg");
    assert!(cleaned(&with_segments(&plain, &[exif(1)])).is_ok());
    let sideways = cleaned(&with_segments(&plain, &[exif(6)]));
    assert!(matches!(sideways, Err(PictureError::Unreadable)));
}

#[test]
fn what_cannot_be_understood_is_refused() {
    let plain = sample("images/hopper.jpg");
    let png = sample("images/hopper.png");
    for bytes in [
        &b"\xff\xd8\xff"[..],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\x01",
        b"\xff\xd8\xff\xe1\xff\xff short",
        &with_segments(&plain, &[segment(0xf7, b"JPEG-LS")]),
        &[&plain[..2], &plain].concat(),
        b"\x89PNG\r\n\x1a\n",
        &png[..5_000],
        &with_chunks(&png, &[chunk(b"CgBI", b"\0\0\0\0")]),
        b"II*\0\x08\0\0\0",
        b"II*\0\0\0\0\0\0\0",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    ] {
        assert!(
            matches!(cleaned(bytes), Err(PictureError::Unreadable)),
            "{:?}",
            bytes.get(..20)
        );
    }
}

mod in_place;
mod spoiled;
