//! `CloseWindow`: the server ends the time for questions: the case leaves the expert's phones, and nothing more is asked.

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentEnd;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::refusal::Refusal;

/// Ends the time for questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseWindow {
    /// Which case.
    pub case_id: CaseId,
}

impl Operation for CloseWindow {
    const NAME: &'static str = "close_window";
    const ROLES: &'static [Role] = &[Role::System];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        let over = case.window_ends_at.is_some_and(|end| end <= ctx.now);
        if case.status != CaseStatus::Done || case.window_closed || !over {
            return Ok(Decision::noop());
        }
        let closed = Decision::of(Event::Case(self.case_id, CaseEvent::WindowClosed));
        Ok(match case.assignment {
            Some(attempt) => closed.ending(attempt, AssignmentEnd::Completed, None, ctx),
            None => closed,
        })
    }
}
