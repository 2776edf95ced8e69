//! What an opinion costs: versions of the price list, which are added and never edited (D-26).
//!
//! A version says, for some requests, a price and from when on it holds. It holds until its own end where it has one,
//! else until the next version with a price for the same request. Not here: freezing a price with a case (D-16).

use serde::{Deserialize, Serialize};

use crate::cases::{ServiceType, UrgencyLevel};
use crate::ids::{InstitutionId, PriceListId};
use crate::money::Money;
use crate::time::Timestamp;

/// What an opinion costs: the price of one request.
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

/// For which request a price is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceKey {
    /// What is asked for.
    pub service_type: ServiceType,
    /// How soon.
    pub urgency: UrgencyLevel,
    /// By whom; `None`: by all that have no price of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_id: Option<InstitutionId>,
}

/// One row of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceListEntry {
    /// For which request.
    #[serde(flatten)]
    pub key: PriceKey,
    /// What the institution pays, before tax.
    pub net: Money,
    /// Tax in basis points, 0 to 10,000.
    pub tax_rate_bp: u32,
    /// What the provider gets, in the same currency.
    pub provider_fee: Money,
}

/// Most basis points of tax: all of it again.
const MOST_TAX_BP: u32 = 10_000;

impl PriceListEntry {
    /// Whether it is a price.
    pub(super) fn is_valid(&self) -> bool {
        self.net.minor >= 0
            && self.provider_fee.minor >= 0
            && self.net.currency == self.provider_fee.currency
            && self.tax_rate_bp <= MOST_TAX_BP
    }
}

/// A version of the price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceListVersion {
    /// The id.
    pub id: PriceListId,
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// Until when, excluded; `None`: until another follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// At least one.
    pub entries: Vec<PriceListEntry>,
}

impl PriceListVersion {
    /// Whether two versions would give one request two prices at one time. An open end makes room for what follows.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (earlier, later) = if self.valid_from <= other.valid_from {
            (self, other)
        } else {
            (other, self)
        };
        let same_request = self
            .entries
            .iter()
            .any(|entry| other.entries.iter().any(|theirs| theirs.key == entry.key));
        let runs_into = earlier.valid_to.is_some_and(|end| end > later.valid_from);
        same_request && (earlier.valid_from == later.valid_from || runs_into)
    }
}
