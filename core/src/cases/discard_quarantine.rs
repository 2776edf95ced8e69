//! `DiscardQuarantine`: an admin discards a quarantined recommendation (R3, D-19).

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::case::CaseEvent;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, QuarantineId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardQuarantine {
    pub case_id: CaseId,
    pub quarantine_id: QuarantineId,
}

impl CaseOperation for DiscardQuarantine {
    const SPEC: Spec = Spec::online("discard_quarantine", &[Role::Admin]).on_closed_cases_too();

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Quarantine]
    }

    fn admits(_case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(kept) = facts.quarantine.known() else {
            return Ok(Decision::noop());
        };
        let kept = kept.iter().find(|kept| kept.id == self.quarantine_id);
        let mut kept = kept.ok_or(Refusal::NoQuarantine)?.clone();
        if kept.discarded_at.is_some() {
            return Ok(Decision::noop());
        }
        kept.discarded_at = Some(ctx.now);
        Ok(Decision::of(Event::Case(case.id, CaseEvent::Touched)).and(Event::Quarantine(Box::new(kept))))
    }
}
