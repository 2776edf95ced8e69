//! `Text<MIN, MAX, F>`: human text that has one canonical form, made on construction.
//!
//! The form `F` says what a field holds: [`Free`] text of several lines, one [`OneLine`] (names, titles), a
//! [`Coded`] number, or a file's name. Characters that show nothing, or change the direction, are
//! defined in `characters.rs` and never make a text non-empty. Clinical text is private, so `Debug` does not
//! show it.
//!
//! What may already be stored is brought into its canonical form when it is decoded ([`Text::stored`],
//! `Deserialize`) and never refused there, or an old row would become unreadable. What a new value must fulfil
//! beyond that is asked by [`Text::new`] of what people enter, and by the rules of every command
//! ([`is_anything_blank`] in `Command::decide`, and each `check`).

mod characters;
mod forms;
#[cfg(test)]
mod tests;

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

pub use self::characters::is_blank;
pub use self::forms::{Coded, Form, Free, Named, OneLine, email, is_same_code, password};
pub(crate) use self::forms::{ascii_digits, code};

/// Why a text was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Also: nothing of it can be seen.
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

/// Text of `MIN` to `MAX` characters, in the form `F`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MIN: usize, const MAX: usize, F = Free>(String, PhantomData<F>);

/// A name, a title, anything else of one line.
pub type Line<const MIN: usize, const MAX: usize> = Text<MIN, MAX, OneLine>;

/// A number or a code that somebody else gave, in capital letters.
pub type Code<const MIN: usize, const MAX: usize> = Text<MIN, MAX, Coded>;

/// A reason that a person must give.
pub type Reason = Text<1, 2000>;

impl<const MIN: usize, const MAX: usize, F: Form> Text<MIN, MAX, F> {
    /// Makes the canonical form of what was entered, and validates it.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = fitting::<MIN, MAX>(F::canonical(text))?;
        if MIN > 0 && is_blank(&text) {
            return Err(TextError::TooShort { min: MIN });
        }
        Ok(Self(text, PhantomData))
    }

    /// Makes the canonical form of what was stored. Text that today's rules refuse stays as it is, if the first
    /// version of this program could have stored it: NFC, trimmed, without control characters.
    pub fn stored(text: &str) -> Result<Self, TextError> {
        Self::new(text).or_else(|_| {
            let text = fitting::<MIN, MAX>(text.trim().nfc().collect())?;
            Ok(Self(text, PhantomData))
        })
    }

    /// The text itself. Clinical content, must not be logged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fitting<const MIN: usize, const MAX: usize>(text: String) -> Result<String, TextError> {
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(TextError::ControlCharacter);
    }
    match text.chars().count() {
        short if short < MIN => Err(TextError::TooShort { min: MIN }),
        long if long > MAX => Err(TextError::TooLong { max: MAX }),
        _ => Ok(text),
    }
}

/// Whether a text anywhere in the value has characters, but none that can be seen.
#[must_use]
pub fn is_anything_blank(value: &impl Serialize) -> bool {
    fn holds_blank(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => !text.is_empty() && is_blank(text),
            serde_json::Value::Array(items) => items.iter().any(holds_blank),
            serde_json::Value::Object(fields) => fields.values().any(holds_blank),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
        }
    }
    serde_json::to_value(value).is_ok_and(|value| holds_blank(&value))
}

impl<const MIN: usize, const MAX: usize, F> fmt::Debug for Text<MIN, MAX, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} chars)", self.0.chars().count())
    }
}

impl<const MIN: usize, const MAX: usize, F> Serialize for Text<MIN, MAX, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MIN: usize, const MAX: usize, F: Form> Deserialize<'de> for Text<MIN, MAX, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::stored(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
