//! `CancelCase`: an admin closes a case that is not done (D-13). No invoice, no service record.

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentEnd;
use super::case::{CaseEvent, CaseStatus, Closure};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Closes a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelCase {
    /// Which case.
    pub case_id: CaseId,
    /// Why.
    pub reason: Reason,
}

impl Operation for CancelCase {
    const NAME: &'static str = "cancel_case";
    const ROLES: &'static [Role] = &[Role::Admin];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        if case.status == CaseStatus::Done {
            return Err(Refusal::CaseDone);
        }
        let id = self.case_id;
        let decision = Decision::of(Event::Case(id, CaseEvent::Closed(Closure::Cancelled)))
            .telling(Notify::case(Audience::Team(id), NotificationKind::CaseClosed, id));
        Ok(match case.assignment {
            Some(attempt) => decision
                .ending(attempt, AssignmentEnd::Cancelled, Some(&self.reason), ctx)
                .telling(Notify::case(
                    Audience::Expert(attempt.provider_id),
                    NotificationKind::CaseClosed,
                    id,
                )),
            None => decision,
        })
    }
}
