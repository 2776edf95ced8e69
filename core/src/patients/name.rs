//! A person's name, and its reduced form (key) for search and duplicate detection.
//!
//! The invariant: a name's key depends only on the name, so phone and server find the same people. Stored
//! keys must be recomputed when the reduction changes. The search is in `query.rs`, the effect of equal names
//! in `likeness.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::people::Language;
use crate::text::Line;

/// Maximum number of transliterations.
pub const MAX_TRANSLITERATIONS: usize = 8;

/// A person's name. Mononyms exist: only the family part is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientName {
    /// Family name, or the only name.
    pub family: Line<1, 100>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Line<1, 100>>,
    /// The same name as written in other languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transliterations: BTreeMap<Language, Transliteration>,
}

/// A name as written in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transliteration {
    /// Family name, or the only name.
    pub family: Line<1, 100>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Line<1, 100>>,
}

fn display(family: &Line<1, 100>, given: Option<&Line<1, 100>>) -> String {
    match given {
        Some(given) => format!("{} {}", given.as_str(), family.as_str()),
        None => family.as_str().to_owned(),
    }
}

impl PatientName {
    /// Creates a name without transliterations.
    #[must_use]
    pub const fn new(family: Line<1, 100>, given: Option<Line<1, 100>>) -> Self {
        Self {
            family,
            given,
            transliterations: BTreeMap::new(),
        }
    }

    /// Returns the name for display: given names first.
    #[must_use]
    pub fn display(&self) -> String {
        display(&self.family, self.given.as_ref())
    }

    /// Returns the form for search, sorting and duplicate detection: without letter case, diacritics and
    /// tatweel.
    #[must_use]
    pub fn key(&self) -> NameKey {
        NameKey::of(&self.display())
    }

    /// Returns the distinct keys of the name in every language in which it is written; the main name's key
    /// comes first.
    #[must_use]
    pub fn keys(&self) -> Vec<NameKey> {
        let mut keys = vec![self.key()];
        for written in self.transliterations.values() {
            let key = NameKey::of(&display(&written.family, written.given.as_ref()));
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(String);

impl NameKey {
    /// Reduces a name or a search text.
    #[must_use]
    pub fn of(name: &str) -> Self {
        // Upper-casing unifies ß and ss; lower-casing first is needed for ẞ.
        let kept = name.chars().filter(|c| !is_dropped(*c)).nfkd();
        let letters: String = kept.filter(|c| !is_dropped(*c)).collect();
        let folded = letters.to_lowercase().to_uppercase().to_lowercase();
        let bare = folded.nfd().filter(|c| !is_diacritic(*c));
        let mut reduced = String::with_capacity(folded.len());
        for c in bare {
            match c {
                'ς' => reduced.push('σ'),
                'ø' => reduced.push('o'),
                'ł' => reduced.push('l'),
                'đ' | 'ð' => reduced.push('d'),
                'ħ' => reduced.push('h'),
                'ı' => reduced.push('i'),
                'æ' => reduced.push_str("ae"),
                'œ' => reduced.push_str("oe"),
                'þ' => reduced.push_str("th"),
                c if is_separator(c) => reduced.push(' '),
                c => reduced.push(c),
            }
        }
        let words: Vec<_> = reduced.split_whitespace().collect();
        if words.is_empty() {
            // Only punctuation: a poor key is better than an empty one, by which all such people would match.
            return Self(name.trim().to_lowercase());
        }
        Self(words.join(" "))
    }

    /// Returns the reduced name. Patient data: must not be logged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split_whitespace()
    }
}

impl std::fmt::Debug for NameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameKey(..)")
    }
}

/// Tatweel, apostrophes and the characters that transliterations use for ʿayn and hamza, and characters that
/// only control display: joiners, direction marks, variation selectors.
const fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\u{640}'
            | '\''
            | '`'
            | '´'
            | '‘'
            | '’'
            | '\u{2b9}'..='\u{2c1}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

/// Accents and vowel points, which people omit: attached and detached marks, Hebrew, Arabic and Syriac
/// points. Marks that change the letter itself are kept: voicing marks of kana, nuktas, and the vowels of
/// Indic and Thai scripts.
fn is_diacritic(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=36 | 202..=240)
}

/// Characters that separate two names where others write a space.
const fn is_separator(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}'
                | '.'
                | ','
                | ';'
                | ':'
                | '/'
                | '\\'
                | '_'
                | '"'
                | '('
                | ')'
                | '['
                | ']'
                | '^'
                | '='
                | '·'
                | '・'
                | '،'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(given: &str, family: &str) -> PatientName {
        PatientName::new(Line::new(family).unwrap(), Line::new(given).ok())
    }

    #[test]
    fn a_name_key_has_no_case_no_diacritics_and_no_tatweel() {
        assert_eq!(name("Zoë", "ÁLVAREZ  Núñez").key().as_str(), "zoe alvarez nunez");
        assert_eq!(name("أمـــل", "حداد").key(), name("أمل", "حداد").key());
    }

    /// The first eleven are patients of DICOM's character set samples (pydicom, `charset_files`: chrFren to
    /// chrX1).
    #[test]
    fn names_of_many_scripts_are_found_however_they_are_written() {
        for (one, other) in [
            ("Buc Jérôme", "BUC JEROME"),
            ("Äneas Rüdiger", "aneas rudiger"),
            ("Διονυσιος", "ΔΙΟΝΎΣΙΟΣ"),
            ("Люкceмбypг", "ЛЮКCEМБYPГ"),
            ("قباني لنزار", "قَبَّانِي لِنِزَار"),
            ("שרון דבורה", "שָׁרוֹן דְּבוֹרָה"),
            ("山田 太郎", "山田\u{3000}太郎"),
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ タロウ"),
            (
                "김희중",
                "\u{1100}\u{1175}\u{11b7}\u{1112}\u{1174}\u{110c}\u{116e}\u{11bc}",
            ),
            ("Wang XiaoDong 王 小東", "Wang^XiaoDong=王^小東"),
            ("Groß", "GROSS"),
            ("Sørensen", "SORENSEN"),
            ("Łukasz Đorđević", "Lukasz Dordevic"),
            ("İbrahim Yıldız", "IBRAHIM YILDIZ"),
            ("O’Brien", "O'BRIEN"),
            ("ʿAlī al-Ḥaddād", "Ali Al Haddad"),
            ("Семён Йовович", "Семен Иовович"),
            ("أمل", "امل"),
            ("نی\u{200c}ما", "نیما"),
            ("ｓｍｉｔｈ", "Smith"),
        ] {
            assert_eq!(NameKey::of(one), NameKey::of(other), "{one} {other}");
        }
    }

    #[test]
    fn what_makes_another_letter_makes_another_name() {
        for (one, other) in [
            ("かな", "がな"),
            ("कमल", "कमला"),
            ("हिना", "हीना"),
            ("김", "기"),
            ("حداد", "جداد"),
            ("Anna", "Hanna"),
            ("-", "."),
        ] {
            assert_ne!(NameKey::of(one), NameKey::of(other), "{one} {other}");
        }
        assert_eq!(NameKey::of(" — ").as_str(), "—");
    }

    #[test]
    fn a_key_reduced_again_stays_as_it_is() {
        for name in ["Zoë ß ﷺ", "ΣΊΣΥΦΟΣ", "Ǆ ŉ", "עִבְרִית", "ไทย ภูมิ", "ㅎㅏㄴ"]
        {
            let key = NameKey::of(name);
            assert_eq!(NameKey::of(key.as_str()), key, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_key_of_anything_is_its_own_key_and_is_not_empty(name in "\\PC{1,20}") {
            let key = NameKey::of(&name);
            proptest::prop_assert_eq!(NameKey::of(key.as_str()), key.clone());
            proptest::prop_assert!(!key.as_str().is_empty() || name.trim().is_empty());
        }
    }

    #[test]
    fn a_name_has_a_key_for_each_script() {
        let mut name = name("أمل", "حداد");
        for (language, family, given) in [("en", "Haddad", "Amal"), ("fr", "HADDAD", "Amal")] {
            let written = Transliteration {
                family: Line::new(family).unwrap(),
                given: Line::new(given).ok(),
            };
            name.transliterations
                .insert(Language::new(language).unwrap(), written);
        }
        let keys: Vec<_> = name.keys().iter().map(|key| key.as_str().to_owned()).collect();
        assert_eq!(keys, [NameKey::of("أمل حداد").as_str(), "amal haddad"]);
        let json = serde_json::to_value(&name).unwrap();
        assert_eq!(json["transliterations"]["en"]["family"], "Haddad");
        assert_eq!(serde_json::from_value::<PatientName>(json).unwrap(), name);
    }

    #[test]
    fn debug_shows_no_name() {
        let shown = format!("{:?} {:?}", name("Amal", "Haddad"), name("Amal", "Haddad").key());
        assert!(!shown.contains("Amal") && !shown.contains("Haddad"), "{shown}");
    }
}
