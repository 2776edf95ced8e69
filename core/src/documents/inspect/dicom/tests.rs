use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;
use crate::documents::inspect::samples::{sample, samples};

fn read(bytes: &[u8]) -> Result<DicomIdentity, DicomFault> {
    match read_identity(&mut Cursor::new(bytes)) {
        Ok(identity) => Ok(identity),
        Err(DicomError::Unreadable(fault)) => Err(fault),
        Err(DicomError::Io(error)) => panic!("{error}"),
    }
}

pub(in crate::documents::inspect) fn identity_of(name: &str) -> DicomIdentity {
    read(&sample(name)).unwrap()
}

/// Patient's name, id, birth date and sex.
fn shown(identity: &DicomIdentity) -> [String; 4] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        or_none(identity.name.as_ref().map(|name| name.0.join("="))),
        or_none(identity.patient_id.as_ref().map(|id| id.reveal().clone())),
        or_none(identity.birth_date.map(|date| date.to_string())),
        or_none(identity.sex.map(|sex| format!("{sex:?}"))),
    ]
}

#[test]
fn names_in_nine_scripts_are_decoded_exactly() {
    for (name, expected) in [
        ("chrArab", "قباني^لنزار=="),
        ("chrFren", "Buc^Jérôme=="),
        ("chrFrenMulti", "Buc^Jérôme=="),
        ("chrGerm", "Äneas^Rüdiger=="),
        ("chrGreek", "Διονυσιος=="),
        ("chrH31", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrH32", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        ("chrHbrw", "שרון^דבורה=="),
        ("chrI2", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("chrJapMulti", "やまだ^たろう=="),
        ("chrJapMultiExplicitIR6", "やまだ^たろう=="),
        ("chrKoreanMulti", "김희중=="),
        ("chrRuss", "Люкceмбypг=="),
        ("chrX1", "Wang^XiaoDong=王^小東="),
        ("chrX2", "Wang^XiaoDong=王^小东="),
    ] {
        let identity = identity_of(&format!("dicom/charset_files/{name}.dcm"));
        assert_eq!(shown(&identity)[0], expected, "{name}");
    }
}

#[test]
fn the_spellings_of_a_name_are_told_apart() {
    let name = identity_of("dicom/charset_files/chrH31.dcm").name.unwrap();
    assert_eq!(name.alphabetic(), Some("Yamada^Tarou"));
    assert_eq!(name.ideographic(), Some("山田^太郎"));
    assert_eq!(name.phonetic(), Some("やまだ^たろう"));
    assert_eq!(name.display(), "Yamada Tarou = 山田 太郎 = やまだ たろう");
    let name = DicomName::new("=山田^太郎").unwrap();
    assert_eq!((name.alphabetic(), name.phonetic()), (None, None));
    assert_eq!(name.groups().count(), 1);
    assert_eq!(format!("{name:?}"), "DicomName(..)");
    assert_eq!(
        DicomName::new(" Doe ^ John ^^ ").unwrap().alphabetic(),
        Some("Doe^John")
    );
    assert!(DicomName::new("^^=^=").is_none());
}

#[test]
fn a_header_says_who_it_is_in_every_syntax() {
    for (name, expected) in [
        ("CT_small", ["CompressedSamples^CT1==", "1CT1", "-", "Other"]),
        ("MR_small", ["CompressedSamples^MR1==", "4MR1", "-", "Female"]),
        (
            "MR_small_bigendian",
            ["CompressedSamples^MR1==", "4MR1", "-", "Female"],
        ),
        (
            "MR_small_expb",
            ["CompressedSamples^MR1==", "4MR1", "-", "Female"],
        ),
        (
            "MR_small_implicit",
            ["CompressedSamples^MR1==", "4MR1", "-", "Female"],
        ),
        (
            "MR_small_padded",
            ["CompressedSamples^MR1==", "4MR1", "-", "Female"],
        ),
        (
            "MR_small_jpeg_ls_lossless",
            ["CompressedSamples^MR1==", "4MR1", "-", "Female"],
        ),
        // Truncated, but after the patient's data.
        ("MR_truncated", ["CompressedSamples^MR1==", "4MR1", "-", "Female"]),
        (
            "rtplan_truncated",
            ["Last^First^mid^pre==", "id00001", "-", "Other"],
        ),
        ("badVR", ["Lastname^Firstname==", "id11111", "-", "Other"]),
        ("ExplVR_BigEnd", ["Anonymized==", "-", "-", "-"]),
        ("waveform_ecg", ["Anonymous==", "642341", "1971-01-23", "Female"]),
        (
            "examples_overlay",
            ["Sssssss^Jsssss==", "021234567", "1111-11-11", "Male"],
        ),
        ("SC_rgb_gdcm_KY", ["Lestrade^G==", "ID1", "-", "Female"]),
        ("test-SR", ["Test^S R==", "-", "-", "-"]),
        // Compressed; its name is "^^^^".
        ("image_dfl", ["-", "-", "-", "-"]),
        // No patient data; sequences of undefined length, private ones, ones of unknown type.
        ("nested_priv_SQ", ["-", "-", "-", "-"]),
        ("UN_sequence", ["-", "-", "-", "-"]),
        ("meta_missing_tsyntax", ["-", "-", "-", "-"]),
        ("dicomdirtests/DICOMDIR", ["-", "-", "-", "-"]),
        ("dicomdirtests/DICOMDIR-implicit", ["-", "-", "-", "-"]),
    ] {
        let path = format!(
            "dicom/test_files/{name}{}",
            if name.contains('/') { "" } else { ".dcm" }
        );
        assert_eq!(shown(&identity_of(&path)), expected, "{name}");
    }
}

#[test]
fn every_dicom_file_is_read_or_says_why_not() {
    let (mut read_well, mut faults) = (0, Vec::new());
    for (name, bytes) in samples("dicom") {
        match read(&bytes) {
            Ok(_) => read_well += 1,
            Err(DicomFault::NotDicom) => assert_ne!(bytes.get(128..132), Some(&b"DICM"[..]), "{name}"),
            Err(fault) => faults.push((name, fault)),
        }
    }
    assert_eq!(read_well, 180);
    // Their data sets end before any patient could be named.
    assert_eq!(
        faults,
        [
            (
                "dicom/test_files/empty_charset_LEI.dcm".to_owned(),
                DicomFault::Truncated
            ),
            (
                "dicom/test_files/no_meta_group_length.dcm".to_owned(),
                DicomFault::Truncated
            ),
        ]
    );
}

#[test]
fn a_header_cut_before_the_end_of_the_patient_names_nobody() {
    for name in [
        "MR_small",
        "MR_small_implicit",
        "MR_small_expb",
        "badVR",
        "waveform_ecg",
        "rtplan",
    ] {
        let whole = sample(&format!("dicom/test_files/{name}.dcm"));
        let expected = read(&whole).unwrap();
        let mut known = None;
        for length in 0..3_000.min(whole.len()) {
            match read(&whole[..length]) {
                Ok(identity) => {
                    assert_eq!(identity, expected, "{name} {length}");
                    known.get_or_insert(length);
                }
                Err(fault) => {
                    assert_eq!(known, None, "{name} {length}");
                    let no_mark = length < 132;
                    assert_eq!(fault == DicomFault::NotDicom, no_mark, "{name} {length} {fault}");
                }
            }
        }
        assert!(known.is_some(), "{name}");
    }
}

/// A real file without its data set, that data set up to the patient, and the rest.
fn parts(name: &str) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let whole = sample(name);
    let data = whole
        .windows(4)
        .position(|w| w == b"\x08\0\x05\0" || w == b"\x08\0\x08\0")
        .unwrap();
    let patient = whole.windows(6).position(|w| w == b"\x10\0\x10\0PN").unwrap();
    (
        whole[..data].to_vec(),
        whole[data..patient].to_vec(),
        whole[patient..].to_vec(),
    )
}

const REAL: &str = "dicom/test_files/MR_small.dcm";

#[test]
fn a_compressed_data_set_is_unpacked() {
    let (_, before, patient) = parts(REAL);
    let meta = [&[0; 128][..], b"DICM\x02\0\x10\0UI\x16\x001.2.840.10008.1.2.1.99"].concat();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&[before, patient].concat()).unwrap();
    let packed = encoder.finish().unwrap();
    let file = [&meta[..], &packed].concat();
    let expected = identity_of(REAL);
    assert_eq!(read(&file), Ok(expected.clone()));
    // Truncated anywhere, the result is the same patient or none.
    for length in 0..packed.len() {
        match read(&file[..meta.len() + length]) {
            Ok(identity) => assert_eq!(identity, expected, "{length}"),
            Err(fault) => assert_eq!(fault, DicomFault::Truncated, "{length}"),
        }
    }
    let broken = [&meta[..], &[0xff; 100]].concat();
    assert_eq!(read(&broken), Err(DicomFault::Malformed));
}

#[test]
fn sequences_without_length_are_skipped_whatever_is_in_them() {
    let (meta, before, patient) = parts(REAL);
    let with = |between: &[u8]| read(&[&meta[..], &before, between, &patient].concat());
    let expected = Ok(identity_of(REAL));
    const OPEN: &[u8] = b"\x09\0\x10\x10SQ\0\0\xff\xff\xff\xff";
    const UNKNOWN: &[u8] = b"\x09\0\x10\x10UN\0\0\xff\xff\xff\xff";
    const ITEM: &[u8] = b"\xfe\xff\0\xe0\xff\xff\xff\xff";
    const ITEM_END: &[u8] = b"\xfe\xff\x0d\xe0\0\0\0\0";
    const END: &[u8] = b"\xfe\xff\xdd\xe0\0\0\0\0";
    // Another patient's name within an item, in both syntaxes.
    const EXPLICIT: &[u8] = b"\x10\0\x10\0PN\x04\0Doe ";
    const IMPLICIT: &[u8] = b"\x10\0\x10\0\x04\0\0\0Doe ";
    assert_eq!(with(&[OPEN, ITEM, EXPLICIT, ITEM_END, END].concat()), expected);
    assert_eq!(with(&[UNKNOWN, ITEM, IMPLICIT, ITEM_END, END].concat()), expected);
    assert_eq!(with(&[OPEN, END].concat()), expected);
    assert_eq!(
        with(&[OPEN, b"\xfe\xff\0\xe0\x04\0\0\0abcd", END].concat()),
        expected
    );
    let nested = [OPEN, ITEM, OPEN, ITEM, EXPLICIT, ITEM_END, END, ITEM_END, END].concat();
    assert_eq!(with(&nested), expected);
    // The explicit syntax resumes after an `UN` sequence.
    let unknown = [
        UNKNOWN, ITEM, IMPLICIT, ITEM_END, END, OPEN, ITEM, EXPLICIT, ITEM_END, END,
    ]
    .concat();
    assert_eq!(with(&unknown), expected);

    assert_eq!(with(OPEN), Err(DicomFault::Truncated));
    let deep = [OPEN, ITEM].concat().repeat(1_000_000 / 20);
    assert_eq!(with(&deep), Err(DicomFault::Malformed));
    let many = b"\x09\0\x10\x10CS\0\0".repeat((1 << 20) + 1);
    assert_eq!(with(&many), Err(DicomFault::TooLong));
    // An element of unknown type, with a long length and a short one.
    assert_eq!(with(b"\x09\0\x10\x10ZZ\0\0\x02\0\0\0ab"), expected);
    assert_eq!(with(b"\x09\0\x10\x10ZZ\x02\0ab"), expected);
    assert_eq!(with(b"\x09\0\x10\x10\x02\0\0\0ab"), expected);
    // Longer than the file.
    assert_eq!(
        with(b"\x09\0\x10\x10OB\0\0\xfe\xff\xff\xff"),
        Err(DicomFault::Truncated)
    );
}

#[test]
fn a_name_longer_than_any_name_is_malformed() {
    let (meta, before, _) = parts(
        "dicom/test_files/MR_small_implicit.dcm"
            .replace("_implicit", "")
            .as_str(),
    );
    let named = |length: u16| {
        let name = vec![b'x'; length.into()];
        let rest = b"\x20\0\x0d\0UI\x02\x001.";
        read(
            &[
                &meta[..],
                &before,
                b"\x10\0\x10\0PN",
                &length.to_le_bytes(),
                &name,
                rest,
            ]
            .concat(),
        )
    };
    assert!(named(16 * 1024).unwrap().name.is_some());
    assert_eq!(named(16 * 1024 + 1), Err(DicomFault::Malformed));
    let endless = [&meta[..], &before, b"\x10\0\x10\0UN\0\0\xff\xff\xff\xff"].concat();
    assert_eq!(read(&endless), Err(DicomFault::Malformed));
}

#[test]
fn birth_dates_are_read_as_far_as_they_are_known() {
    for (value, expected) in [
        (&b"19580417"[..], Some("1958-04-17")),
        (b"19580417 ", Some("1958-04-17")),
        (b"19580417\0", Some("1958-04-17")),
        (b"1958.04.17", Some("1958-04-17")),
        (b"19580400", Some("1958-04")),
        (b"19580000", Some("1958")),
        (b"00000000", None),
        (b"19580230", None),
        (b"19581301", None),
        (b"19581300", None),
        (b"195804", None),
        (b"1958-04-17", None),
        (b"unknown", None),
        (b"", None),
    ] {
        let found = birth_date(value).map(|date| date.to_string());
        assert_eq!(found.as_deref(), expected, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn values_that_are_none_are_absent() {
    let values = Values {
        patient_id: b" \0".to_vec(),
        sex: b"X ".to_vec(),
        name: b"  ^^".to_vec(),
        ..Values::default()
    };
    assert!(values.decoded().is_empty());
    let values = Values {
        patient_id: b" 12 \\13".to_vec(),
        sex: b"m".to_vec(),
        ..Values::default()
    };
    assert_eq!(shown(&values.decoded()), ["-", "12", "-", "Male"]);
}

#[test]
fn a_file_without_its_preamble_names_the_same_patient() {
    let (mut tried, mut unclear) = (0, Vec::new());
    for (name, whole) in samples("dicom") {
        let Ok(expected) = read(&whole) else { continue };
        if whole.get(128..132) != Some(b"DICM") {
            continue;
        }
        let with_meta = &whole[132..];
        // Group 0002 begins with its own length.
        let meta = (with_meta.get(..8) == Some(b"\x02\0\0\0UL\x04\0")).then(|| {
            12 + u32::from_le_bytes([with_meta[8], with_meta[9], with_meta[10], with_meta[11]]) as usize
        });
        // Two lack the class of what they hold.
        if !begins(with_meta) {
            unclear.push(name);
            continue;
        }
        assert_eq!(read(with_meta), Ok(expected.clone()), "{name}");
        assert!(begins_as_dicom(with_meta).unwrap(), "{name}");
        let Some(bare) = meta.and_then(|meta| with_meta.get(meta..)) else {
            continue;
        };
        // Big endian and compressed data sets need their group 0002.
        if begins(bare) {
            assert_eq!(read(bare), Ok(expected), "{name}");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
    assert_eq!(
        unclear,
        [
            "dicom/test_files/meta_missing_tsyntax.dcm",
            "dicom/test_files/nested_priv_SQ.dcm"
        ]
    );
    let structure = read(&sample("dicom/test_files/rtstruct.dcm")).unwrap();
    assert_eq!(structure.name.unwrap().display(), "Test Phantom30sep");
    assert!(read(&sample("dicom/test_files/ExplVR_LitEndNoMeta.dcm")).is_ok());
}

#[test]
fn what_only_begins_like_elements_is_not_dicom() {
    let whole = sample("dicom/test_files/CT_small.dcm");
    let mut other_class = whole[132..].to_vec();
    let uid = window::find(&other_class, b"1.2.840.10008.").unwrap();
    other_class[uid] = b'2';
    let descending = b"\x08\0\x12\0DA\x08\x0020090101\x08\0\x05\0CS\0\0\x08\0\x16\0UI\x0e\x001.2.840.10008.";
    for bytes in [
        &b"\x08\0"[..],
        b"\x08\0\x05\0CS",
        &other_class,
        descending,
        &[8, 0, 5, 0].repeat(2_000),
    ] {
        assert_eq!(read(bytes), Err(DicomFault::NotDicom));
    }
    let mut state = 7_u32;
    for _ in 0..2_000 {
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let bytes: Vec<u8> = [8, 0, 5, 0].into_iter().chain(noise.take(500)).collect();
        assert!(!begins(&bytes));
    }
}
