//! `UnassignCase`: an admin takes the case from its expert. Assigned, Accepted, InProgress → New.
//!
//! Returned stays Returned and resumes to New (T4). The server itself sends it when an expert's user is deactivated.

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentEnd;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Takes a case from its expert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnassignCase {
    /// Which case.
    pub case_id: CaseId,
    /// Why; for admins.
    pub reason: Reason,
}

impl Operation for UnassignCase {
    const NAME: &'static str = "unassign_case";
    const ROLES: &'static [Role] = &[Role::Admin, Role::System];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress | CaseStatus::Returned => {}
            CaseStatus::New | CaseStatus::Rejected => return Err(Refusal::NotAssigned),
            CaseStatus::Done => return Err(Refusal::CaseDone),
        }
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
            .telling(Notify::case(
                Audience::Expert(attempt.provider_id),
                NotificationKind::CaseUnassigned,
                id,
            ));
        if case.status.shows_expert() {
            decision = decision.telling(Notify::case(
                Audience::Team(id),
                NotificationKind::CaseBeingReassigned,
                id,
            ));
        }
        if by_server {
            let waits = Notify::case(Audience::Admins, NotificationKind::CaseReady, id);
            decision = decision.telling(waits.high_if(case.is_urgent()));
        }
        Ok(decision)
    }
}
