//! `Icd10Code` and its edition: the shape of a code and its canonical form.
//!
//! Invariant: an `Icd10Code` is upper case and has its dot, so that two codes are equal exactly when
//! they mean the same. Which codes exist is in `list.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};

named! {
    /// The list a code belongs to. The same code may have a different meaning in another edition.
    pub enum Icd10Edition {
        /// ICD-10 of the World Health Organization, 2019 version.
        Who2019 = "WHO-2019",
        /// ICD-10-CM of the United States, April 2026.
        Cm2026 = "CM-2026",
    }
}

impl fmt::Display for Icd10Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An ICD-10 code with its dot: `U07.1`, `QA0.0101`. Only the shape is checked;
/// [`is_listed`](super::is_listed) says whether the code exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Icd10Code(String);

impl Icd10Code {
    /// Accepts a code of either edition in its canonical form: `^[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?$`.
    /// WHO has U07.1, and the April 2026 CM list has letters in second place.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let (head, tail) = parts(code);
        let head_ok =
            head.len() == 3 && head.starts_with(|c: char| c.is_ascii_uppercase()) && is_alphanumeric(head);
        let tail_ok = tail.is_none_or(|tail| (1..=4).contains(&tail.len()) && is_alphanumeric(tail));
        (head_ok && tail_ok).then(|| Self(code.to_owned()))
    }

    /// Accepts a code as a person or another system writes it, in lower case or without the dot, if it
    /// has the shape of this edition: `i340` is I34.0.
    #[must_use]
    pub fn from_input(edition: Icd10Edition, text: &str) -> Option<Self> {
        let code = crate::text::code(text);
        let code = match code.split_at_checked(3) {
            Some((head, tail)) if !tail.is_empty() && !tail.starts_with('.') => format!("{head}.{tail}"),
            Some(_) | None => code,
        };
        Self::new(&code).filter(|code| code.fits(edition))
    }

    /// Whether the code has the shape of this edition: WHO's `^[A-Z][0-9]{2}(\.[0-9]{1,2})?$`, or CM's,
    /// which every code has.
    #[must_use]
    pub fn fits(&self, edition: Icd10Edition) -> bool {
        match edition {
            Icd10Edition::Who2019 => {
                let (head, tail) = parts(&self.0);
                head.bytes().skip(1).all(|b| b.is_ascii_digit())
                    && tail.is_none_or(|tail| tail.len() <= 2 && tail.bytes().all(|b| b.is_ascii_digit()))
            }
            Icd10Edition::Cm2026 => true,
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn packed(&self) -> PackedCode {
        PackedCode::of(self.0.bytes().filter(|b| *b != b'.'))
    }
}

fn parts(code: &str) -> (&str, Option<&str>) {
    code.split_once('.')
        .map_or((code, None), |(head, tail)| (head, Some(tail)))
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

impl fmt::Display for Icd10Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Icd10Code {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code).ok_or("not an ICD-10 code")
    }
}

impl From<Icd10Code> for String {
    fn from(code: Icd10Code) -> Self {
        code.0
    }
}

/// Up to seven characters without the dot, packed into eight bytes that sort like the characters; the
/// last byte is unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PackedCode(u64);

impl PackedCode {
    const CHARACTERS: usize = 7;
    pub(super) const EMPTY: Self = Self(0);

    /// Ignores characters after the seventh.
    pub(super) fn of(characters: impl Iterator<Item = u8>) -> Self {
        Self::EMPTY.with(0, characters)
    }

    /// The first `shared` characters, followed by `characters`.
    pub(super) fn with(self, shared: usize, characters: impl Iterator<Item = u8>) -> Self {
        let kept = self.0 & Self::mask(shared);
        let places = (shared..Self::CHARACTERS).zip(characters);
        Self(places.fold(kept, |code, (place, character)| {
            code | (u64::from(character) << (56 - 8 * place))
        }))
    }

    pub(super) fn len(self) -> usize {
        self.characters().count()
    }

    pub(super) fn starts_with(self, prefix: Self) -> bool {
        self.0 & Self::mask(prefix.len()) == prefix.0
    }

    /// Restores the dot.
    pub(super) fn unpack(self) -> Option<Icd10Code> {
        let mut code: String = self.characters().map(char::from).collect();
        if code.len() > 3 {
            code.insert(3, '.');
        }
        Icd10Code::new(&code)
    }

    fn characters(self) -> impl Iterator<Item = u8> {
        self.0.to_be_bytes().into_iter().take_while(|b| *b != 0)
    }

    const fn mask(characters: usize) -> u64 {
        if characters >= Self::CHARACTERS {
            !0xFF
        } else {
            !(u64::MAX >> (8 * characters))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_editions_are_taken() {
        for code in ["A00", "U07.1", "C50.911", "QA0.0101", "Z99"] {
            assert!(Icd10Code::new(code).is_some(), "{code}");
        }
        for code in [
            "",
            "A0",
            "a00",
            "A00.",
            "A00.12345",
            "A00-A09",
            "1A0",
            "A00.1 ",
            "A00.1.2",
            "Ä00",
        ] {
            assert!(Icd10Code::new(code).is_none(), "{code}");
        }
    }

    #[test]
    fn what_is_typed_gets_upper_case_and_a_dot() {
        use Icd10Edition::{Cm2026, Who2019};
        let typed = |edition, text| Icd10Code::from_input(edition, text).map(String::from);
        for (text, code) in [
            ("I340", "I34.0"),
            (" i34.0\n", "I34.0"),
            ("u071", "U07.1"),
            ("i34", "I34"),
        ] {
            assert_eq!(typed(Who2019, text).as_deref(), Some(code));
            assert_eq!(typed(Cm2026, text).as_deref(), Some(code));
        }
        assert_eq!(typed(Cm2026, "qa00101").as_deref(), Some("QA0.0101"));
        for text in ["", "i3", "i34.", "i34..0", "i3.40", "i34 0", "ß34", "i34ß", "ǅ40"] {
            assert_eq!(typed(Cm2026, text), None, "{text}");
        }
    }

    #[test]
    fn who_codes_have_digits_only_and_two_behind_the_dot() {
        let fits = |code| Icd10Code::new(code).unwrap().fits(Icd10Edition::Who2019);
        assert!(["U07", "U07.1", "B18.00"].into_iter().all(fits));
        assert!(!["QA0", "C4A.0", "S72.001", "I34.A"].into_iter().any(fits));
    }

    #[test]
    fn an_edition_has_one_name_everywhere() {
        for edition in Icd10Edition::ALL {
            assert_eq!(
                serde_json::to_value(edition).unwrap().as_str(),
                Some(edition.name())
            );
        }
    }

    #[test]
    fn packed_codes_sort_and_begin_as_their_characters_do() {
        let packed = |code: &str| PackedCode::of(code.bytes());
        assert!(packed("A00") < packed("A000") && packed("A009") < packed("A01"));
        assert!(packed("C49") < packed("C4A") && packed("C4A") < packed("C50"));
        assert!(packed("QA00101").starts_with(packed("QA0")) && packed("QA0").starts_with(PackedCode::EMPTY));
        assert!(!packed("QA0").starts_with(packed("QA00")));
        assert_eq!(packed("QA00101").unpack().unwrap().as_str(), "QA0.0101");
        assert_eq!(packed("A000").with(3, b"9".iter().copied()), packed("A009"));
        assert_eq!(packed("A000").with(9, b"9".iter().copied()), packed("A000"));
    }
}
