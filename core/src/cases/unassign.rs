//! `UnassignCase`: an admin takes the case from its expert. Assigned, Accepted, InProgress → New.
//!
//! A Returned case stays Returned and resumes to New (T4). The server sends this command itself when an
//! expert's user is deactivated.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::AssignmentEnd;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::issues::{IssueKind, resolve_pointless};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnassignCase {
    pub case_id: CaseId,
    /// For admins only.
    pub reason: Reason,
}

impl CaseOperation for UnassignCase {
    const SPEC: Spec = Spec::online("unassign_case", &[Role::Admin, Role::System]);
    const ACTION: Option<CaseAction> = Some(CaseAction::Unassign);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => Ok(Step::Go),
            CaseStatus::Returned if case.assignment.is_some() => Ok(Step::Go),
            CaseStatus::New | CaseStatus::Rejected | CaseStatus::Returned => Err(Refusal::NotAssigned),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(attempt) = case.assignment else {
            return Err(Refusal::NotAssigned);
        };
        let (id, by_server) = (self.case_id, ctx.actor.role() == Role::System);
        let end = if by_server {
            AssignmentEnd::ProviderDeactivated
        } else {
            AssignmentEnd::Unassigned
        };
        let mut decision = Decision::of(Event::Case(id, CaseEvent::Unassigned))
            .ending(attempt, end, Some(&self.reason), ctx)
            .notifying(Notify::case(
                Audience::Expert(attempt.provider_id),
                NotificationKind::CaseUnassigned,
                id,
            ));
        decision = resolve_pointless(decision, facts, &[IssueKind::Release], "unassigned", ctx);
        if case.is_accepted() {
            decision = decision.notifying(Notify::case(
                Audience::Team(id),
                NotificationKind::CaseBeingReassigned,
                id,
            ));
        }
        if by_server {
            let waits = Notify::case(Audience::Admins, NotificationKind::CaseReady, id);
            decision = decision.notifying(waits.high_if(case.is_urgent()));
        }
        Ok(decision)
    }
}
