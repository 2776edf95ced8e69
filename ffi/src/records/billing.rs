//! Invoices and service records.

use std::time::SystemTime;

use mso_core::ids::{CaseId, InvoiceId};

use crate::money::Amount;

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InvoiceView {
    pub invoice_id: InvoiceId,
    pub case_id: CaseId,
    /// Series and gapless number.
    pub number: String,
    pub issued_at: SystemTime,
    /// Before tax.
    pub net: Amount,
    pub tax: Amount,
    /// To be paid.
    pub gross: Amount,
}

/// Invoices of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InvoicePage {
    pub invoices: Vec<InvoiceView>,
    /// To ask for the page after this one; absent on the last.
    pub next: Option<String>,
}

/// What a provider did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceRecordItem {
    /// The case's number.
    pub case_number: String,
    pub service_code: String,
    pub performed_at: SystemTime,
    /// The own fee, where configured.
    pub fee: Option<Amount>,
}

/// Service records of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceRecordPage {
    pub service_records: Vec<ServiceRecordItem>,
    /// To ask for the page after this one; absent on the last.
    pub next: Option<String>,
}
