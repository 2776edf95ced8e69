//! `WithdrawDocument`: the uploader or the team withdraws a file before an expert has accepted the case.
//!
//! Once an expert has accepted the case, that one may have read it, also if another reviews the case now: `StrikeDocument`
//! applies.

use serde::{Deserialize, Serialize};

use super::document::DocumentState;
use super::mark_stored::settle;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::Decision;
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
        if ctx.actor.role() == Role::Requester
            && !case.team.contains(&ctx.actor.user)
            && document.declared_by != Some(ctx.actor.user)
        {
            return Err(Refusal::NotOwner);
        }
        if document.state == DocumentState::Withdrawn {
            return Ok(Decision::noop());
        }
        if case.ever_accepted && document.is_readable() {
            return Err(Refusal::UseStrike);
        }
        let withdrawn = document.changed(|document| document.state = DocumentState::Withdrawn);
        Ok(settle(case, withdrawn, facts, ctx))
    }
}
