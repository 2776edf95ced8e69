//! `MarkDocumentStored`: the server has verified that a file was uploaded completely and matches its
//! declaration.
//!
//! Only the server itself sends this. When the last file is stored, the case becomes ready for assignment.

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkDocumentStored {
    pub case_id: CaseId,
    pub document_id: DocumentId,
    /// Hash of the received bytes.
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
            // Regardless of when it was declared: nobody can have read it for the recommendation (R13).
            document.after_opinion |= case.status == CaseStatus::Done;
        });
        Ok(settle(case, stored, facts, ctx))
    }
}

/// Returns the decision for a changed file, including what follows for its case.
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
