//! Identifiers issued to the patient: their kinds, and their canonical form.
//!
//! The invariant: kind, issuer and value together are unique in an institution (D-11), so a value has one
//! canonical form. National check digits are in `check_digits.rs`.

use serde::{Deserialize, Serialize};

use super::check_digits;
use crate::people::Country;
use crate::refusal::Refusal;
use crate::text::{self, Code};
use crate::time::Date;

/// Maximum number of identifiers per patient.
pub const MAX_IDENTIFIERS: usize = 8;

named! {
    pub enum IdentifierKind {
        /// Issued by a country to its citizens.
        NationalId = "national_id",
        /// Issued by a country to residents.
        ResidencePermit = "residence_permit",
        Passport = "passport",
        /// A hospital's medical record number.
        Mrn = "mrn",
        /// An insurer's number.
        Insurance = "insurance",
        Other = "other",
    }
}

/// Who issued an identifier.
pub type Issuer = Code<2, 64>;

/// An identifier issued to the patient. Unique in the institution by kind, issuer and value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identifier {
    pub kind: IdentifierKind,
    /// ISO 3166-1 alpha-2 country; for an `mrn` the institution's id or its short name. In capital letters.
    pub issuer: Issuer,
    /// 1–40 characters of `A-Z 0-9 . / -` and single spaces, upper case.
    pub value: IdentifierValue,
    /// The last day of the document's validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
}

impl Identifier {
    /// Creates an identifier without an expiry date.
    #[must_use]
    pub const fn new(kind: IdentifierKind, issuer: Issuer, value: IdentifierValue) -> Self {
        Self {
            kind,
            issuer,
            value,
            valid_to: None,
        }
    }

    /// Whether both are the same number, regardless of validity.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.kind == other.kind && self.issuer == other.issuer && self.value == other.value
    }

    /// Checks that such a number can exist: unless it is an `mrn`, its issuer is an ISO 3166-1 country and
    /// its check digits are valid.
    fn check(&self) -> Result<(), Refusal> {
        if self.kind == IdentifierKind::Mrn {
            return Ok(());
        }
        let country = Country::new(self.issuer.as_str()).map_err(|_| Refusal::IdentifierInvalid)?;
        if check_digits::fit(self.kind, &country, &self.value) {
            Ok(())
        } else {
            Err(Refusal::IdentifierInvalid)
        }
    }
}

/// Checks that a patient may have these identifiers: not too many, no duplicates, each valid.
pub(super) fn check(identifiers: &[Identifier]) -> Result<(), Refusal> {
    let is_repeated = |(index, one): (usize, &Identifier)| {
        let mut others = identifiers.iter().skip(index + 1);
        others.any(|other| other.is_same_as(one))
    };
    if identifiers.len() > MAX_IDENTIFIERS || identifiers.iter().enumerate().any(is_repeated) {
        return Err(Refusal::BadRequest);
    }
    identifiers.iter().try_for_each(Identifier::check)
}

/// The value of an identifier in canonical form.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdentifierValue(String);

impl IdentifierValue {
    /// Makes the canonical form: ASCII in capital letters, single spaces. Returns `None` for other characters.
    #[must_use]
    pub fn new(value: &str) -> Option<Self> {
        let value = text::code(value).to_ascii_uppercase();
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " ./-".contains(c);
        ((1..=40).contains(&value.len()) && value.chars().all(allowed)).then_some(Self(value))
    }

    /// Returns the value. Patient data: must not be logged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdentifierValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentifierValue(..)")
    }
}

impl TryFrom<String> for IdentifierValue {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::new(&value).ok_or("not an identifier value")
    }
}

impl From<IdentifierValue> for String {
    fn from(value: IdentifierValue) -> Self {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(kind: IdentifierKind, issuer: &str, value: &str) -> Identifier {
        Identifier::new(
            kind,
            Issuer::new(issuer).unwrap(),
            IdentifierValue::new(value).unwrap(),
        )
    }

    #[test]
    fn a_value_has_one_written_form() {
        assert_eq!(IdentifierValue::new(" ab 12  /3 ").unwrap().as_str(), "AB 12 /3");
        assert!(IdentifierValue::new(&"1".repeat(40)).is_some());
        for typed in [
            "ab\u{a0}12 /3",
            "ａｂ １２ ／３",
            "ab ١٢ /٣",
            "\u{200e}ab\u{200b} १२ /३",
            "Ab 12 \u{2044}3",
        ] {
            assert_eq!(
                IdentifierValue::new(typed).unwrap().as_str(),
                "AB 12 /3",
                "{typed}"
            );
        }
        assert_eq!(IdentifierValue::new("1–2‑3").unwrap().as_str(), "1-2-3");
        for bad in ["", " ", "\u{200b}", "a_b", "é1", "ß1", &"1".repeat(41)] {
            assert!(IdentifierValue::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn eight_different_ones_are_possible_and_not_nine() {
        let numbered = |n: usize| identifier(IdentifierKind::Mrn, "DH", &n.to_string());
        let mut all: Vec<_> = (0..MAX_IDENTIFIERS).map(numbered).collect();
        assert_eq!(check(&all), Ok(()));
        all.push(numbered(9));
        assert_eq!(check(&all), Err(Refusal::BadRequest));

        let mut again = numbered(1);
        again.valid_to = Some(Date::new(2030, 1, 1).unwrap());
        assert_eq!(check(&[numbered(1), again]), Err(Refusal::BadRequest));
    }

    #[test]
    fn de_and_de_in_small_letters_are_one_issuer() {
        let one = identifier(IdentifierKind::NationalId, "DE", "T22000129");
        for issuer in ["de", "De", " ＤＥ ", "d\u{200b}e", "\u{202a}DE\u{202c}"] {
            let json = serde_json::json!({ "kind": "national_id", "issuer": issuer, "value": "t22000129" });
            let other: Identifier = serde_json::from_value(json).unwrap();
            assert_eq!(other, one, "{issuer}");
            assert_eq!(check(std::slice::from_ref(&other)), Ok(()));
            assert_eq!(check(&[one.clone(), other]), Err(Refusal::BadRequest));
        }
    }

    #[test]
    fn only_a_hospital_number_comes_from_elsewhere_than_a_country() {
        let from = |kind, issuer| check(&[identifier(kind, issuer, "S99973021")]);
        assert_eq!(from(IdentifierKind::Mrn, "St. Mary 1"), Ok(()));
        for kind in [
            IdentifierKind::NationalId,
            IdentifierKind::ResidencePermit,
            IdentifierKind::Passport,
            IdentifierKind::Insurance,
            IdentifierKind::Other,
        ] {
            assert_eq!(from(kind, "US"), Ok(()));
            for issuer in ["XX", "USA"] {
                assert_eq!(from(kind, issuer), Err(Refusal::IdentifierInvalid), "{issuer}");
            }
        }
    }
}
