use super::*;

fn decode(charset: &str, value: &[u8]) -> String {
    Charset::of(charset.as_bytes()).decode(value)
}

#[test]
fn each_national_set_has_its_letters() {
    for (charset, value, text) in [
        ("ISO_IR 6", &b"Doe^John"[..], "Doe^John"),
        ("ISO_IR 100", b"J\xe9r\xf4me", "Jérôme"),
        ("ISO_IR 101", b"W\xe3\xb3\xeasa", "Wăłęsa"),
        ("ISO_IR 109", b"\xa1a\xb1ar \xf8a\xa6", "Ħaħar ĝaĤ"),
        ("ISO_IR 110", b"\xd3\xfe", "Ķū"),
        ("ISO_IR 144", b"\xbb\xee\xda\xd5\xdc", "Люкем"),
        ("ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea", "قباني"),
        ("ISO_IR 126", b"\xc4\xe9\xef\xed", "Διον"),
        ("ISO_IR 138", b"\xf9\xf8\xe5\xef", "שרון"),
        ("ISO_IR 148", b"\xddstanbul", "İstanbul"),
        ("ISO_IR 203", b"\xa4", "€"),
        ("ISO_IR 166", b"\xb9\xd2\xa7", "นาง"),
        ("ISO_IR 13", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
        ("ISO_IR 192", "王^小東".as_bytes(), "王^小東"),
        ("GB18030", b"\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东"),
        ("GB18030", b"\x81\x30\x81\x30", "\u{80}"),
        ("GBK", b"\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东"),
        ("ISO 2022 IR 58", b"\x1b$)A\xcd\xf5^\x1b$)A\xd0\xa1", "王^小"),
        ("\\ISO 2022 IR 149", b"\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce", "洪^吉"),
        (
            "\\ISO 2022 IR 87",
            b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
            "山田^太郎",
        ),
        ("\\ISO 2022 IR 159", b"\x1b$(D\x30\x21\x1b(B^A", "丂^A"),
    ] {
        assert_eq!(decode(charset, value), text, "{charset}");
    }
}

#[test]
fn a_set_may_be_spelled_in_other_ways() {
    for charset in [
        "ISO_IR 144",
        "ISO 2022 IR 144",
        " iso_ir_144 ",
        "ISO-IR 144",
        "ISO IR 144",
        "ISO_IR144",
    ] {
        assert_eq!(decode(charset, b"\xbb\xee"), "Лю", "{charset}");
    }
    assert_eq!(decode("no set\\ISO_IR 144", b"\xbb\xee"), "Лю");
}

#[test]
fn what_was_not_declared_is_utf_8_or_latin_1() {
    for charset in ["", "ISO_IR 6", "no set", "\\", "ISO 2022 IR 6"] {
        assert_eq!(
            decode(charset, "Jérôme 山田".as_bytes()),
            "Jérôme 山田",
            "{charset}"
        );
        assert_eq!(decode(charset, b"J\xe9r\xf4me"), "Jérôme", "{charset}");
    }
    assert_eq!(decode("", b"\x1b$B;3ED\x1b(B"), "山田");
}

#[test]
fn delimiters_go_back_to_the_first_set() {
    let charset = "ISO 2022 IR 100\\ISO 2022 IR 144";
    for delimiter in ["^", "=", "\\", "\n", "\r", "\t", "\u{c}"] {
        let value = [&b"\xe9\x1b-L\xbb\xee"[..], delimiter.as_bytes(), b"\xe9"].concat();
        assert_eq!(
            decode(charset, &value),
            format!("éЛю{delimiter}é"),
            "{delimiter:?}"
        );
    }
    assert_eq!(decode(charset, b"\x1b-L\xbb \xee"), "Л ю");
}

#[test]
fn a_delimiters_byte_within_a_character_is_none() {
    // 0x5c, 0x5e and 0x3d as second bytes, in JIS X 0208 and in GB18030.
    assert_eq!(
        decode("\\ISO 2022 IR 87", b"\x1b$B\x30\x5c\x30\x5e\x30\x3d\x1b(B"),
        "移緯綾"
    );
    assert_eq!(decode("GB18030", b"\x81\x5c\x81\x5e"), "乗乛");
}

#[test]
fn what_is_no_character_is_marked_and_nothing_is_lost_behind_it() {
    for (charset, value, text) in [
        ("ISO_IR 100", &b"a\x85b"[..], "a\u{fffd}b"),
        ("ISO_IR 127", b"a\xa1b", "a\u{fffd}b"),
        ("ISO_IR 13", b"a\xe0b", "a\u{fffd}b"),
        ("\\ISO 2022 IR 87", b"a\xe9b", "a\u{fffd}b"),
        ("\\ISO 2022 IR 149", b"\xfb", "\u{fffd}"),
        ("\\ISO 2022 IR 149", b"\xfba", "\u{fffd}a"),
        ("\\ISO 2022 IR 149", b"\xc9\xa1b", "\u{fffd}b"),
        ("\\ISO 2022 IR 87", b"\x1b$B\x7e\x7e\x1b(Bb", "\u{fffd}b"),
        ("\\ISO 2022 IR 87", b"\x1b$B;", ";"),
        ("", b"\x1b", "\u{fffd}"),
        ("", b"\x1b%Ga", "\u{fffd}%Ga"),
        ("ISO_IR 192", b"a\xffb", "a\u{fffd}b"),
    ] {
        assert_eq!(decode(charset, value), text, "{charset} {value:x?}");
    }
}
