//! Findings for real files, and for pairs of real files combined into one.

use std::io::Cursor;

use super::samples::{sample, samples};
use super::*;

fn type_of(bytes: &[u8]) -> Option<&'static str> {
    sniff(&mut Cursor::new(bytes)).unwrap().map(MediaType::name)
}

fn findings(bytes: &[u8]) -> Vec<Finding> {
    inspect(&mut Cursor::new(bytes)).unwrap().findings
}

#[test]
fn the_bytes_of_real_files_say_what_they_are() {
    for (name, expected) in [
        ("camera.jpg", "image/jpeg"),
        ("phone.jpg", "image/jpeg"),
        ("images/truncated_jpeg.jpg", "image/jpeg"),
        ("images/sugarshack_bad_mpo_header.jpg", "image/jpeg"),
        ("images/hopper.png", "image/png"),
        ("images/broken.png", "image/png"),
        ("images/truncated_end_chunk.png", "image/png"),
        ("images/hopper.tif", "image/tiff"),
        ("images/16bit.MM.cropped.tif", "image/tiff"),
        ("images/hopper_bigtiff.tif", "image/tiff"),
        ("images/seek_too_large.tif", "image/tiff"),
        ("images/avif/hopper.heif", "image/heic"),
        ("scan.pdf", "application/pdf"),
        ("encrypted.pdf", "application/pdf"),
        ("pdf/issue-297.pdf", "application/pdf"),
        ("chest.dcm", "application/dicom"),
        ("dicom/test_files/MR_truncated.dcm", "application/dicom"),
        ("dicom/test_files/dicomdirtests/DICOMDIR", "application/dicom"),
        ("dicom/test_files/README.txt", "text/plain"),
        ("dicom/test_files/rtplan.dump", "text/plain"),
    ] {
        assert_eq!(type_of(&sample(name)), Some(expected), "{name}");
    }
}

#[test]
fn every_file_with_a_known_ending_is_what_the_ending_says_and_the_others_are_not_taken() {
    for (name, bytes) in samples("images").into_iter().chain(samples("pdf")) {
        let ending = name.rsplit('.').next().unwrap();
        let expected = match ending {
            "jpg" => Some("image/jpeg"),
            "png" => Some("image/png"),
            "tif" | "tiff" => Some("image/tiff"),
            "heif" => Some("image/heic"),
            "pdf" => Some("application/pdf"),
            "avif" | "bmp" | "gif" | "ico" | "jp2" | "ppm" | "psd" | "webp" => None,
            other => panic!("{other}"),
        };
        assert_eq!(type_of(&bytes), expected, "{name}");
    }
    // DICOM that begins with a stray byte or in big endian, a gzip archive, a colour profile.
    for name in [
        "no_meta.dcm",
        "ExplVR_BigEndNoMeta.dcm",
        "zipMR.gz",
        "crayons.icc",
    ] {
        assert_eq!(
            type_of(&sample(&format!("dicom/test_files/{name}"))),
            None,
            "{name}"
        );
    }
}

#[test]
fn two_files_in_one_are_the_one_that_comes_first() {
    let (jpeg, png) = (sample("images/hopper.jpg"), sample("images/hopper.png"));
    let (pdf, locked) = (sample("letter.pdf"), sample("encrypted.pdf"));
    for (first, second, expected) in [
        (&jpeg, &pdf, "image/jpeg"),
        (&png, &pdf, "image/png"),
        (&pdf, &jpeg, "application/pdf"),
        (&locked, &jpeg, "application/pdf"),
    ] {
        assert_eq!(type_of(&[first.as_slice(), second].concat()), Some(expected));
    }
    // A PDF that starts within the first kilobyte of another file.
    let small = jpeg.get(..600).unwrap();
    assert_eq!(type_of(&[small, &pdf].concat()), Some("image/jpeg"));
    assert_eq!(
        findings(&[locked.as_slice(), &jpeg].concat()),
        [Finding::PdfEncrypted]
    );
    assert_eq!(
        findings(&[pdf.as_slice(), &jpeg].concat()),
        [Finding::PdfDamaged(PdfDamage::NoEnd)]
    );
}

#[test]
fn a_pdf_may_begin_behind_text_and_behind_nothing_else() {
    let (pdf, locked) = (sample("letter.pdf"), sample("encrypted.pdf"));
    let behind = |before: &[u8], pdf: &[u8]| [before, pdf].concat();
    for before in [
        &b"\r\n"[..],
        b"\xef\xbb\xbf",
        b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n",
        b"Content-Type: application/pdf\r\n\r\n",
        &[b' '; 1024],
    ] {
        let file = behind(before, &pdf);
        assert_eq!(type_of(&file), Some("application/pdf"), "{before:?}");
        assert_eq!(findings(&file), [], "{before:?}");
        assert_eq!(
            findings(&behind(before, &locked)),
            [Finding::PdfEncrypted],
            "{before:?}"
        );
    }
    let hopper = sample("images/hopper.gif");
    for before in [
        &b"MZ\x90\0\x03\0\0\0"[..],
        b"\x7fELF\x02\x01\x01\0",
        b"PK\x03\x04\x14\0\0\0\0\0",
        b"<html><script>",
        b"#!/bin/sh\nexit\n",
        b"%!PS-Adobe-3.0\n",
        b"GIF89aaaaaa",
        hopper.get(..100).unwrap(),
        &[b' '; 1025],
    ] {
        assert_eq!(type_of(&behind(before, &pdf)), None, "{before:?}");
    }
    // A text about PDF is a text.
    assert_eq!(
        type_of(b"The header is %PDF-1.7, they say.\n"),
        Some("text/plain")
    );
}

#[test]
fn a_dicom_file_may_begin_as_another() {
    let mut file = sample("dicom/test_files/CT_small.dcm");
    let tiff = sample("images/hopper.tif");
    file[..128].copy_from_slice(&tiff[..128]);
    assert_eq!(type_of(&file), Some("application/dicom"));
    assert_eq!(findings(&file).len(), 1);
    file[130] = b'X';
    assert_eq!(type_of(&file), Some("image/tiff"));
}

#[test]
fn a_picture_is_known_by_few_bytes() {
    for (bytes, expected) in [
        (&b"\xff\xd8\xff"[..], Some("image/jpeg")),
        (b"\xff\xd8", None),
        (b"\x89PNG\r\n\x1a\n", Some("image/png")),
        // Transferred in text mode, which changed the line endings.
        (b"\x89PNG\n\x1a\n\0", None),
        (b"II*\0\x08\0\0\0\x0a\0\0\0", Some("image/tiff")),
        (b"II*\0\x10\0\0\0CR\x02\0", None),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some("image/heic")),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Some("image/heic")),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", None),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1heic", None),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41heic", None),
        (b"\0\0\0\0ftypheic", None),
        (b"GIF89a\x01\0\x01\0", None),
        (b"PK\x03\x04", None),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", None),
        (b"", None),
    ] {
        assert_eq!(type_of(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn a_text_is_one_to_its_last_byte() {
    let text = sample("dicom/test_files/README.txt").repeat(12);
    assert!(text.len() > 150_000);
    assert_eq!(type_of(&text), Some("text/plain"));
    for last in [b"\0", b"\x1b", b"\x7f", b"\x08"] {
        assert_eq!(type_of(&[text.as_slice(), last].concat()), None, "{last:?}");
    }
    for (bytes, expected) in [
        ("BMI 31, Z. n. Appendektomie\r\n".as_bytes(), Some("text/plain")),
        ("\u{feff}GIFT: keine\n".as_bytes(), Some("text/plain")),
        (b"Fibrinogen <5 g/l\x0c", Some("text/plain")),
        // Cut within a character.
        (&"تقرير".as_bytes()[..9], Some("text/plain")),
        // Latin-1 and Windows-1252.
        (b"M\xfcller, Z. n. Sch\xe4del-Hirn-Trauma", Some("text/plain")),
        (b"\x93Befund\x94 \x96 unauff\xe4llig", Some("text/plain")),
        // More non-ASCII letters than Latin texts have: Cyrillic in Windows-1251.
        (b"\xcf\xf0\xe8\xe2\xe5\xf2, \xe4\xee\xea\xf2\xee\xf0", None),
        (b"M\x81ller und Sch\x8afer", None),
        ("line\u{85}separator".as_bytes(), None),
        (b"\xff\xfeU\0T\0F\0", Some("text/plain")),
        (b"a\0b", None),
        (b"#!/bin/sh\nrm", None),
        (b"\n  <svg onload='x'>", None),
        ("\u{feff} <!DOCTYPE html>".as_bytes(), None),
        (b"{\\rtf1 object}", None),
        (b"%!PS-Adobe", None),
    ] {
        assert_eq!(type_of(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
    let padded = [vec![b' '; 70_000], b"<html>".to_vec()].concat();
    assert_eq!(type_of(&padded), None);
}

#[test]
fn a_character_may_lie_across_the_border_of_two_pieces() {
    for before in 65_530..65_540 {
        let text = ["x".repeat(before), "تقرير 報告 🩻".to_owned()].concat();
        assert_eq!(type_of(text.as_bytes()), Some("text/plain"), "{before}");
    }
}

#[test]
fn an_empty_file_and_one_that_is_not_taken_are_told_apart() {
    let error = |bytes: &[u8]| inspect(&mut Cursor::new(bytes)).unwrap_err();
    assert!(matches!(error(b""), InspectError::Empty));
    assert!(matches!(error(b"\0"), InspectError::NotTaken));
}

#[test]
fn what_is_found_prints_nothing_of_the_patient() {
    let inspection = inspect(&mut Cursor::new(sample("dicom/charset_files/chrFren.dcm"))).unwrap();
    let shown = format!("{inspection:?}");
    assert!(inspection.identities().count() == 1 && !inspection.is_encrypted());
    assert!(!shown.contains("Buc") && !shown.contains("SCSFREN"), "{shown}");
}

mod encodings;
mod limits;
mod spoiled;
