//! `WithdrawCase`: the requester takes the case back, as long as no expert has accepted it (D-13).
//!
//! Afterwards an admin arbitrates: `ask_admin`, and the app offers `RequestCancellation` (R4).

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentEnd;
use super::case::{CaseEvent, CaseStatus, Closure};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Takes a case back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawCase {
    /// Which case.
    pub case_id: CaseId,
    /// Why.
    pub reason: Reason,
}

impl Operation for WithdrawCase {
    const NAME: &'static str = "withdraw_case";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        match case.status {
            CaseStatus::New | CaseStatus::Assigned | CaseStatus::Rejected => {}
            CaseStatus::Returned => match case.resume_status {
                Some(CaseStatus::Accepted | CaseStatus::InProgress) => return Err(Refusal::AskAdmin),
                None
                | Some(
                    CaseStatus::New
                    | CaseStatus::Assigned
                    | CaseStatus::Rejected
                    | CaseStatus::Returned
                    | CaseStatus::Done,
                ) => {}
            },
            CaseStatus::Accepted | CaseStatus::InProgress => return Err(Refusal::AskAdmin),
            CaseStatus::Done => return Err(Refusal::CaseDone),
        }
        let closed = CaseEvent::Closed(Closure::Withdrawn);
        let decision = Decision::of(Event::Case(self.case_id, closed)).telling(Notify::case(
            case.expert_or_admins(),
            NotificationKind::CaseClosed,
            self.case_id,
        ));
        Ok(match case.assignment {
            Some(attempt) => decision.ending(attempt, AssignmentEnd::Withdrawn, Some(&self.reason), ctx),
            None => decision,
        })
    }
}
