//! Text in the encodings that hospitals use, and mark-up in each of them.

use std::io::Cursor;

use super::*;

fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if big_endian {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

fn is_of_unknown_encoding(bytes: &[u8]) -> bool {
    matches!(inspect(&mut Cursor::new(bytes)), Err(InspectError::TextEncoding))
}

#[test]
fn text_is_taken_in_utf_8_utf_16_and_latin() {
    let letter = "Befund: Größe 3 µm, Temperatur 38 °C, 報告, \u{1fa7b} unauffällig.\r\n";
    for text in [letter.to_owned(), letter.repeat(3_000)] {
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.clone().into_bytes(),
            marked.clone().into_bytes(),
            utf16(&marked, false),
            utf16(&marked, true),
        ] {
            assert_eq!(type_of(&bytes), Some("text/plain"));
        }
    }
    // A surrogate pair over the border of two pieces, at every place.
    for before in 32_764..32_770 {
        let text = format!("\u{feff}{}\u{1fa7b}.", "x".repeat(before));
        assert_eq!(type_of(&utf16(&text, false)), Some("text/plain"), "{before}");
    }
    // Windows-1252, ISO 8859-1, ISO 8859-15 with its euro sign.
    for latin in [
        &b"\x84Gr\xf6\xdfe im Ultraschall\x93 \x80 20"[..],
        b"Gr\xf6\xdfe der L\xe4sion: 3 \xb5m",
        b"20 \xa4, \xbduvre",
    ] {
        assert_eq!(type_of(latin), Some("text/plain"), "{latin:?}");
    }
}

#[test]
fn text_in_another_encoding_is_refused_with_that_reason() {
    for (encoding, text) in [
        (encoding_rs::WINDOWS_1251, "Привет, доктор"),
        (encoding_rs::KOI8_R, "Привет, доктор"),
        (encoding_rs::WINDOWS_1256, "تقرير طبي للمريض"),
        (encoding_rs::ISO_8859_7, "Ιατρική γνωμάτευση"),
        (encoding_rs::SHIFT_JIS, "患者は胸痛を訴える"),
        (encoding_rs::GBK, "病人主诉胸痛三天"),
    ] {
        let (bytes, _, _) = encoding.encode(text);
        assert!(is_of_unknown_encoding(&bytes), "{}", encoding.name());
    }
    // Binary files are not texts in an unknown encoding.
    for binary in [
        &b"MZ\x90\0\x03\0\0\0"[..],
        b"\xff\xfe\0\0T\0\0\0",
        b"\xff\xfe\x01\0",
        b"\xff\xfe\0\xdcx\0",
    ] {
        assert_eq!(type_of(binary), None);
        assert!(!is_of_unknown_encoding(binary), "{binary:?}");
    }
}

#[test]
fn mark_up_is_text_in_no_encoding() {
    for code in [
        "<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        "<SVG onload='x()'>",
        "<!-- a comment --><svg/>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<!-- x --><svg/>",
        "<!DOCTYPE html><html></html>",
        "<!doctype svg PUBLIC '-//W3C//DTD SVG 1.1//EN'>",
        "<HTML><script>x()</script>",
        "</p><script>x()</script>",
        "<script>x()</script>",
        "#!/bin/sh\n",
    ] {
        let spaces = " ".repeat(70_000);
        for before in ["", "\n\t \u{c}", "\u{a0}\u{200b}", "\u{feff}", spaces.as_str()] {
            let text = format!("{before}{code}");
            let marked = format!("\u{feff}{text}");
            for bytes in [
                text.clone().into_bytes(),
                marked.clone().into_bytes(),
                utf16(&marked, false),
                utf16(&marked, true),
                utf16(&text, false),
                utf16(&text, true),
            ] {
                assert_eq!(type_of(&bytes), None, "{code}");
            }
        }
    }
    // A letter may mention it.
    assert_eq!(type_of(b"CRP < 5 mg/l, <svg> in the middle"), Some("text/plain"));
}
