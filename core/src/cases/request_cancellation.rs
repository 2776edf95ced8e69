//! `RequestCancellation`: the requester asks an admin to cancel a case that an expert has, with an issue of
//! kind `cancel_request`.
//!
//! Before an expert has accepted, the requester withdraws the case instead (`use_withdraw`).

use super::withdraw::WithdrawCase;
use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::issues::{IssueKind, IssueText, NewIssue};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCancellation {
    pub case_id: CaseId,
    pub issue_id: IssueId,
    pub reason: IssueText,
}

impl CaseOperation for RequestCancellation {
    const SPEC: Spec = Spec::offline("request_cancellation", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::RequestCancellation);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn repeats(&self, earlier: &Self) -> bool {
        let Self {
            case_id,
            issue_id: _,
            reason,
        } = self;
        *case_id == earlier.case_id && *reason == earlier.reason
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Accepted | CaseStatus::InProgress | CaseStatus::Returned => Ok(Step::Go),
            CaseStatus::New | CaseStatus::Assigned | CaseStatus::Rejected => Err(Refusal::UseWithdraw),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    /// A returned case that can still be withdrawn offers only the withdrawal.
    fn offered(case: &Case, actor: &Actor, _facts: &Facts) -> Vec<CaseAction> {
        let admitted = Self::admits(case, actor) == Ok(Step::Go);
        let withdrawable = WithdrawCase::admits(case, actor) == Ok(Step::Go);
        Self::ACTION
            .filter(|_| admitted && !withdrawable)
            .into_iter()
            .collect()
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
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
            .notifying(told.high_if(case.is_urgent())))
    }
}
