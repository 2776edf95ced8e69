use std::io::Cursor;

use super::*;
use crate::documents::inspect::samples::{sample, samples};

fn state(bytes: &[u8]) -> PdfState {
    pdf_state(&mut Cursor::new(bytes)).unwrap()
}

/// As reported by pypdf 7.1.0 for its own files, checked by hand.
const ENCRYPTED: [&str; 4] = [
    "pdf/crazyones-encrypted-256.pdf",
    "pdf/encrypted-file.pdf",
    "pdf/encrypted_doc_no_id.pdf",
    "pdf/libreoffice-writer-password.pdf",
];

#[test]
fn of_every_real_file_it_is_known_whether_it_is_encrypted() {
    let mut encrypted = 0;
    for (name, bytes) in samples("pdf") {
        let by_name = name.starts_with("pdf/encryption/r") || ENCRYPTED.contains(&name.as_str());
        let expected = match name.as_str() {
            "pdf/issue-297.pdf" => PdfState::Damaged(PdfDamage::NoCrossReference),
            "pdf/selenium-pypdf-issue-177.pdf" => PdfState::Damaged(PdfDamage::NoEnd),
            _ if by_name => PdfState::Encrypted,
            _ => PdfState::Open,
        };
        assert_eq!(state(&bytes), expected, "{name}");
        encrypted += usize::from(by_name);
    }
    assert_eq!(encrypted, 21);
    assert_eq!(state(&sample("scan.pdf")), PdfState::Open);
}

#[test]
fn cross_references_that_run_in_a_circle_come_to_an_end() {
    for name in ["images/trailer_loop.pdf", "images/duplicate_xref_entry.pdf"] {
        assert_eq!(state(&sample(name)), PdfState::Open, "{name}");
    }
    let circle = b"%PDF-1.4\nxref\n0 0\ntrailer\n<</Prev 9>>\nstartxref\n9\n%%EOF\n";
    assert_eq!(state(circle), PdfState::Open);
    // Each refers to the next one and the one after it.
    let mut many = b"%PDF-1.4\n".to_vec();
    for _ in 0..3_000 {
        let at = many.len();
        many.extend(format!("xref\ntrailer<</Prev {:09}/XRefStm {:09}>>\n", at + 51, at + 102).bytes());
    }
    many.extend(b"startxref\n9\n%%EOF\n");
    assert_eq!(state(&many), PdfState::Open);
}

#[test]
fn a_file_that_was_cut_has_no_end() {
    let whole = sample("letter.pdf");
    for left in [9, 100, 5_000, whole.len() - 40] {
        assert_eq!(
            state(&whole[..left]),
            PdfState::Damaged(PdfDamage::NoEnd),
            "{left}"
        );
    }
    assert_eq!(state(b"%PDF-1.7"), PdfState::Damaged(PdfDamage::NoEnd));
    assert_eq!(state(b""), PdfState::Damaged(PdfDamage::NoEnd));
}

#[test]
fn the_end_is_looked_for_in_the_last_kilobyte() {
    let whole = sample("pdf/toy.pdf");
    let end = find_last(&whole, b"%%EOF").unwrap();
    let behind = |bytes: usize| {
        let mut file = whole[..end + 5].to_vec();
        file.resize(end + bytes, b'\n');
        state(&file)
    };
    assert_eq!(behind(1024), PdfState::Open);
    assert_eq!(behind(1025), PdfState::Damaged(PdfDamage::NoEnd));
}

#[test]
fn a_broken_way_to_the_trailer_does_not_hide_encryption() {
    // A table with a trailer, and a stream.
    for name in [
        "pdf/encryption/r6-user-password.pdf",
        "pdf/crazyones-encrypted-256.pdf",
    ] {
        let mut file = sample(name);
        let word = find_last(&file, b"startxref").unwrap();
        file[word + 10] = b'9';
        assert_eq!(state(&file), PdfState::Encrypted, "{name}");
        file[word] = b'S';
        assert_eq!(state(&file), PdfState::Encrypted, "{name}");
        file.resize(file.len() + 3_000, b'\n');
        assert_eq!(state(&file), PdfState::Encrypted, "{name}");
    }
}

#[test]
fn the_trailer_may_lie_far_behind_its_table() {
    let mut file = b"%PDF-1.4\nxref\n0 60000\n".to_vec();
    file.extend(b"0000000016 00000 n \n".repeat(60_000));
    // The word spans two windows.
    let border = 9 + (1 << 20);
    file.truncate(border - 3);
    file.extend(b"trailer <</Size 60000/Encrypt 1 0 R>>\nstartxref\n9\n%%EOF\n");
    assert_eq!(state(&file), PdfState::Encrypted);
}

#[test]
fn an_older_trailer_counts_too() {
    let state_of = |body: &str| {
        let newest = body.rfind("xref\n").unwrap();
        state(format!("{body}startxref\n{newest}\n%%EOF\n").as_bytes())
    };
    let older = "%PDF-1.4\nxref\ntrailer<</Encrypt 1 0 R>>\n";
    for encrypted in [
        older.to_owned(),
        format!("{older}xref\ntrailer<</Prev 9>>\n"),
        format!("{older}xref\ntrailer<</XRefStm 9>>\n"),
    ] {
        assert_eq!(state_of(&encrypted), PdfState::Encrypted, "{encrypted}");
    }
    // Nothing refers to the older section; and an `/Encrypt` that is `null` or within a string does not
    // count.
    for open in [
        format!("{older}xref\ntrailer<</Prev 0>>\n"),
        "%PDF-1.4\nxref\ntrailer<</Encrypt null>>\n".to_owned(),
        "%PDF-1.4\n1 0 obj(trailer<</Encrypt 1 0 R>>)endobj\nxref\ntrailer<<>>\n".to_owned(),
    ] {
        assert_eq!(state_of(&open), PdfState::Open, "{open}");
    }
}

#[test]
fn a_user_password_an_owner_password_and_an_empty_one_all_count_as_encrypted() {
    let of_kind = |name: &str| {
        let kinds = ["-user-password", "-owner-password", "-empty-password"];
        kinds.iter().any(|kind| name.contains(kind))
    };
    let mut tried = 0;
    for (name, bytes) in samples("pdf/encryption") {
        if of_kind(&name) {
            assert_eq!(state(&bytes), PdfState::Encrypted, "{name}");
            tried += 1;
        }
    }
    assert_eq!(tried, 14);
}
