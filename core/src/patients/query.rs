//! Patient search by the start of name words or by a complete identifier.
//!
//! The phone searches its own store and the server its database, both with this query. The invariant: both
//! find the same patients.

use super::identifier::IdentifierValue;
use super::name::NameKey;
use super::patient::Patient;
use crate::text::Text;

/// Maximum number of query words; further ones are ignored.
const MAX_WORDS: usize = 8;

/// A parsed search text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientQuery {
    key: NameKey,
    identifier: Option<IdentifierValue>,
}

impl PatientQuery {
    /// Parses the search text. `None` if it is empty or too long.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let typed = Text::<1, 200>::new(typed).ok()?;
        Some(Self {
            key: NameKey::of(typed.as_str()),
            identifier: IdentifierValue::new(typed.as_str()),
        })
    }

    /// Returns the words, each of which must begin a word of the name in one of its scripts.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        self.key.words().take(MAX_WORDS).collect()
    }

    /// Returns the identifier value that matches instead, with any kind and issuer.
    #[must_use]
    pub const fn identifier(&self) -> Option<&IdentifierValue> {
        self.identifier.as_ref()
    }

    /// Whether the patient matches the query.
    #[must_use]
    pub fn finds(&self, patient: &Patient) -> bool {
        let keys = patient.name.keys();
        let begins = |word: &&str| {
            keys.iter()
                .any(|key| key.words().any(|known| known.starts_with(*word)))
        };
        let is_value = |wanted: &IdentifierValue| {
            let mut identifiers = patient.identifiers.iter();
            identifiers.any(|identifier| identifier.value == *wanted)
        };
        self.words().iter().all(begins) || self.identifier.as_ref().is_some_and(is_value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixture;

    #[test]
    fn a_patient_is_found_by_beginnings_of_the_name_in_any_order_and_script_or_by_a_whole_number() {
        let patient = Fixture::new().patient_with_everything();
        for typed in [
            "haddad",
            "HÁDD am",
            "amal haddad",
            "am",
            "حداد",
            "امل",
            "t22000129",
            " T22000129 ",
        ] {
            assert!(PatientQuery::new(typed).unwrap().finds(&patient), "{typed}");
        }
        for typed in ["addad", "amal khoury", "T2200012", "haddad T22000129", "amala"] {
            assert!(!PatientQuery::new(typed).unwrap().finds(&patient), "{typed}");
        }
        for typed in ["", "  ", "\n", &"a".repeat(201)] {
            assert_eq!(PatientQuery::new(typed), None, "{typed}");
        }
    }
}
