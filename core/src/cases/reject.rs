//! `RejectCase`: the assigned expert declines. Assigned, Accepted → Rejected.
//!
//! The requester is told that another expert is sought, and the reason's code; the words are for admins (T6). From
//! InProgress the way out is `RequestRelease` (D-7). A second one under the same token changes nothing (`command/`).

use serde::{Deserialize, Serialize};

use super::assignment::{AssignmentEnd, RejectionReason};
use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Declines a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectCase {
    /// Which case.
    pub case_id: CaseId,
    /// Why, as the requester is told.
    pub reason: RejectionReason,
    /// In the expert's words, for admins. Needed for `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Reason>,
}

impl Operation for RejectCase {
    const NAME: &'static str = "reject_case";
    const ROLES: &'static [Role] = &[Role::Provider];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::HeldAssignment];
    const FENCE: Fence = Fence::Token;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted => {}
            CaseStatus::New | CaseStatus::Rejected => return Err(Refusal::NotAssigned),
            CaseStatus::InProgress => return Err(Refusal::RequestRelease),
            CaseStatus::Returned => return Err(Refusal::CaseReturned),
            CaseStatus::Done => return Err(Refusal::CaseDone),
        }
        if self.reason == RejectionReason::Other && self.text.is_none() {
            return Err(Refusal::ReasonRequired);
        }
        let Some(attempt) = case.assignment else {
            return Err(Refusal::NotAssigned);
        };
        let (id, urgent) = (self.case_id, case.is_urgent());
        Ok(Decision::of(Event::Case(id, CaseEvent::Rejected(self.reason)))
            .ending(attempt, AssignmentEnd::Rejected, self.text.as_ref(), ctx)
            .telling(Notify::case(Audience::Admins, NotificationKind::CaseRejected, id).high_if(urgent))
            .telling(Notify::case(
                Audience::Team(id),
                NotificationKind::CaseBeingReassigned,
                id,
            )))
    }
}
