//! `StrikeDocument`: marks a file that an expert may have read as no longer valid. It stays readable, struck
//! through, with the reason.
//!
//! Before Accepted a requester withdraws it instead; an admin always strikes.

use serde::{Deserialize, Serialize};

use super::document::{Document, DocumentState, Strike};
use super::mark_stored::settle;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::command::{CaseOperation, PartOperation, Spec, Step};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrikeDocument {
    pub case_id: CaseId,
    pub document_id: DocumentId,
    pub reason: Reason,
}

impl CaseOperation for StrikeDocument {
    const SPEC: Spec = Spec::offline("strike_document", &[Role::Requester, Role::Admin]);

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
        let struck = document.changed(|document| {
            document.struck = Some(Strike {
                by: Some(ctx.actor.user),
                at: ctx.now,
                reason: self.reason.clone(),
            });
        });
        let decision = settle(case, struck, facts, ctx);
        Ok(match case.expert() {
            Some(expert) => decision.notifying(Notify::case(
                Audience::Expert(expert),
                NotificationKind::DocumentAdded,
                self.case_id,
            )),
            None => decision,
        })
    }
}

impl PartOperation for StrikeDocument {
    type Part = Document;

    fn admits_part(document: &Document, case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        if actor.role() == Role::Requester && !document.may_be_changed_by(actor.user, case) {
            return Err(Refusal::NotOwner);
        }
        if document.state == DocumentState::Withdrawn {
            return Err(Refusal::DocumentWithdrawn);
        }
        if document.struck.is_some() {
            return Ok(Step::Noop);
        }
        if actor.role() == Role::Requester && !document.may_have_been_read(case) {
            return Err(Refusal::UseWithdrawDocument);
        }
        Ok(Step::Go)
    }
}
