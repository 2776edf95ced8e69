//! Invoices: what the institution is asked to pay, and the one thing that its people can do about it.
//!
//! Not here: amounts and rules (`crate::invoices`). Paying, crediting and the rest is done by admins, at the server.

use super::Workspace;
use crate::client::error::WorkspaceError;
use crate::client::queries;
use crate::ids::{CaseId, InvoiceId};
use crate::invoices::{FlagInvoice, Invoice};
use crate::text::Reason;

impl Workspace {
    /// Disputes an invoice of the own institution. Works offline; the admins are told when the server is.
    pub fn flag_invoice(&self, invoice_id: InvoiceId, reason: Reason) -> Result<(), WorkspaceError> {
        self.perform(FlagInvoice { invoice_id, reason }.into())
    }

    /// All invoices and credit notes of the own institution, newest first.
    pub fn invoices(&self) -> Result<Vec<Invoice>, WorkspaceError> {
        self.read(queries::invoices)
    }

    /// Those of one case, newest first.
    pub fn invoices_of(&self, case_id: CaseId) -> Result<Vec<Invoice>, WorkspaceError> {
        let mut invoices = self.invoices()?;
        invoices.retain(|invoice| invoice.case_id == case_id);
        Ok(invoices)
    }
}

#[cfg(test)]
mod tests;
