//! Text that a person entered, on its way in: a plain string for Kotlin and Swift.
//!
//! Kotlin's strings may hold half a character (a lone surrogate, as a keyboard or a cut string leaves one), which no bytes
//! can say: the generated code would throw an exception of its own, which is no `MsoError` and ends the app. So Kotlin
//! sends [`HALF`] in its place (`wellFormed` in `bindings/kotlin`), and here it is refused with the field's name. Swift
//! has no such strings: what comes from an `NSString` has U+FFFD there, which stays as a character that one can see.
//!
//! Invariant: nothing that came in is read without naming its field.

use serde::{Deserialize, Serialize};

use crate::error::MsoError;

/// A noncharacter: no text that a person enters has it.
const HALF: char = '\u{fffe}';

/// Text as it was entered. In the bindings a plain string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnteredText(String);

uniffi::custom_type!(EnteredText, String, {
    try_lift: |text| Ok(EnteredText(text)),
    lower: |text| text.0,
});

impl<T: Into<String>> From<T> for EnteredText {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl EnteredText {
    /// Text on its way out, as a program in Rust reads it. Not part of the bindings.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.0
    }

    /// The text of this field, if all its characters are whole.
    pub(crate) fn of(&self, field: &'static str) -> Result<&str, MsoError> {
        if self.0.contains(HALF) {
            return Err(MsoError::malformed(field));
        }
        Ok(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_refused_by_the_name_of_its_field() {
        let text = EnteredText::from("pain \u{fffe}");
        assert_eq!(text.of("text"), Err(MsoError::malformed("text")));
        assert_eq!(EnteredText::from("pain 😀").of("text"), Ok("pain 😀"));
    }
}
