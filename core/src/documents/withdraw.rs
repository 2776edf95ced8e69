//! `WithdrawDocument`: the uploader or the team withdraws a file before an expert has accepted the case. What has not arrived
//! at the server is withdrawn with the case, too.
//!
//! Once an expert has accepted the case, that one may have read it, also if another reviews the case now: `StrikeDocument`
//! applies.

use serde::{Deserialize, Serialize};

use super::document::{Document, DocumentState};
use super::mark_stored::settle;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::command::{CaseOperation, PartOperation, Spec, Step};
use crate::decision::{Decision, Effect, Event, Job};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawDocument {
    pub case_id: CaseId,
    pub document_id: DocumentId,
}

impl CaseOperation for WithdrawDocument {
    const SPEC: Spec = Spec::offline("withdraw_document", &[Role::Requester]);

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
        if Self::admits_part(document, case, &ctx.actor)? == Step::Noop {
            return Ok(Decision::noop());
        }
        let decision = settle(case, withdrawn(document), facts, ctx);
        Ok(match document.state {
            DocumentState::Declared => decision.with(discard_upload(document)),
            DocumentState::Stored | DocumentState::Withdrawn => decision,
        })
    }
}

fn withdrawn(document: &Document) -> Document {
    document.changed(|document| document.state = DocumentState::Withdrawn)
}

fn discard_upload(document: &Document) -> Effect {
    Effect::Queue(Job::DiscardUpload {
        case: document.case_id,
        document: document.id,
    })
}

/// Withdraws the files that have not arrived: a case that is closed takes none (T12).
pub(crate) fn abort_uploads(decision: Decision, facts: &Facts) -> Decision {
    let documents = facts.documents.known().into_iter().flatten();
    let missing = documents.filter(|document| document.state == DocumentState::Declared);
    missing.fold(decision, |decision, document| {
        decision
            .and(Event::Document(Box::new(withdrawn(document))))
            .with(discard_upload(document))
    })
}

impl PartOperation for WithdrawDocument {
    type Part = Document;

    fn admits_part(document: &Document, case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        if actor.role() == Role::Requester && !document.may_be_changed_by(actor.user, case) {
            return Err(Refusal::NotOwner);
        }
        if document.state == DocumentState::Withdrawn {
            return Ok(Step::Noop);
        }
        if document.may_have_been_read(case) {
            return Err(Refusal::UseStrike);
        }
        Ok(Step::Go)
    }
}
