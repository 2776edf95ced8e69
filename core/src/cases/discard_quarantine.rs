//! `DiscardQuarantine`: an admin discards an opinion that was refused and kept (R3, D-19).

use serde::{Deserialize, Serialize};

use super::case::CaseEvent;
use crate::actor::Role;
use crate::command::{Aggregate, OnClosed, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, QuarantineId};
use crate::refusal::Refusal;

/// Discards a quarantined opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardQuarantine {
    /// Which case.
    pub case_id: CaseId,
    /// Which one.
    pub quarantine_id: QuarantineId,
}

impl Operation for DiscardQuarantine {
    const NAME: &'static str = "discard_quarantine";
    const ROLES: &'static [Role] = &[Role::Admin];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Quarantine];
    const ON_CLOSED: OnClosed = OnClosed::Pass;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
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
