//! The archives are built here because formats differ in details; their contents are real files.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;
use crate::documents::inspect::samples::{sample, samples};
use crate::documents::inspect::{InspectError, MediaType, inspect};

struct Member {
    name: String,
    content: Vec<u8>,
    method: u16,
    flags: u16,
}

fn member(name: &str, content: &[u8]) -> Member {
    Member {
        name: name.to_owned(),
        content: content.to_vec(),
        method: 8,
        flags: 0,
    }
}

fn dicom(name: &str) -> Member {
    member(name, &sample(&format!("dicom/test_files/{name}")))
}

/// Follows APPNOTE, but without checksums, which this code does not check.
fn archive(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for Member {
        name,
        content,
        method,
        flags,
    } in members
    {
        let packed = if *method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.clone()
        };
        let at = bytes.len();
        let fields = |version: &[u16]| -> Vec<u8> {
            let mut fields: Vec<u8> = version.iter().flat_map(|v| v.to_le_bytes()).collect();
            fields.extend([*flags, *method, 0, 0].iter().flat_map(|v| v.to_le_bytes()));
            for long in [0, packed.len(), content.len()] {
                fields.extend(u32::try_from(long).unwrap().to_le_bytes());
            }
            fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            fields
        };
        bytes.extend([FILE, &fields(&[20]), &[0, 0], name.as_bytes(), &packed].concat());
        let place = [&[0; 12][..], &u32::try_from(at).unwrap().to_le_bytes()].concat();
        directory.extend([ENTRY, &fields(&[20, 20]), &place[..16], name.as_bytes()].concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let at = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    [
        &bytes[..],
        &directory,
        END,
        &[0; 4],
        &count,
        &count,
        &length,
        &at,
        &[0; 2],
    ]
    .concat()
}

/// Two real files, one compressed and one stored.
pub(in crate::documents::inspect) fn archive_of_real_files() -> Vec<u8> {
    let mut stored = dicom("MR_small.dcm");
    stored.method = 0;
    archive(&[dicom("rtplan.dcm"), stored])
}

fn is_set(members: &[Member]) -> bool {
    is_dicom_set(&mut Cursor::new(archive(members))).unwrap()
}

#[test]
fn an_archive_of_dicom_files_is_a_set_with_everybody_it_names() {
    let inspection = inspect(&mut Cursor::new(archive_of_real_files())).unwrap();
    assert_eq!(inspection.media_type, MediaType::DicomSet);
    let names: Vec<_> = inspection
        .identities()
        .map(|identity| identity.name.as_ref().unwrap().display())
        .collect();
    assert_eq!(names, ["Last First mid pre", "CompressedSamples MR1"]);
}

#[test]
fn a_set_with_its_directory_names_each_patient_once() {
    let members: Vec<Member> = samples("dicom/test_files/dicomdirtests")
        .iter()
        .filter(|(name, _)| !name.contains("TINY") && !name.contains("DICOMDIR-"))
        .map(|(name, content)| member(name.strip_prefix("dicom/test_files/").unwrap(), content))
        .collect();
    assert!(members.iter().any(|member| member.name.ends_with("README.txt")));
    let inspection = inspect(&mut Cursor::new(archive(&members))).unwrap();
    let ids: Vec<_> = inspection
        .identities()
        .map(|identity| identity.patient_id.clone().unwrap().into_inner())
        .collect();
    assert_eq!(ids, ["77654033", "98890234"]);
}

#[test]
fn beside_a_dicomdir_anything_may_lie_and_otherwise_nothing() {
    let text = || member("README.txt", &sample("dicom/test_files/README.txt"));
    let listed = |name: &str| member(name, &sample("dicom/test_files/dicomdirtests/DICOMDIR"));
    assert!(is_set(&[listed("DICOMDIR"), text(), dicom("CT_small.dcm")]));
    let below = |folder: &str| {
        let mut ct = dicom("CT_small.dcm");
        ct.name = format!("{folder}IM0001");
        ct
    };
    let viewer = || member("export/viewer/run.exe", b"MZ");
    let list = || listed("export/dicomdir");
    assert!(is_set(&[viewer(), list(), below("export/PT0/ST0/")]));
    // Within an archive of other things.
    assert!(!is_set(&[text(), list(), below("export/PT0/")]));
    assert!(!is_set(&[viewer(), list(), below("exports/PT0/")]));
    // Several sets side by side may contain only DICOM files.
    assert!(is_set(&[listed("a/DICOMDIR"), listed("b/DICOMDIR")]));
    assert!(!is_set(&[text(), dicom("CT_small.dcm")]));
    assert!(!is_set(&[text()]));
    assert!(!is_set(&[]));
    // Only the name is that of a DICOMDIR.
    assert!(!is_set(&[member("DICOMDIR", b"x"), dicom("CT_small.dcm")]));
    assert!(!is_set(&[listed("DICOMDIR.exe"), text()]));
    // A nested archive does not count.
    assert!(!is_set(&[member("inner.zip", &archive_of_real_files())]));
    let error = inspect(&mut Cursor::new(archive(&[text()]))).unwrap_err();
    assert!(matches!(error, InspectError::NotTaken));
}

#[test]
fn folders_and_what_a_macintosh_adds_do_not_count() {
    let ct = || dicom("CT_small.dcm");
    assert!(is_set(&[
        member("study/", b""),
        ct(),
        member("__MACOSX/._CT_small.dcm", b"\0\x05\x16\x07"),
        member("study/.DS_Store", b"\0\0\0\x01Bud1"),
    ]));
    assert!(!is_set(&[ct(), member("study/DS_Store", b"x")]));
    assert!(!is_set(&[
        member("study/", b""),
        member("__MACOSX/a.dcm", &ct().content)
    ]));
}

#[test]
fn encrypted_or_strangely_packed_files_make_no_set() {
    let with = |flags, method| {
        let mut member = dicom("CT_small.dcm");
        (member.flags, member.method) = (flags, method);
        member
    };
    assert!(is_set(&[with(0, 0)]) && is_set(&[with(1 << 11, 0)]));
    for (flags, method) in [(1, 0), (1 << 6, 0), (1 << 13, 0), (0, 12), (0, 99)] {
        assert!(
            !is_set(&[dicom("MR_small.dcm"), with(flags, method)]),
            "{flags} {method}"
        );
    }
    // The directory says stored, but the bytes are compressed.
    let mut lying = dicom("CT_small.dcm");
    lying.method = 0;
    let mut bytes = archive(&[lying]);
    let entry = find_last(&bytes, ENTRY).unwrap();
    bytes[entry + 10] = 8;
    assert!(!is_dicom_set(&mut Cursor::new(&bytes)).unwrap());
}

#[test]
fn an_archive_that_programs_could_read_in_two_ways_is_none() {
    let whole = archive_of_real_files();
    let is_set = |bytes: &[u8]| is_dicom_set(&mut Cursor::new(bytes)).unwrap();
    let end = find_last(&whole, END).unwrap();
    let with = |at: usize, value: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    assert!(is_set(&whole));
    let commented = [&with(end + 20, &[5, 0]), &b"hello"[..]].concat();
    assert!(is_set(&commented));
    assert!(!is_set(&[&whole[..], b"x"].concat()), "something behind");
    assert!(!is_set(&[b"x", &whole[..]].concat()), "something before");
    assert!(!is_set(&whole[..whole.len() - 1]), "cut");
    assert!(!is_set(&with(end + 4, &[1])), "several disks");
    assert!(!is_set(&with(end + 8, &[1, 0, 1, 0])), "fewer files than listed");
    assert!(!is_set(&with(end + 8, &[3, 0, 3, 0])), "more files than listed");
    assert!(!is_set(&with(end + 8, &[0xff; 4])), "ZIP64");
    let entry = find_last(&whole, ENTRY).unwrap();
    assert!(!is_set(&with(entry + 42, &[0xff; 4])), "ZIP64");
    assert!(!is_set(&with(entry + 42, &[1])), "a file is elsewhere");
}

#[test]
fn a_set_with_many_files_is_read_through_windows_of_its_directory() {
    let name = "x".repeat(3_000);
    let mut members: Vec<Member> = (0..200)
        .map(|number| {
            let mut member = dicom("rtplan.dcm");
            member.name = format!("{name}{number}");
            member
        })
        .collect();
    assert!(is_set(&members));
    members.push(member("last", b"no DICOM"));
    assert!(!is_set(&members));
}

#[test]
fn a_header_that_cannot_be_read_is_told_with_the_others() {
    let whole = dicom("MR_small.dcm");
    let cut = member("cut.dcm", &whole.content[..600]);
    let found = findings(&mut Cursor::new(archive(&[cut, whole]))).unwrap();
    assert!(matches!(
        found[..],
        [
            Finding::DicomIdentity(_),
            Finding::DicomUnreadable(DicomFault::Truncated)
        ]
    ));
}

#[test]
fn a_bomb_is_unpacked_to_a_limit() {
    let mut head = sample("dicom/test_files/MR_small.dcm");
    let patient = head.windows(6).position(|w| w == b"\x10\0\x10\0PN").unwrap();
    head.truncate(patient);
    head.extend(b"\x09\0\x01\x10OB\0\0\0\0\0\x10");
    head.resize(64 << 20, 0);
    let found = findings(&mut Cursor::new(archive(&[member("bomb.dcm", &head)]))).unwrap();
    assert_eq!(found, [Finding::DicomUnreadable(DicomFault::TooLong)]);
}
