//! Real files with changed or missing bytes: whatever the result, nothing panics.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

/// Small real files of every kind, as input for the corruption tests.
fn small() -> Vec<Vec<u8>> {
    let names = [
        "dicom/charset_files/chrH32.dcm",
        "dicom/charset_files/chrSQEncoding1.dcm",
        "dicom/test_files/MR_small_expb.dcm",
        "dicom/test_files/MR_small_implicit.dcm",
        "dicom/test_files/badVR.dcm",
        "dicom/test_files/image_dfl.dcm",
        "dicom/test_files/nested_priv_SQ.dcm",
        "dicom/test_files/UN_sequence.dcm",
        "dicom/test_files/dicomdirtests/DICOMDIR-reordered",
        "dicom/test_files/README.txt",
        "images/avif/hopper.heif",
        "images/hopper.jpg",
        "images/trailer_loop.pdf",
        "pdf/bytes.pdf",
        "pdf/encrypted-file.pdf",
        "pdf/issue-297.pdf",
        "pdf/toy.pdf",
    ];
    let files = names.map(sample).into_iter();
    files.chain([dicom_set::tests::archive_of_real_files()]).collect()
}

#[test]
fn no_real_file_however_cut_makes_it_panic() {
    for file in small() {
        for length in 0..file.len().min(1_200) {
            let _ = inspect(&mut Cursor::new(&file[..length]));
        }
        for length in (0..file.len().min(3_000)).step_by(7) {
            let _ = inspect(&mut Cursor::new(&file[file.len() - length..]));
        }
    }
}

/// Corrupts a file: at each position the byte is changed, removed or duplicated.
fn spoiled(mut file: Vec<u8>, changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (index, kind, byte) in changes {
        if file.is_empty() {
            break;
        }
        // Most of the relevant data is at the start.
        let places = if kind % 2 == 0 {
            file.len().min(600)
        } else {
            file.len()
        };
        let at = index.index(places);
        match kind % 7 {
            0 | 1 => file[at] = *byte,
            2 => file[at] ^= 1 << (byte % 8),
            3 => file.truncate(at),
            4 => {
                file.remove(at);
            }
            5 => file.insert(at, *byte),
            _ => {
                let end = (at + usize::from(*byte)).min(file.len());
                let piece = file[at..end].to_vec();
                file.splice(at..at, piece);
            }
        }
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..3_000), kind in 0_usize..8) {
        let beginnings: [&[u8]; 8] = [
            b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\0\0\0\x30ftyp", b"II*\0", b"text ", b"%PDF-1.4\nxref trailer <<", b"",
        ];
        let mut file = [beginnings[kind], &bytes].concat();
        if kind == 7 {
            file = [&[0; 128][..], b"DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0", &bytes].concat();
        }
        if kind == 6 {
            file.extend_from_slice(b"startxref 9 %%EOF");
        }
        let _ = inspect(&mut Cursor::new(&file));
    }

    #[test]
    fn no_spoiled_file_makes_it_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 1..8),
    ) {
        thread_local!(static FILES: Vec<Vec<u8>> = small());
        let file = FILES.with(|files| which.get(files).clone());
        let _ = inspect(&mut Cursor::new(&spoiled(file, &changes)));
    }
}
