//! Contact data of an organisation or a person.

use serde::{Deserialize, Serialize};

use crate::text::{self, Line, Text};

/// The text is not an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailError;

/// An email address in lower case, so that letter case does not tell two apart.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Makes the canonical form. Accepts an address with one `@`, text on both sides, no whitespace, and at most
    /// 254 characters.
    pub fn new(address: &str) -> Result<Self, EmailError> {
        let address = Text::<3, 254>::new(&text::email(address)).map_err(|_| EmailError)?;
        let address = address.as_str();
        let fits = address
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        if fits && !address.contains(char::is_whitespace) {
            Ok(Self(address.to_owned()))
        } else {
            Err(EmailError)
        }
    }

    /// Returns the address in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(address: String) -> Result<Self, EmailError> {
        Self::new(&address)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// A contact person and their phone and email.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Line<1, 200>>,
    /// In the national format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Line<3, 40>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_sign_and_something_on_both_sides() {
        for address in ["a@b", "Amal.Nasser+mso@example.org", " amal@example.org "] {
            assert!(EmailAddress::new(address).is_ok(), "{address}");
        }
        for address in ["", "amal", "@b", "a@", "a@b@c", "a b@c", "a@b\u{0}"] {
            assert!(EmailAddress::new(address).is_err(), "{address:?}");
        }
        assert!(EmailAddress::new(&format!("{}@b", "a".repeat(252))).is_ok());
        assert!(EmailAddress::new(&format!("{}@b", "a".repeat(253))).is_err());
    }

    #[test]
    fn letter_case_does_not_tell_two_addresses_apart() {
        let address = |text| EmailAddress::new(text).unwrap();
        assert_eq!(address("Amal@Example.org"), address("amal@example.ORG"));
        assert_eq!(address("Ａmal＠example.org\u{200b}").as_str(), "amal@example.org");
        assert_eq!(address("zoe\u{308}@example.org"), address("ZOË@example.org"));
        assert_ne!(address("amal@example.org"), address("adam@example.org"));
    }
}
