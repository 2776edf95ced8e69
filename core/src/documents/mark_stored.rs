//! `MarkDocumentStored`: the server found that a file has arrived whole and is what was declared.
//!
//! Only the server itself sends this. With the last file the case becomes ready to be assigned.

use serde::{Deserialize, Serialize};

use super::document::{Document, DocumentState};
use crate::actor::{Actor, Role};
use crate::cases::{Case, CaseEvent, CaseStatus, files_settled};
use crate::command::{CaseOperation, Spec, Step};
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

impl CaseOperation for MarkDocumentStored {
    const SPEC: Spec = Spec::online("mark_document_stored", &[Role::System]);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Documents, Need::Issues]
    }

    fn admits(_case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
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
        match document.state {
            DocumentState::Declared => {}
            DocumentState::Stored => return Ok(Decision::noop()),
            DocumentState::Withdrawn => return Err(Refusal::DocumentWithdrawn),
        }
        let stored = document.changed(|document| {
            document.state = DocumentState::Stored;
            // However early it was announced: nobody can have read it for the opinion (R13).
            document.after_opinion |= case.status == CaseStatus::Done;
        });
        Ok(settle(case, stored, facts, ctx))
    }
}

/// One file has changed: what follows for its case follows with it.
pub(super) fn settle(case: &Case, changed: Document, facts: &Facts, ctx: &Context) -> Decision {
    let mut documents = facts.documents.known().cloned().unwrap_or_default();
    for document in &mut documents {
        if document.id == changed.id {
            *document = changed.clone();
        }
    }
    let issues = facts.issues.known().map(Vec::as_slice);
    let decision = files_settled(case, &documents, issues, ctx)
        .unwrap_or_else(|| Decision::of(Event::Case(case.id, CaseEvent::Touched)));
    decision.and(Event::Document(Box::new(changed)))
}
