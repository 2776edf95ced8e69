//! `MarkRecommendationRead`: the requester has opened the recommendation. Recorded once; stops the reminder
//! (D-28).

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::CaseId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRecommendationRead {
    pub case_id: CaseId,
}

impl CaseOperation for MarkRecommendationRead {
    const SPEC: Spec = Spec::offline("mark_recommendation_read", &[Role::Requester]);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status != CaseStatus::Done {
            return Err(Refusal::NotDone);
        }
        if case.read_at.is_some() {
            return Ok(Step::Noop);
        }
        Ok(Step::Go)
    }

    fn decide(&self, _case: &Case, _facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        Ok(Decision::of(Event::Case(
            self.case_id,
            CaseEvent::Read { at: ctx.now },
        )))
    }
}
