//! What an admin sets up: specialties, prices, and what is known of an expert when a case is assigned.
//!
//! Not here: how experts and price lists are edited (`mso admin`).

use serde::{Deserialize, Serialize};

use crate::ids::{InstitutionId, PriceListId, ProviderId};
use crate::money::Money;
use crate::text::Text;

/// The code of a specialty: `cardiology`, lower case letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpecialtyCode(String);

impl SpecialtyCode {
    /// Checks the form: 1–64 of `a-z`, `0-9`, `_`.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        ((1..=64).contains(&code.len()) && code.bytes().all(allowed)).then(|| Self(code.to_owned()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SpecialtyCode {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code).ok_or("not a specialty code")
    }
}

impl From<SpecialtyCode> for String {
    fn from(code: SpecialtyCode) -> Self {
        code.0
    }
}

/// A field of medicine that opinions are offered in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specialty {
    /// The code.
    pub code: SpecialtyCode,
    /// As shown.
    pub display: Text<1, 200>,
}

/// What an opinion costs: one row of a price list version (D-26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceEntry {
    /// The version.
    pub price_list_id: PriceListId,
    /// What the institution pays, before tax.
    pub net: Money,
    /// Tax in basis points, 0 to 10,000.
    pub tax_rate_bp: u32,
    /// What the provider gets.
    pub provider_fee: Money,
}

/// What the server knows of an expert at the moment of assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expert {
    /// The profile.
    pub provider_id: ProviderId,
    /// Profile and user are active.
    pub active: bool,
    /// A verified licence covers today.
    pub licence_valid: bool,
    /// Fields of medicine.
    pub specialties: Vec<SpecialtyCode>,
    /// Institutions the expert belongs to (D-32).
    pub affiliations: Vec<InstitutionId>,
    /// Takes cases, and is not on leave.
    pub available: bool,
    /// Live assignments that are not completed.
    pub open_cases: u32,
    /// As agreed, 1 to 200.
    pub max_open: u32,
    /// Rejected this very case before.
    pub rejected_this_case: bool,
}
