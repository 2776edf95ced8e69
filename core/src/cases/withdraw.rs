//! `WithdrawCase`: the requester withdraws the case, as long as no expert has accepted it (D-13).
//!
//! After that an admin must decide: `ask_admin`, and the app offers `RequestCancellation` (R4).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::AssignmentEnd;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus, Closure};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::documents::abort_uploads;
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::issues::{IssueKind, resolve_pointless};
use crate::notifications::{NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawCase {
    pub case_id: CaseId,
    pub reason: Reason,
}

impl CaseOperation for WithdrawCase {
    const SPEC: Spec = Spec::offline("withdraw_case", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::Withdraw);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues, Need::Documents]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::New | CaseStatus::Assigned | CaseStatus::Rejected => Ok(Step::Go),
            CaseStatus::Returned => match case.resume_status {
                Some(CaseStatus::Accepted | CaseStatus::InProgress) => Err(Refusal::AskAdmin),
                None
                | Some(
                    CaseStatus::New
                    | CaseStatus::Assigned
                    | CaseStatus::Rejected
                    | CaseStatus::Returned
                    | CaseStatus::Done,
                ) => Ok(Step::Go),
            },
            CaseStatus::Accepted | CaseStatus::InProgress => Err(Refusal::AskAdmin),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let closed = CaseEvent::Closed(Closure::Withdrawn, self.reason.clone());
        let decision = abort_uploads(Decision::of(Event::Case(self.case_id, closed)), facts);
        let requests = [IssueKind::Release, IssueKind::CancelRequest];
        let mut decision = resolve_pointless(decision, facts, &requests, "withdrawn", ctx);
        if let Some(told) = case.who_follows() {
            decision = decision.notifying(Notify::case(told, NotificationKind::CaseClosed, self.case_id));
        }
        Ok(match case.assignment {
            Some(attempt) => decision.ending(attempt, AssignmentEnd::Withdrawn, Some(&self.reason), ctx),
            None => decision,
        })
    }
}
