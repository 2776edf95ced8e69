//! Prices of second opinions: versions of the price list, which are added and never edited (D-26).
//!
//! A version sets prices for some requests from a start time on. It is valid until its own end if it has one,
//! otherwise until the next version with a price for the same request. Submitted cases freeze their price
//! (D-16).

use serde::{Deserialize, Serialize};

use crate::cases::{ServiceType, UrgencyLevel};
use crate::ids::{InstitutionId, PriceListId};
use crate::money::Money;
use crate::time::Timestamp;

/// The price of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceEntry {
    /// The version of the price list.
    pub price_list_id: PriceListId,
    /// Paid by the institution, before tax.
    pub net: Money,
    /// Tax in basis points, 0 to 10,000.
    pub tax_rate_bp: u32,
    /// Paid to the provider.
    pub provider_fee: Money,
}

/// The requests to which a price applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceKey {
    pub service_type: ServiceType,
    pub urgency: UrgencyLevel,
    /// `None`: all institutions without their own price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_id: Option<InstitutionId>,
}

/// One row of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceListEntry {
    #[serde(flatten)]
    pub key: PriceKey,
    /// Paid by the institution, before tax.
    pub net: Money,
    /// Tax in basis points, 0 to 10,000.
    pub tax_rate_bp: u32,
    /// Paid to the provider, in the same currency.
    pub provider_fee: Money,
}

/// Maximum tax in basis points: 100 %.
const MOST_TAX_BP: u32 = 10_000;

impl PriceListEntry {
    /// Whether the amounts and the tax rate are valid.
    pub(super) fn is_valid(&self) -> bool {
        self.net.minor >= 0
            && self.provider_fee.minor >= 0
            && self.net.currency == self.provider_fee.currency
            && self.tax_rate_bp <= MOST_TAX_BP
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceListVersion {
    pub id: PriceListId,
    pub valid_from: Timestamp,
    /// Exclusive; `None`: until another version follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// At least one.
    pub entries: Vec<PriceListEntry>,
}

impl PriceListVersion {
    /// Whether two versions would set two prices for one request at the same time. An open-ended version
    /// gives way to a later one.
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
