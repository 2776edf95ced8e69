//! `StartReview`: the expert starts to work on the case. Accepted → InProgress.
//!
//! Reading never changes a status (D-8), so this is a separate command, sent by the expert or with the first
//! draft.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::AssignmentState;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartReview {
    pub case_id: CaseId,
}

impl CaseOperation for StartReview {
    const SPEC: Spec = Spec::offline("start_review", &[Role::Provider]).under_token();
    const ACTION: Option<CaseAction> = Some(CaseAction::StartReview);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Deadlines]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Accepted => Ok(Step::Go),
            // Another device of the expert went on already.
            CaseStatus::InProgress | CaseStatus::Done => Ok(Step::Noop),
            CaseStatus::Returned if case.resume_status == Some(CaseStatus::InProgress) => Ok(Step::Noop),
            CaseStatus::New | CaseStatus::Rejected => Err(Refusal::NotAssigned),
            CaseStatus::Assigned => Err(Refusal::NotAccepted),
            CaseStatus::Returned => Err(Refusal::CaseReturned),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let urgency = case.request.urgency.level();
        let event = CaseEvent::ReviewStarted {
            finish_by: facts.deadlines().of(urgency).finish.after(ctx.now),
        };
        let (id, kind) = (self.case_id, NotificationKind::CaseUnderReview);
        Ok(Decision::of(Event::Case(id, event))
            .with_move(ctx, AssignmentState::InReview)
            .notifying(Notify::case(Audience::Team(id), kind, id)))
    }
}
