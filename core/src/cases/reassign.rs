//! `ReassignCase`: an admin gives the case to another expert. Assigned, Accepted, InProgress → Assigned.
//!
//! The old token dies with it: whatever the first expert sends later is refused `assignment_superseded`, and the
//! case leaves that expert's phone. Past Assigned the admin must name the status seen (`stale_state`, R2).

use serde::{Deserialize, Serialize};

use super::assignment::{AssignmentEnd, Override};
use super::case::{CaseEvent, CaseStatus, CurrentAssignment};
use super::{deadlines, eligibility};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{AssignmentId, CaseId, ProviderId};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Takes a case from one expert and gives it to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReassignCase {
    /// Which case.
    pub case_id: CaseId,
    /// The new attempt.
    pub assignment_id: AssignmentId,
    /// Who is asked now.
    pub provider_id: ProviderId,
    /// Why.
    pub reason: Reason,
    /// The status that the admin saw. Needed once the expert has accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_state: Option<CaseStatus>,
    /// Warnings passed over.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

impl ReassignCase {
    pub(crate) const NEEDS: &'static [Need] = &[Need::Case, Need::Expert];

    pub(crate) fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => {}
            CaseStatus::Returned if case.assignment.is_some() => {}
            CaseStatus::New | CaseStatus::Rejected | CaseStatus::Returned => {
                return Err(Refusal::NotAssigned);
            }
            CaseStatus::Done => return Err(Refusal::CaseDone),
        }
        let Some(previous) = case.assignment else {
            return Err(Refusal::NotAssigned);
        };
        let confirmed = match self.confirm_state {
            Some(seen) => seen == case.status,
            None => case.status == CaseStatus::Assigned,
        };
        if !confirmed {
            return Err(Refusal::StaleState);
        }
        if previous.provider_id == self.provider_id {
            return Err(Refusal::SameProvider);
        }
        eligibility::check(facts, Some(case), &self.overrides)?;

        let event = CaseEvent::Reassigned {
            assignment: CurrentAssignment {
                id: self.assignment_id,
                provider_id: self.provider_id,
            },
            accept_by: deadlines::accept_by(case.request.urgency.level(), ctx.now),
        };
        let reason = AssignmentEnd::Reassigned;
        let offer = eligibility::offer(
            self.case_id,
            self.assignment_id,
            self.provider_id,
            &self.overrides,
            ctx,
        );
        Ok(Decision::of(Event::Case(self.case_id, event))
            .with(Effect::EndAssignment {
                id: previous.id,
                reason,
                at: ctx.now,
            })
            .with(Effect::RevokeFromProvider {
                provider: previous.provider_id,
                reason,
            })
            .with(Effect::StartAssignment(offer))
            .with(Effect::GrantToProvider(self.provider_id)))
    }
}
