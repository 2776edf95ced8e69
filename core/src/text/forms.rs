//! The canonical form of each kind of text: what is equal to a person becomes equal here, whatever keyboard typed
//! it.
//!
//! The invariant: a canonical form's canonical form is itself, so it does not matter how often a value is
//! decoded. Nothing here refuses.

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::characters::{in_ascii, is_invisible, is_needed, is_senseless};

/// What a text field holds, and so what its canonical form is.
pub trait Form {
    fn canonical(text: &str) -> String;
}

macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident => $canonical:path;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {}

        impl Form for $name {
            fn canonical(text: &str) -> String {
                $canonical(text)
            }
        }
    )+};
}

forms! {
    /// Histories, opinions, reasons: NFC, trimmed, every line break a newline. Marks of direction stay.
    Free => free;
    /// Names and titles: NFC, trimmed, any run of space one space, without what cannot be seen.
    OneLine => line;
    /// Numbers and codes of others: NFKC, capital letters, ASCII digits, dashes and strokes, single spaces.
    Coded => code;
    /// A file's name as declared. `FileName::cleaned` makes it fit, and the rule refuses others.
    Named => named;
}

fn free(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let kept = text.chars().filter(|c| !is_senseless(*c));
    let broken = kept.map(|c| match c {
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        other => other,
    });
    let text: String = broken.nfc().collect();
    text.trim().to_owned()
}

fn line(text: &str) -> String {
    let text: String = text.nfc().collect();
    let mut kept = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        if is_invisible(c) {
            let mut rest = text.get(at..).unwrap_or_default().chars();
            let after = rest.find(|next| !is_invisible(*next));
            if !is_needed(before, c, after) {
                continue;
            }
        }
        kept.push(c);
        before = Some(c);
    }
    spaced(&kept.nfc().collect::<String>())
}

fn named(text: &str) -> String {
    text.trim().nfc().collect()
}

/// See [`Coded`]. The id of one of our own records stays in lower case.
pub(crate) fn code(text: &str) -> String {
    let text = settled(text, |text| {
        let visible = text.chars().filter(|c| !is_invisible(*c));
        let ascii: String = visible
            .nfkc()
            .map(in_ascii)
            .filter(|c| !is_invisible(*c))
            .collect();
        spaced(&ascii.chars().map(capital).nfkc().collect::<String>())
    });
    match Uuid::try_parse(&text) {
        Ok(id) if text.len() == uuid::fmt::Hyphenated::LENGTH => id.to_string(),
        Ok(_) | Err(_) => text,
    }
}

/// The capital letter, where it is one: no `ß` becomes `SS`, which is a country.
fn capital(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        (Some(_) | None, Some(_) | None) => c,
    }
}

/// Whether both are the same to a reader, regardless of letter case, width and dashes.
#[must_use]
pub fn is_same_code(one: &str, other: &str) -> bool {
    code(one) == code(other)
}

/// The canonical form of an email address: NFKC, lower case, without what cannot be seen.
#[must_use]
pub fn email(address: &str) -> String {
    settled(address, |address| {
        let visible = address.chars().filter(|c| !is_invisible(*c));
        let lower = visible.nfkc().collect::<String>().to_lowercase();
        lower.nfkc().collect::<String>().trim().to_owned()
    })
}

/// The canonical form of a password (RFC 8265, `OpaqueString`): NFC, any space a plain one. Nothing is trimmed.
#[must_use]
pub fn password(typed: &str) -> String {
    let is_space = |c: char| {
        matches!(
            c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    };
    let plain = |c: char| if is_space(c) { ' ' } else { c };
    typed.chars().map(plain).nfc().collect()
}

/// Digits, dashes and strokes in ASCII, without what cannot be seen.
pub(crate) fn ascii_digits(text: &str) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c));
    visible.nfkc().map(in_ascii).collect()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Repeats until nothing changes. Characters exist whose capital letter decomposes further.
fn settled(text: &str, step: impl Fn(&str) -> String) -> String {
    const MOST: usize = 8;
    let mut text = step(text);
    for _ in 0..MOST {
        let again = step(&text);
        if again == text {
            break;
        }
        text = again;
    }
    text
}
