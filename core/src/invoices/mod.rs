//! Invoices and service records: created at Done from the price frozen at submit, and processed afterwards.
//!
//! The records, lines and their rounding (D-35), and one file per operation. The server draws numbers in the
//! transaction that issues an invoice, so the series has no gap. The invariant: an invoice is never edited;
//! an error is corrected by a credit note with its own number, and then by a new invoice.

#![deny(clippy::float_arithmetic)]

mod amounts;
mod approve_service;
mod credit;
mod flag;
mod head;
mod invoice;
mod issue_credit_note;
mod line;
mod record_payment;
mod reissue;
mod service_record;
mod settle_service;
mod verify;
mod write_off;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;

pub use amounts::{InvoiceAmounts, TaxAtRate};
pub use approve_service::ApproveService;
pub use credit::{CreditLine, CreditScope, Left, LeftOfLine};
pub use flag::FlagInvoice;
pub use head::{Buyer, InvoiceHead, Seller, SeriesNumber};
pub use invoice::{
    CreditOf, Flag, FollowUp, FurtherInvoice, Invoice, InvoiceVerification, Payment, PaymentState, WriteOff,
};
pub use issue_credit_note::IssueCreditNote;
pub use line::{InvoiceLine, LineItem, MAX_LINES, Quantity, TaxCategory, description_of};
pub use record_payment::RecordPayment;
pub use reissue::ReissueInvoice;
pub use service_record::{ServiceRecord, ServiceState};
pub use settle_service::SettleService;
pub use verify::VerifyInvoice;
pub use write_off::WriteOffInvoice;
