//! The catalogue that admins maintain: specialties, prices, and the data on an expert at assignment; also the
//! ICD-10 lists, which are part of a release.
//!
//! Experts' profiles are in `crate::people`; whether one may be assigned is in `crate::cases`.

mod add_price_list_version;
mod candidates;
mod expert;
pub mod icd10;
mod price;
mod set_specialty;

use serde::{Deserialize, Serialize};

use crate::text::{self, Line};

pub use add_price_list_version::AddPriceListVersion;
pub use candidates::{Candidate, Place, PlaceError, Ranked, Score, Wishes, rank};
pub use expert::{Expert, Standing};
pub use price::{PriceEntry, PriceKey, PriceListEntry, PriceListVersion};
pub use set_specialty::SetSpecialty;

/// The code of a specialty: `cardiology`, lower case letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpecialtyCode(String);

impl SpecialtyCode {
    /// Converts to lower case. Accepts 1–64 characters of `a-z`, `0-9`, `_`.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let code = text::ascii_digits(code).trim().to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        ((1..=64).contains(&code.len()) && code.bytes().all(allowed)).then_some(Self(code))
    }

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

/// A medical specialty in which second opinions are offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specialty {
    pub code: SpecialtyCode,
    pub display: Line<1, 200>,
}

/// A specialty as set by an admin, active or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialtySetting {
    pub specialty: Specialty,
    /// Whether it can be requested.
    pub active: bool,
}
