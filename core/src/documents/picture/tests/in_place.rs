//! TIFF and HEIC, whose descriptions are removed in place.

use super::*;

#[test]
fn of_a_tiff_the_place_and_the_maker_are_gone_and_the_strips_are_where_they_were() {
    for name in ["16bit.MM.cropped", "g4_orientation_5", "hopper", "hopper_bigtiff"] {
        let bytes = sample(&format!("images/{name}.tif"));
        let clean = cleaned(&bytes).unwrap();
        assert_eq!(clean.len(), bytes.len(), "{name}");
        assert_eq!(cleaned(&clean).unwrap(), clean, "{name}");
        if name == "hopper_bigtiff" {
            // Unknown to the other reader.
            continue;
        }
        let fields = exif_of(&clean).unwrap();
        for shown in ["ImageWidth", "ImageLength", "StripOffsets", "StripByteCounts"] {
            assert!(fields.iter().any(|field| field == shown), "{name}: {fields:?}");
        }
        for (at, length) in strips(&bytes) {
            assert_eq!(clean[at..at + length], bytes[at..at + length], "{name}");
        }
        assert_eq!(strips(&clean), strips(&bytes), "{name}");
    }
}

fn strips(bytes: &[u8]) -> Vec<(usize, usize)> {
    let found = exif::Reader::new()
        .read_from_container(&mut Cursor::new(bytes))
        .unwrap();
    let numbers = |tag| -> Vec<usize> {
        let field = found.get_field(tag, exif::In::PRIMARY).unwrap();
        field
            .value
            .iter_uint()
            .unwrap()
            .map(|number| number as usize)
            .collect()
    };
    let starts = numbers(exif::Tag::StripOffsets);
    starts
        .into_iter()
        .zip(numbers(exif::Tag::StripByteCounts))
        .collect()
}

#[test]
fn a_tiff_with_directories_of_descriptions_loses_all_of_them() {
    // The Exif data of a photo is a TIFF with all of them.
    for name in ["gps.jpg", "camera.jpg", "phone.jpg"] {
        let block = exif_block(&sample(name));
        let before = exif_of(&block).unwrap();
        assert!(
            before.iter().any(|field| field == "ExifVersion"),
            "{name}: {before:?}"
        );
        let clean = cleaned(&block).unwrap();
        let left = exif_of(&clean).unwrap();
        let shown = [
            "Orientation",
            "XResolution",
            "YResolution",
            "ResolutionUnit",
            "Compression",
            "YCbCrPositioning",
            "JPEGInterchangeFormat",
            "JPEGInterchangeFormatLength",
            "ImageWidth",
            "ImageLength",
            "BitsPerSample",
            "PhotometricInterpretation",
            "SamplesPerPixel",
            "Tag(Tiff, 254)",
        ];
        assert!(
            left.iter().all(|field| shown.contains(&field.as_str())),
            "{name}: {left:?}"
        );
        for text in [&b"Canon"[..], b"NIKON", b"SAMSUNG", b"samsung"] {
            assert!(!contains(&clean, text), "{name}");
        }
    }
}

#[test]
fn pages_that_run_in_a_circle_come_to_an_end() {
    let bytes = sample("images/multipage_single_frame_loop.tiff");
    assert_eq!(cleaned(&bytes).unwrap().len(), bytes.len());
    assert_eq!(cleaned(&sample("images/multipage.tiff")).unwrap().len(), 816);
    let seek = cleaned(&sample("images/seek_too_large.tif"));
    assert!(matches!(seek, Err(PictureError::Unreadable)));
}

#[test]
fn a_tiff_whose_descriptions_overlap_with_its_data_is_refused() {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [
            &tag.to_le_bytes()[..],
            &kind.to_le_bytes(),
            &count.to_le_bytes(),
            &value.to_le_bytes(),
        ]
        .concat()
    };
    let file = |maker_at: u32| {
        let entries = [
            entry(271, 2, 10, maker_at),
            entry(273, 4, 1, 100),
            entry(279, 4, 1, 50),
        ]
        .concat();
        let mut file = [&b"II*\0\x08\0\0\0\x03\0"[..], &entries, &[0; 4]].concat();
        file.resize(200, b'x');
        file
    };
    let clean = cleaned(&file(60)).unwrap();
    assert_eq!(&clean[58..72], b"xx\0\0\0\0\0\0\0\0\0\0xx");
    assert!(cleaned(&file(150)).is_ok());
    for maker_at in [0, 8, 40, 95, 120, 149] {
        assert!(
            matches!(cleaned(&file(maker_at)), Err(PictureError::Unreadable)),
            "{maker_at}"
        );
    }
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&length[..], name, content].concat()
}

const PICTURE: &[u8] = b"the picture, compressed";
const CANARY: &[u8] = b"CANARY-serial-5512";

/// The boxes of a HEIC file with a picture, Exif and XMP, in the way of a phone.
pub(super) fn described_heic() -> Vec<u8> {
    let block = exif_block(&sample("gps.jpg"));
    let exif = [&[0, 0, 0, 6], &b"Exif\0\0"[..], &block].concat();
    let parts = [PICTURE.to_vec(), exif, CANARY.to_vec()];
    let kinds = [&b"hvc1\0"[..], b"Exif\0", b"mime\0application/rdf+xml\0"];
    let infe =
        |at: usize, kind: &[u8]| boxed(b"infe", &[&[2, 0, 0, 0, 0, at as u8 + 1, 0, 0], kind].concat());
    let infes: Vec<u8> = kinds
        .iter()
        .enumerate()
        .flat_map(|(at, kind)| infe(at, kind))
        .collect();
    let iinf = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 3], &infes[..]].concat());
    let pitm = boxed(b"pitm", &[0, 0, 0, 0, 0, 1]);
    let hdlr = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let udes = boxed(b"ipco", &boxed(b"udes", &[&[0; 4], CANARY].concat()));
    let iprp = boxed(b"iprp", &udes);
    let ftyp = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
    let whole = |first: u32| {
        let mut at = first;
        let mut places = vec![1, 0, 0, 0, 0x44, 0, 0, 3];
        for (number, part) in parts.iter().enumerate() {
            places.extend([0, number as u8 + 1, 0, 0, 0, 0, 0, 1]);
            places.extend(at.to_be_bytes());
            places.extend((part.len() as u32).to_be_bytes());
            at += part.len() as u32 + 4;
        }
        let inner = [
            hdlr.clone(),
            pitm.clone(),
            iinf.clone(),
            iprp.clone(),
            boxed(b"iloc", &places),
        ]
        .concat();
        let meta = boxed(b"meta", &[&[0; 4], &inner[..]].concat());
        // Between the items lies what belongs to none.
        let data = parts
            .iter()
            .flat_map(|part| [part.as_slice(), b"gaps"].concat())
            .collect::<Vec<_>>();
        [
            ftyp.clone(),
            meta,
            boxed(b"mdat", &data),
            boxed(b"mpvd", CANARY),
            boxed(b"uuid", CANARY),
        ]
        .concat()
    };
    let start = whole(0)
        .windows(PICTURE.len())
        .position(|window| window == PICTURE)
        .unwrap();
    whole(u32::try_from(start).unwrap())
}

#[test]
fn of_a_heic_the_descriptions_are_zeroed_and_the_picture_stays() {
    let bytes = described_heic();
    assert!(exif_of(&bytes).unwrap().contains(&"GPSLatitude".to_owned()));
    let clean = cleaned(&bytes).unwrap();
    assert_eq!(clean.len(), bytes.len());
    assert_eq!(exif_of(&clean), None);
    assert!(contains(&clean, PICTURE) && !contains(&clean, CANARY) && !contains(&clean, b"gaps"));
    assert_eq!(cleaned(&clean).unwrap(), clean);

    let real = sample("images/avif/hopper.heif");
    let clean = cleaned(&real).unwrap();
    assert_eq!(clean.len(), real.len());
    let differ = clean.iter().zip(&real).filter(|(a, b)| a != b).count();
    assert!(differ < 100, "{differ}");
}

#[test]
fn a_heic_whose_items_cannot_be_told_apart_is_refused() {
    let whole = described_heic();
    let find = |name: &[u8]| {
        whole
            .windows(name.len())
            .position(|window| window == name)
            .unwrap()
    };
    let exif_at = find(b"gaps") + 4;
    let with = |at: usize, bytes: &[u8]| {
        let mut file = whole.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        cleaned(&file)
    };
    let iloc = find(b"iloc") + 4;
    // Exif is said to lie within the picture, in another box, behind the end, in another file.
    let place_of_exif = iloc + 8 + 16 + 8;
    let picture_at = u32::try_from(find(PICTURE)).unwrap();
    assert_eq!(
        whole[place_of_exif..place_of_exif + 4],
        u32::try_from(exif_at).unwrap().to_be_bytes()
    );
    for at in [picture_at + 2, 0, 1 << 30] {
        assert!(
            matches!(
                with(place_of_exif, &at.to_be_bytes()),
                Err(PictureError::Unreadable)
            ),
            "{at}"
        );
    }
    assert!(matches!(
        with(place_of_exif - 3, &[1]),
        Err(PictureError::Unreadable)
    ));
    for name in [&b"iloc"[..], b"iinf", b"meta", b"infe"] {
        assert!(
            matches!(with(find(name), b"XXXX"), Err(PictureError::Unreadable)),
            "{name:?}"
        );
    }
}
