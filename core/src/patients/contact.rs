//! The patient's phone number, address and guardian.
//!
//! Email addresses are in [`crate::people`].

use serde::{Deserialize, Serialize};

use crate::people::Country;
use crate::text::{self, Line};

/// Maximum number of address lines before the city.
pub const MAX_ADDRESS_LINES: usize = 5;

#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Removes separators between digits. Returns `None` without a country code or with too many digits.
    #[must_use]
    pub fn new(number: &str) -> Option<Self> {
        let number = text::ascii_digits(number);
        let number: String = number
            .chars()
            .filter(|c| !c.is_whitespace() && !"()-./".contains(*c))
            .collect();
        let digits = number.strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        fits.then_some(Self(number))
    }

    /// Returns the number. Patient data: must not be logged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneNumber(..)")
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = &'static str;

    fn try_from(number: String) -> Result<Self, Self::Error> {
        Self::new(&number).ok_or("not a telephone number")
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    /// Lines above the city, at most [`MAX_ADDRESS_LINES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line<1, 200>>,
    /// City, with postal code where the country uses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<Line<1, 100>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// The guardian of a minor or of an adult who cannot decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    pub name: Line<1, 200>,
    /// The guardian's relation to the patient: mother, uncle, court-appointed.
    pub relation: Line<1, 100>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_kept_as_e164() {
        for (given, kept) in [
            ("+49 (30) 123-456", "+4930123456"),
            (" +1 555.672.9214 ", "+15556729214"),
            ("+6834000", "+6834000"),
            ("+٤٩٣٠١٢٣٤٥٦", "+4930123456"),
            ("\u{202a}＋49\u{a0}30–123456\u{202c}", "+4930123456"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(PhoneNumber::new(given).unwrap().as_str(), kept);
        }
        for bad in [
            "",
            "+",
            "030 123456",
            "0049301234",
            "+0301234567",
            "+123456",
            "+1234567890123456",
            "+49 30 CALL",
        ] {
            assert!(PhoneNumber::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_number() {
        let shown = format!("{:?}", PhoneNumber::new("+4930123456").unwrap());
        assert!(!shown.contains("123"), "{shown}");
    }
}
