//! What an admin sets up: specialties, prices, and what is known of an expert when a case is assigned. Below it the
//! ICD-10 lists, which nobody sets up: a release brings them along.
//!
//! Not here: experts' profiles (`crate::people`), and whether one may be given a case (`crate::cases`).

mod add_price_list_version;
mod candidates;
mod expert;
pub mod icd10;
mod price;
mod set_specialty;

use serde::{Deserialize, Serialize};

use crate::text::Text;

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

/// A specialty as an admin set it, in use or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialtySetting {
    /// Code and name.
    pub specialty: Specialty,
    /// Whether it can be asked for.
    pub active: bool,
}
