//! `MarkRecommendationRead`: the requester has the opinion open: noted once, so that nobody is reminded (D-28).

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::refusal::Refusal;

/// Notes that the opinion was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRecommendationRead {
    /// Which case.
    pub case_id: CaseId,
}

impl Operation for MarkRecommendationRead {
    const NAME: &'static str = "mark_recommendation_read";
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
        if case.status != CaseStatus::Done {
            return Err(Refusal::NotDone);
        }
        if case.read_at.is_some() {
            return Ok(Decision::noop());
        }
        Ok(Decision::of(Event::Case(
            self.case_id,
            CaseEvent::Read { at: ctx.now },
        )))
    }
}
