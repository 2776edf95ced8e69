//! The head of an invoice: from whom, to whom, under which number, by when. Frozen when it is issued.
//!
//! Not here: drawing numbers (the server).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{InstitutionId, SellerId};
use crate::time::Date;

/// The seller as frozen on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// Who issues.
    pub id: SellerId,
    /// The name in law.
    pub legal_name: String,
    /// Postal address.
    pub address: String,
    /// Of the company register.
    pub registration_number: String,
    /// For tax.
    pub tax_number: String,
    /// Before the year in the invoice's number.
    pub prefix: String,
    /// Where to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_details: Option<String>,
}

/// The buyer as frozen on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The institution's name.
    pub name: String,
    /// All its names, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Of the company register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    /// For tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<String>,
}

/// A place in a series: gapless from 1 in each year of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesNumber {
    /// The year.
    pub fiscal_year: i32,
    /// The number in it.
    pub number: i64,
}

impl SeriesNumber {
    /// As people read it: `MSO-2026-1`.
    #[must_use]
    pub fn written(self, prefix: &str) -> String {
        let Self { fiscal_year, number } = self;
        format!("{prefix}-{fiscal_year}-{number}")
    }
}

/// The head of an invoice: from whom, to whom, by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceHead {
    /// Who pays.
    pub institution_id: InstitutionId,
    /// Who issued it, as they were then.
    pub seller: Seller,
    /// Who pays, as they were then.
    pub buyer: Buyer,
    /// Its number, in parts.
    pub series: SeriesNumber,
    /// The day of Done.
    pub supply_date: Date,
    /// To be paid by.
    pub due_date: Date,
}
