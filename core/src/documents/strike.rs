//! `StrikeDocument`: a file that an expert may have read no longer counts. It stays readable, struck through, with the reason.
//!
//! Before Accepted a requester withdraws it instead; an admin always strikes.

use serde::{Deserialize, Serialize};

use super::document::{DocumentState, Strike};
use super::mark_stored::settle;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Strikes a file through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrikeDocument {
    /// Of which case.
    pub case_id: CaseId,
    /// Which file.
    pub document_id: DocumentId,
    /// Why.
    pub reason: Reason,
}

impl Operation for StrikeDocument {
    const NAME: &'static str = "strike_document";
    const ROLES: &'static [Role] = &[Role::Requester, Role::Admin];
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
            return Err(Refusal::DocumentWithdrawn);
        }
        if document.struck.is_some() {
            return Ok(Decision::noop());
        }
        if ctx.actor.role() == Role::Requester && !case.expert_may_have_read() {
            return Err(Refusal::UseWithdrawDocument);
        }
        let struck = document.changed(|document| {
            document.struck = Some(Strike {
                by: Some(ctx.actor.user),
                at: ctx.now,
                reason: self.reason.clone(),
            });
        });
        let decision = settle(case, struck, facts, ctx);
        Ok(match case.expert() {
            Some(expert) => decision.telling(Notify::case(
                Audience::Expert(expert),
                NotificationKind::DocumentAdded,
                self.case_id,
            )),
            None => decision,
        })
    }
}
