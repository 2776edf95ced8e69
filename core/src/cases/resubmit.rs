//! `ResubmitCase`: the requester has answered and sends a returned case on. Returned → where it came from (T9).
//!
//! If files are still on their way, the resubmission waits for them and the server completes it with the last one. A
//! second one for issues that are settled already changes nothing (R9).

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus, PendingResubmission};
use super::returning;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::documents::Document;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::issues::Issue;
use crate::refusal::Refusal;

/// Sends a returned case on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResubmitCase {
    /// Which case.
    pub case_id: CaseId,
    /// The return issues that the sender saw open.
    #[serde(default)]
    pub issues: Vec<IssueId>,
}

impl Operation for ResubmitCase {
    const NAME: &'static str = "resubmit_case";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Issues, Need::Documents];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        let issues = facts.issues.known().map_or(&[][..], Vec::as_slice);
        if case.status != CaseStatus::Returned {
            let settled = |id: &IssueId| {
                issues
                    .iter()
                    .any(|issue| issue.id == *id && !issue.holds_the_case())
            };
            return match case.status {
                CaseStatus::Done => Err(Refusal::CaseDone),
                CaseStatus::New
                | CaseStatus::Assigned
                | CaseStatus::Accepted
                | CaseStatus::InProgress
                | CaseStatus::Rejected
                | CaseStatus::Returned => {
                    let unseen = facts.issues.known().is_none();
                    let done = !self.issues.is_empty() && self.issues.iter().all(settled);
                    if done || unseen {
                        Ok(Decision::noop())
                    } else {
                        Err(Refusal::NotReturned)
                    }
                }
            };
        }
        if !issues
            .iter()
            .filter(|issue| issue.holds_the_case())
            .all(Issue::is_answered)
        {
            return Err(Refusal::UnansweredIssue);
        }
        if let Some(documents) = facts.documents.known()
            && !documents.iter().all(Document::is_settled)
        {
            if case.pending_resubmission.is_some() {
                return Ok(Decision::noop());
            }
            let pending = PendingResubmission {
                by: ctx.actor.user,
                at: ctx.now,
            };
            return Ok(Decision::of(Event::Case(
                self.case_id,
                CaseEvent::ResubmissionPending(pending),
            )));
        }
        Ok(returning::resume(case, issues, ctx))
    }
}
