//! `CloseWindow`: the server closes the clarification window. The case is removed from the expert's phones,
//! and no more questions can be asked.

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentEnd;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::CaseId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseWindow {
    pub case_id: CaseId,
}

impl CaseOperation for CloseWindow {
    const SPEC: Spec = Spec::online("close_window", &[Role::System]);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status != CaseStatus::Done || case.window_closed {
            return Ok(Step::Noop);
        }
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, _facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let over = case.window_ends_at.is_some_and(|end| end <= ctx.now);
        if !over {
            return Ok(Decision::noop());
        }
        let closed = Decision::of(Event::Case(self.case_id, CaseEvent::WindowClosed));
        Ok(match case.assignment {
            Some(attempt) => closed.ending(attempt, AssignmentEnd::Completed, None, ctx),
            None => closed,
        })
    }
}
