//! How the patient is reached, where the patient lives, and who answers for a patient who cannot.
//!
//! Not here: e-mail addresses, which all people have alike ([`crate::people`]).

use serde::{Deserialize, Serialize};

use crate::people::Country;
use crate::text::Text;

/// Most lines of an address, before the city.
pub const MAX_ADDRESS_LINES: usize = 5;

/// A telephone number, E.164: `+4930123456`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Drops what people write between the digits; refuses what has no country code or too many digits.
    #[must_use]
    pub fn new(number: &str) -> Option<Self> {
        let number: String = number.trim().chars().filter(|c| !" ()-./".contains(*c)).collect();
        let digits = number.strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        fits.then_some(Self(number))
    }

    /// The number. Patient data: not for logs.
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

/// Where the patient lives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    /// As written above the city, at most [`MAX_ADDRESS_LINES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Text<1, 200>>,
    /// City, with its code where the country writes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<Text<1, 100>>,
    /// Country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// Who answers for a minor, or for somebody who cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    /// Name.
    pub name: Text<1, 200>,
    /// What the guardian is to the patient: mother, uncle, court-appointed.
    pub relation: Text<1, 100>,
    /// Telephone.
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
            "+٤٩٣٠١٢٣٤٥٦",
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
