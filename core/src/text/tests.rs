use proptest::prelude::*;

use super::*;

#[test]
fn text_is_trimmed_normalised_and_counted_in_characters() {
    let text = Text::<1, 4>::new("  Zoe\u{308} ").unwrap();
    assert_eq!(text.as_str(), "Zoë");
    assert_eq!(Text::<1, 2>::new("Zoë"), Err(TextError::TooLong { max: 2 }));
    assert_eq!(Text::<1, 9>::new(" \n "), Err(TextError::TooShort { min: 1 }));
    assert_eq!(Text::<0, 9>::new("a\u{0}b"), Err(TextError::ControlCharacter));
    assert!(Text::<0, 9>::new("أمل\tحداد").is_ok());
}

#[test]
fn debug_does_not_show_the_text() {
    assert_eq!(
        format!("{:?}", Text::<1, 99>::new("pain in the chest").unwrap()),
        "Text(17 chars)"
    );
}

/// One of each kind that cannot be seen.
const UNSEEN: [&str; 16] = [
    "\u{ad}",
    "\u{200b}",
    "\u{200d}",
    "\u{200f}",
    "\u{202e}",
    "\u{2060}",
    "\u{2066}",
    "\u{2800}",
    "\u{3164}",
    "\u{e000}",
    "\u{fe0f}",
    "\u{feff}",
    "\u{ffff}",
    "\u{e0041}",
    "\u{e0100}",
    "\u{10fffd}",
];

#[test]
fn what_cannot_be_seen_makes_no_text() {
    for unseen in UNSEEN {
        let empty = TextError::TooShort { min: 1 };
        let several = format!(" {unseen}\u{3000}{unseen} ");
        assert_eq!(Text::<1, 9>::new(&several), Err(empty), "{unseen:?}");
        assert_eq!(Line::<1, 9>::new(&several), Err(empty), "{unseen:?}");
        assert_eq!(Code::<1, 9>::new(&several), Err(empty), "{unseen:?}");
        assert!(is_blank(&several));
        assert!(is_anything_blank(
            &serde_json::json!({ "a": ["x", { "b": several }] })
        ));
    }
    assert!(!is_anything_blank(&serde_json::json!(["", "x", 1, null])));
}

#[test]
fn what_cannot_be_seen_makes_no_other_name_or_code() {
    for unseen in UNSEEN {
        let typed = format!("{unseen}An{unseen}na 1{unseen}");
        assert_eq!(
            Line::<1, 99>::new(&typed).unwrap().as_str(),
            "Anna 1",
            "{unseen:?}"
        );
        assert_eq!(
            Code::<1, 99>::new(&typed).unwrap().as_str(),
            "ANNA 1",
            "{unseen:?}"
        );
        assert_eq!(email(&format!("a{unseen}@b{unseen}")), "a@b", "{unseen:?}");
    }
}

#[test]
fn a_name_is_one_line_with_single_spaces() {
    for (typed, kept) in [
        ("Amal\r\nHaddad", "Amal Haddad"),
        ("Amal\u{2028}\tHaddad", "Amal Haddad"),
        ("山田\u{3000}\u{a0}太郎", "山田 太郎"),
        ("e\u{200b}\u{301}", "é"),
    ] {
        assert_eq!(Line::<1, 99>::new(typed).unwrap().as_str(), kept);
    }
    assert_eq!(Line::<1, 9>::new("a\u{0}b"), Err(TextError::ControlCharacter));
}

#[test]
fn a_script_keeps_the_joiners_and_selectors_that_it_needs() {
    for name in [
        "نی\u{200c}ما",
        "ක්\u{200d}ෂ",
        "ന്\u{200d}",
        "葛\u{e0100}城",
        "ᠠ\u{180b}",
    ] {
        assert_eq!(Line::<1, 99>::new(name).unwrap().as_str(), name);
    }
    for (typed, kept) in [
        ("نیما\u{200c}", "نیما"),
        ("A\u{200d}B", "AB"),
        ("1\u{200c}٢", "1٢"),
    ] {
        assert_eq!(Line::<1, 99>::new(typed).unwrap().as_str(), kept);
    }
}

#[test]
fn free_text_keeps_its_lines_and_its_directions() {
    let typed = "pain\r\n\u{202b}ألم\u{202c}\u{2029}since\rMay\u{feff}";
    let kept = "pain\n\u{202b}ألم\u{202c}\nsince\nMay";
    assert_eq!(Text::<1, 99>::new(typed).unwrap().as_str(), kept);
}

#[test]
fn a_code_is_the_same_from_every_keyboard() {
    for (typed, kept) in [
        ("de", "DE"),
        ("ＤＥ", "DE"),
        ("١٢٣", "123"),
        ("१२३", "123"),
        ("a–1—2−3", "A-1-2-3"),
        ("a\u{a0} 1", "A 1"),
        ("e\u{301}", "É"),
        ("ß", "ß"),
    ] {
        assert_eq!(Code::<1, 99>::new(typed).unwrap().as_str(), kept);
    }
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(Code::<1, 99>::new(&id.to_uppercase()).unwrap().as_str(), id);
}

#[test]
fn a_password_is_the_same_from_every_keyboard_and_nothing_of_it_is_lost() {
    assert_eq!(password("Zoe\u{308}\u{a0}\u{3000}1 "), "Zoë  1 ");
    assert_eq!(password("Ａ\u{200b}"), "Ａ\u{200b}");
}

#[test]
fn what_was_stored_before_today_can_still_be_read() {
    for old in ["\u{200b}", "\u{202e}\u{feff}", "\u{e000}"] {
        let json = serde_json::to_string(old).unwrap();
        assert_eq!(serde_json::from_str::<Line<1, 9>>(&json).unwrap().as_str(), old);
        assert_eq!(serde_json::from_str::<Text<1, 9>>(&json).unwrap().as_str(), old);
    }
    // As a code it would be longer than the field.
    assert_eq!(Code::<1, 1>::stored("ﷺ").unwrap().as_str(), "ﷺ");
    assert_eq!(Line::<1, 9>::stored("\u{200b}a\nb").unwrap().as_str(), "a b");
    assert!(Line::<1, 9>::stored(" ").is_err());
    assert!(Line::<1, 9>::stored("a\u{0}").is_err());
}

fn forms_of(text: &str) -> [String; 6] {
    [
        Free::canonical(text),
        OneLine::canonical(text),
        Coded::canonical(text),
        Named::canonical(text),
        email(text),
        password(text),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_canonical_form_stays_as_it_is(text in "(\\PC|\\p{Any}|[A-Za-z \u{200c}\u{200d}\u{e0100}ന്نی葛é])*") {
        for (at, once) in forms_of(&text).into_iter().enumerate() {
            prop_assert_eq!(&forms_of(&once)[at], &once);
        }
        let _ = (Text::<1, 20>::new(&text), Line::<1, 20>::stored(&text), Code::<1, 20>::new(&text));
    }

    #[test]
    fn composed_or_not_is_the_same(text in "\\PC*") {
        let (composed, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
        prop_assert_eq!(forms_of(&composed), forms_of(&apart));
    }

    #[test]
    fn width_and_letter_case_make_no_other_code(text in "[ -~]{0,30}") {
        let wide = |c: char| if c == ' ' { '\u{3000}' } else { char::from_u32(c as u32 + 0xfee0).unwrap() };
        let wide: String = text.chars().map(wide).collect();
        for other in [wide, text.to_lowercase(), text.to_uppercase()] {
            prop_assert_eq!(code(&other), code(&text));
            prop_assert_eq!(email(&other), email(&text));
        }
    }
}
