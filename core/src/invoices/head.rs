//! The head of an invoice: seller, buyer, number and due date. Frozen when the invoice is issued.
//!
//! The server draws the numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{InstitutionId, SellerId};
use crate::time::Date;

/// The seller as frozen on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    pub id: SellerId,
    /// The registered legal name.
    pub legal_name: String,
    pub address: String,
    /// In the company register.
    pub registration_number: String,
    pub tax_number: String,
    /// Precedes the year in the invoice's number.
    pub prefix: String,
    /// The account for payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_details: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    pub name: String,
    /// All names of the institution, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// In the company register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<String>,
}

/// A position in a series: numbers without gaps, starting at 1 in each year of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesNumber {
    pub fiscal_year: i32,
    pub number: i64,
}

impl SeriesNumber {
    /// Returns the number for display: `MSO-2026-1`.
    #[must_use]
    pub fn written(self, prefix: &str) -> String {
        let Self { fiscal_year, number } = self;
        format!("{prefix}-{fiscal_year}-{number}")
    }
}

/// The head of an invoice: seller, buyer, number and dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceHead {
    /// The paying institution.
    pub institution_id: InstitutionId,
    /// As of the issue.
    pub seller: Seller,
    /// As of the issue.
    pub buyer: Buyer,
    /// The invoice number in parts.
    pub series: SeriesNumber,
    /// The date on which the case became Done.
    pub supply_date: Date,
    pub due_date: Date,
}
