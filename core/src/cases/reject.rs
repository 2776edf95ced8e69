//! `RejectCase`: the assigned expert rejects the case. Assigned, Accepted → Rejected.
//!
//! The requester sees that another expert is being sought, and the reason's code; the expert's text is for
//! admins only (T6). From InProgress the expert uses `RequestRelease` instead (D-7). A repeated rejection
//! under the same token is a noop (`command/`).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::{AssignmentEnd, RejectionReason};
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
pub struct RejectCase {
    pub case_id: CaseId,
    /// Shown to the requester.
    pub reason: RejectionReason,
    /// In the expert's own words, for admins only. Required for `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Reason>,
}

impl CaseOperation for RejectCase {
    const SPEC: Spec = Spec::offline("reject_case", &[Role::Provider])
        .under_token()
        .ending_own_assignment(AssignmentEnd::Rejected);
    const ACTION: Option<CaseAction> = Some(CaseAction::Reject);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::HeldAssignment, Need::Issues]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted => Ok(Step::Go),
            CaseStatus::New | CaseStatus::Rejected => Err(Refusal::NotAssigned),
            CaseStatus::InProgress => Err(Refusal::RequestRelease),
            CaseStatus::Returned => Err(Refusal::CaseReturned),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if self.reason == RejectionReason::Other && self.text.is_none() {
            return Err(Refusal::ReasonRequired);
        }
        let Some(attempt) = case.assignment else {
            return Err(Refusal::NotAssigned);
        };
        let (id, urgent) = (self.case_id, case.is_urgent());
        let rejected = Decision::of(Event::Case(id, CaseEvent::Rejected(self.reason)));
        let rejected = resolve_pointless(rejected, facts, &[IssueKind::Release], "rejected", ctx);
        Ok(rejected
            .ending(attempt, AssignmentEnd::Rejected, self.text.as_ref(), ctx)
            .notifying(Notify::case(Audience::Admins, NotificationKind::CaseRejected, id).high_if(urgent))
            .notifying(Notify::case(
                Audience::Team(id),
                NotificationKind::CaseBeingReassigned,
                id,
            )))
    }
}
