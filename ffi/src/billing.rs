//! Handle: invoices and service records.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::InvoiceId;

use crate::entered::required;
use crate::error::MsoError;
use crate::records::{InvoicePage, ServiceRecordPage};
use crate::text::EnteredText;
use crate::views::each;

/// What is billed.
#[derive(uniffi::Object)]
pub struct Billing(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Billing {
    /// The institution's invoices and credit notes, newest first: the first `limit` after `after`, which is the `next` of the
    /// page before. For requesters.
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn invoices(&self, after: Option<String>, limit: u32) -> Result<InvoicePage, MsoError> {
        let client::ListPage { rows, next } = self.0.invoices(after.as_deref(), limit)?;
        let invoices = each(rows);
        Ok(InvoicePage { invoices, next })
    }

    /// Disputes an invoice.
    pub fn flag_invoice(&self, invoice_id: InvoiceId, reason: EnteredText) -> Result<(), MsoError> {
        Ok(self.0.flag_invoice(invoice_id, required("reason", &reason)?)?)
    }

    /// The services that this expert has given, newest first, page by page like [`Self::invoices`].
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn service_records(&self, after: Option<String>, limit: u32) -> Result<ServiceRecordPage, MsoError> {
        let client::ListPage { rows, next } = self.0.service_records(after.as_deref(), limit)?;
        let service_records = each(rows);
        Ok(ServiceRecordPage {
            service_records,
            next,
        })
    }
}
