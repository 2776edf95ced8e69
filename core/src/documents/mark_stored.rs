//! `MarkDocumentStored`: the server found that a file has arrived whole and is what was declared.
//!
//! Only the server itself sends this. With the last file the case becomes ready to be assigned.

use serde::{Deserialize, Serialize};

use super::document::DocumentState;
use crate::cases::{CaseEvent, Readiness};
use crate::crypto::Sha256Hash;
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::refusal::Refusal;

/// Records that a file is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkDocumentStored {
    /// Of which case.
    pub case_id: CaseId,
    /// Which file.
    pub document_id: DocumentId,
    /// Of the bytes that arrived.
    pub sha256: Sha256Hash,
}

impl MarkDocumentStored {
    pub(crate) const NEEDS: &'static [Need] = &[Need::Case, Need::Documents];

    pub(crate) fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(documents) = facts.documents.known() else {
            return Ok(Decision::noop());
        };
        let document = documents
            .iter()
            .find(|d| d.id == self.document_id)
            .ok_or(Refusal::NotFound)?;
        if document.file.sha256 != self.sha256 {
            return Err(Refusal::HashMismatch);
        }
        if document.state == DocumentState::Stored {
            return Ok(Decision::noop());
        }
        let mut decision = Decision::of(Event::DocumentStored(self.document_id));
        let all_here = documents
            .iter()
            .all(|d| d.id == self.document_id || d.state == DocumentState::Stored);
        let waiting = |case: &crate::cases::Case| case.readiness == Readiness::AwaitingUploads;
        if all_here && facts.case.known().and_then(Option::as_ref).is_some_and(waiting) {
            decision = decision.and(Event::Case(self.case_id, CaseEvent::BecameReady));
        }
        Ok(decision)
    }
}
