//! `RequestCancellation`: the requester asks an admin to cancel a case that an expert has: an issue of kind `cancel_request`.
//!
//! Before an expert has accepted, the requester withdraws without asking (`use_withdraw`).

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::issues::{IssueKind, IssueText, NewIssue};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// The requester asks an admin to cancel a case that an expert has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCancellation {
    /// Which case.
    pub case_id: CaseId,
    /// The new issue.
    pub issue_id: IssueId,
    /// Why.
    pub reason: IssueText,
}

impl Operation for RequestCancellation {
    const NAME: &'static str = "request_cancellation";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Issues];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        match case.status {
            CaseStatus::Accepted | CaseStatus::InProgress | CaseStatus::Returned => {}
            CaseStatus::New | CaseStatus::Assigned | CaseStatus::Rejected => {
                return Err(Refusal::UseWithdraw);
            }
            CaseStatus::Done => return Err(Refusal::CaseDone),
        }
        let issue = NewIssue {
            id: self.issue_id,
            case_id: self.case_id,
            kind: IssueKind::CancelRequest,
            text: &self.reason,
            wanted_items: &[],
        };
        let Some(issue) = issue.open(facts, ctx)? else {
            return Ok(Decision::noop());
        };
        let told = Notify::case(
            Audience::Admins,
            NotificationKind::CancellationRequested,
            self.case_id,
        );
        Ok(Decision::of(Event::Case(self.case_id, CaseEvent::Touched))
            .and(Event::Issue(Box::new(issue)))
            .telling(told.high_if(case.is_urgent())))
    }
}
