//! Handle: invoices and service records.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::InvoiceId;

use crate::entered::required;
use crate::error::MsoError;
use crate::records::{InvoiceView, ServiceRecordItem};
use crate::text::EnteredText;
use crate::views::each;

/// What is billed.
#[derive(uniffi::Object)]
pub struct Billing(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Billing {
    /// The institution's invoices and credit notes, newest first. For requesters.
    pub fn invoices(&self) -> Result<Vec<InvoiceView>, MsoError> {
        Ok(each(self.0.invoices()?))
    }

    /// Disputes an invoice.
    pub fn flag_invoice(&self, invoice_id: InvoiceId, reason: EnteredText) -> Result<(), MsoError> {
        Ok(self.0.flag_invoice(invoice_id, required("reason", &reason)?)?)
    }

    /// The services that this expert has given, newest first.
    pub fn service_records(&self) -> Result<Vec<ServiceRecordItem>, MsoError> {
        Ok(each(self.0.service_records()?))
    }
}
