//! `RequestRelease`: the expert asks an admin for release from a case (D-7): an issue of kind `release`, no change of status.

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::issues::{IssueKind, IssueText, NewIssue};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// The expert asks an admin for release from a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRelease {
    /// Which case.
    pub case_id: CaseId,
    /// The new issue.
    pub issue_id: IssueId,
    /// Why.
    pub reason: IssueText,
}

impl Operation for RequestRelease {
    const NAME: &'static str = "request_release";
    const ROLES: &'static [Role] = &[Role::Provider];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Issues];
    const FENCE: Fence = Fence::Token;

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
        let issue = NewIssue {
            id: self.issue_id,
            case_id: self.case_id,
            kind: IssueKind::Release,
            text: &self.reason,
            wanted_items: &[],
        };
        let Some(issue) = issue.open(facts, ctx)? else {
            return Ok(Decision::noop());
        };
        let told = Notify::case(Audience::Admins, NotificationKind::ReleaseRequested, self.case_id);
        Ok(Decision::of(Event::Case(self.case_id, CaseEvent::Touched))
            .and(Event::Issue(Box::new(issue)))
            .telling(told.high_if(case.is_urgent())))
    }
}
