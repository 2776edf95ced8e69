//! `ResubmitCase`: the requester has answered and resubmits a returned case. Returned → the status before
//! (T9).
//!
//! If files are still being uploaded, the resubmission is pending and the server completes it when the last
//! file is stored. A repeated resubmission for issues that are already settled is a noop (R9).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus, PendingResubmission};
use super::returning;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::documents::Document;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::issues::Issue;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResubmitCase {
    pub case_id: CaseId,
    /// The return issues that the sender saw as open.
    #[serde(default)]
    pub issues: Vec<IssueId>,
}

impl CaseOperation for ResubmitCase {
    const SPEC: Spec = Spec::offline("resubmit_case", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::AnswerReturn);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    /// The first one settled the issues, so that the second finds none open.
    fn repeats(&self, earlier: &Self) -> bool {
        self.case_id == earlier.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues, Need::Documents]
    }

    /// True if the answered issues are already settled because a colleague resubmitted first (R9). Unseen
    /// issues pass.
    fn is_fulfilled(&self, case: &Case, facts: &Facts, _ctx: &Context) -> bool {
        let waits = matches!(case.status, CaseStatus::Returned | CaseStatus::Done);
        let Some(issues) = facts.issues.known() else {
            return !waits;
        };
        let is_settled = |id: &IssueId| {
            issues
                .iter()
                .any(|issue| issue.id == *id && !issue.holds_the_case())
        };
        !waits && !self.issues.is_empty() && self.issues.iter().all(is_settled)
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Returned => Ok(Step::Go),
            CaseStatus::Done => Err(Refusal::CaseDone),
            CaseStatus::New
            | CaseStatus::Assigned
            | CaseStatus::Accepted
            | CaseStatus::InProgress
            | CaseStatus::Rejected => Err(Refusal::NotReturned),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let issues = facts.issues.known().map_or(&[][..], Vec::as_slice);
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
