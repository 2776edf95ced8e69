//! Invoices of the institution, and the dispute of one. Payments and credit notes are recorded by admins at the server;
//! amounts and rules are in `crate::invoices`.

use super::Workspace;
use super::reads::range;
use crate::client::error::WorkspaceError;
use crate::client::queries::{self, ListPage};
use crate::ids::{CaseId, InvoiceId};
use crate::invoices::{FlagInvoice, Invoice};
use crate::text::Reason;

impl Workspace {
    /// Disputes an invoice. Works offline; the admins are notified when the server has the command.
    pub fn flag_invoice(&self, invoice_id: InvoiceId, reason: Reason) -> Result<(), WorkspaceError> {
        self.perform(FlagInvoice { invoice_id, reason }.into())
    }

    /// The newest `limit` invoices and credit notes of the user's institution after `after`, a [`ListPage::next`] of this
    /// list.
    pub fn invoices(&self, after: Option<&str>, limit: u32) -> Result<ListPage<Invoice>, WorkspaceError> {
        let range = range(after, limit)?;
        self.read(|conn| queries::invoices(conn, &range))
    }

    /// Invoices and credit notes of one case, newest first.
    pub fn invoices_of(&self, case_id: CaseId) -> Result<Vec<Invoice>, WorkspaceError> {
        self.read(|conn| queries::invoices_of(conn, case_id))
    }
}

#[cfg(test)]
mod tests;
