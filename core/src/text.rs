//! `Text<MIN, MAX>`: human text that is validated once, on construction.
//!
//! All text fields follow the same rules: Unicode NFC, trimmed, no control characters except newline
//! and tab, length in characters. Right-to-left text is kept unchanged. Clinical text is private, so
//! `Debug` does not show it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// Why a text was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("shorter than {min} characters")]
    TooShort {
        /// The minimum number of characters.
        min: usize,
    },
    #[error("longer than {max} characters")]
    TooLong {
        /// The maximum number of characters.
        max: usize,
    },
    /// A control character other than newline and tab.
    #[error("contains a control character")]
    ControlCharacter,
}

/// Text of `MIN` to `MAX` characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// A reason that a person must give.
pub type Reason = Text<1, 2000>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Normalises and validates. The only way to construct a `Text`.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text: String = text.trim().nfc().collect();
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(TextError::ControlCharacter);
        }
        match text.chars().count() {
            short if short < MIN => Err(TextError::TooShort { min: MIN }),
            long if long > MAX => Err(TextError::TooLong { max: MAX }),
            _ => Ok(Self(text)),
        }
    }

    /// The text itself. Clinical content, must not be logged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Debug for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} chars)", self.0.chars().count())
    }
}

impl<const MIN: usize, const MAX: usize> Serialize for Text<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
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
}
