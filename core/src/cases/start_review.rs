//! `StartReview`: the expert begins to work on the case. Accepted → InProgress.
//!
//! Reading never changes a status (D-8): this is a command of its own, made by the expert or with the first draft.

use serde::{Deserialize, Serialize};

use super::UrgencyLevel;
use super::assignment::AssignmentState;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// Begins the review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartReview {
    /// Which case.
    pub case_id: CaseId,
}

impl Operation for StartReview {
    const NAME: &'static str = "start_review";
    const ROLES: &'static [Role] = &[Role::Provider];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Deadlines];
    const FENCE: Fence = Fence::Token;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let case = facts.case.existing()?;
        if let Some(case) = case {
            match case.status {
                CaseStatus::Accepted => {}
                CaseStatus::InProgress => return Ok(Decision::noop()),
                CaseStatus::New | CaseStatus::Rejected => return Err(Refusal::NotAssigned),
                CaseStatus::Assigned => return Err(Refusal::NotAccepted),
                CaseStatus::Returned => return Err(Refusal::CaseReturned),
                CaseStatus::Done => return Err(Refusal::CaseDone),
            }
        }
        let urgency = case.map_or(UrgencyLevel::Routine, |case| case.request.urgency.level());
        let event = CaseEvent::ReviewStarted {
            finish_by: facts.deadlines().of(urgency).finish.after(ctx.now),
        };
        let (id, kind) = (self.case_id, NotificationKind::CaseUnderReview);
        Ok(Decision::of(Event::Case(id, event))
            .with_move(ctx, AssignmentState::InReview)
            .telling(Notify::case(Audience::Team(id), kind, id)))
    }
}
