//! Invoices of the institution, and the dispute of one. Payments and credit notes are recorded by admins at the server;
//! amounts and rules are in `crate::invoices`.

use super::Workspace;
use crate::client::error::WorkspaceError;
use crate::client::queries;
use crate::ids::{CaseId, InvoiceId};
use crate::invoices::{FlagInvoice, Invoice};
use crate::text::Reason;

impl Workspace {
    /// Disputes an invoice. Works offline; the admins are notified when the server has the command.
    pub fn flag_invoice(&self, invoice_id: InvoiceId, reason: Reason) -> Result<(), WorkspaceError> {
        self.perform(FlagInvoice { invoice_id, reason }.into())
    }

    /// All invoices and credit notes of the user's institution, newest first.
    pub fn invoices(&self) -> Result<Vec<Invoice>, WorkspaceError> {
        self.read(queries::invoices)
    }

    /// Invoices and credit notes of one case, newest first.
    pub fn invoices_of(&self, case_id: CaseId) -> Result<Vec<Invoice>, WorkspaceError> {
        let mut invoices = self.invoices()?;
        invoices.retain(|invoice| invoice.case_id == case_id);
        Ok(invoices)
    }
}

#[cfg(test)]
mod tests;
