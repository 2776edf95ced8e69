//! Invoices and service records: what follows from Done, computed from what was frozen at submit.
//!
//! Here: amounts and their rounding (D-35), the records. Not here: numbers, which the server draws in the
//! transaction of Done so that the series has no gap.

use serde::{Deserialize, Serialize};

use crate::catalogue::PriceEntry;
use crate::ids::{CaseId, InvoiceId, ProviderId, ServiceRecordId};
use crate::money::{Money, MoneyError};
use crate::time::Timestamp;

/// One line: quantity is always one opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// What was done.
    pub service_code: String,
    /// Before tax.
    pub net: Money,
    /// Tax in basis points.
    pub tax_rate_bp: u32,
    /// Tax, rounded half away from zero.
    pub tax: Money,
}

/// The amounts of an invoice: totals are sums of rounded lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceAmounts {
    /// The lines.
    pub lines: Vec<InvoiceLine>,
    /// Sum before tax.
    pub net: Money,
    /// Sum of tax.
    pub tax: Money,
    /// What is to be paid.
    pub gross: Money,
}

impl InvoiceAmounts {
    /// The amounts for one opinion at the quoted price.
    pub fn of_quote(service_code: &str, price: &PriceEntry) -> Result<Self, MoneyError> {
        let tax = price.net.times(price.tax_rate_bp, 10_000)?;
        let line = InvoiceLine {
            service_code: service_code.to_owned(),
            net: price.net,
            tax_rate_bp: price.tax_rate_bp,
            tax,
        };
        Ok(Self {
            lines: vec![line],
            net: price.net,
            tax,
            gross: price.net.plus(tax)?,
        })
    }
}

/// An invoice as an institution reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The id.
    pub id: InvoiceId,
    /// For which case.
    pub case_id: CaseId,
    /// `MSO-2026-1`: series and gapless number.
    pub number: String,
    /// When.
    pub issued_at: Timestamp,
    /// How much.
    pub amounts: InvoiceAmounts,
}

/// What a provider did: the only financial record a provider sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// The id.
    pub id: ServiceRecordId,
    /// For which case.
    pub case_id: CaseId,
    /// The case's number, as the case itself leaves the phone some day.
    pub case_number: String,
    /// Who did it.
    pub provider_id: ProviderId,
    /// What was done.
    pub service_code: String,
    /// When it was completed.
    pub performed_at: Timestamp,
    /// The own fee, where configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
}
