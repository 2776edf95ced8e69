//! `WithdrawDocument`: who uploaded a file, or the team, takes it back before an expert has accepted the case.
//!
//! From Accepted on the expert may have read it: `StrikeDocument`.

use serde::{Deserialize, Serialize};

use super::document::DocumentState;
use super::mark_stored::settle;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::refusal::Refusal;

/// Takes a file back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawDocument {
    /// Of which case.
    pub case_id: CaseId,
    /// Which file.
    pub document_id: DocumentId,
}

impl Operation for WithdrawDocument {
    const NAME: &'static str = "withdraw_document";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Documents, Need::Issues];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let (Some(case), Some(documents)) = (facts.case.existing()?, facts.documents.known()) else {
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
        if case.expert_may_have_read() && document.is_readable() {
            return Err(Refusal::UseStrike);
        }
        let withdrawn = document.changed(|document| document.state = DocumentState::Withdrawn);
        Ok(settle(case, withdrawn, facts, ctx))
    }
}
