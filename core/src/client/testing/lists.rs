//! For tests: whole lists, read page by page.

use super::phone::Phone;
use crate::client::error::WorkspaceError;
use crate::client::queries::{CaseSummary, ListPage, PatientSummary};
use crate::invoices::Invoice;

/// All rows of a list.
pub(in crate::client) fn all<T>(
    page: impl Fn(Option<&str>) -> Result<ListPage<T>, WorkspaceError>,
) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let ListPage { rows: more, next } = page(after.as_deref()).unwrap();
        rows.extend(more);
        match next {
            Some(next) => after = Some(next),
            None => return rows,
        }
    }
}

impl Phone {
    pub(in crate::client) fn cases(&self) -> Vec<CaseSummary> {
        all(|after| self.workspace.cases(after, 2))
    }

    pub(in crate::client) fn patients(&self) -> Vec<PatientSummary> {
        all(|after| self.workspace.patients(after, 2))
    }

    pub(in crate::client) fn found(&self, typed: &str) -> Vec<PatientSummary> {
        all(|after| self.workspace.search_patients(typed, after, 2))
    }

    pub(in crate::client) fn invoices(&self) -> Vec<Invoice> {
        all(|after| self.workspace.invoices(after, 2))
    }
}
