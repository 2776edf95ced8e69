//! Invoices and service records.

use std::time::SystemTime;

use mso_core::ids::{CaseId, InvoiceId};
use mso_core::invoices::{PaymentState, ServiceState};

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
    /// With tax. Negative on a credit note.
    pub gross: Amount,
    pub payment: PaymentState,
    /// After payments and credits.
    pub left_to_pay: Amount,
    /// By when it is to be paid, `2026-12-23`.
    pub due_date: Option<String>,
    pub verification: InvoiceVerification,
    /// Why it is disputed.
    pub flag_reason: Option<String>,
    /// On a credit note: the number of the invoice that it credits.
    pub credit_of: Option<String>,
    /// The invoice that replaces this one.
    pub reissued_as: Option<InvoiceId>,
}

/// Whether an admin has checked an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum InvoiceVerification {
    /// Not checked yet.
    Pending,
    /// Checked and found correct.
    Verified,
    /// Disputed, with a reason.
    Flagged,
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
    pub state: ServiceState,
    /// When the fee was settled.
    pub settled_at: Option<SystemTime>,
}

/// Service records of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceRecordPage {
    pub service_records: Vec<ServiceRecordItem>,
    /// To ask for the page after this one; absent on the last.
    pub next: Option<String>,
}
