//! `AssignCase`: an admin asks an expert. New or Rejected → Assigned.
//!
//! The assignment id, made by the sender, is the token under which the expert will act (D-14).

use serde::{Deserialize, Serialize};

use super::assignment::Override;
use super::case::{CaseEvent, CaseStatus, CurrentAssignment, Readiness};
use super::eligibility;
use crate::actor::Role;
use crate::command::{Aggregate, Names, Operation, Reach};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{AssignmentId, CaseId, ProviderId};
use crate::refusal::Refusal;

/// Gives a case without expert to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignCase {
    /// Which case.
    pub case_id: CaseId,
    /// The new attempt.
    pub assignment_id: AssignmentId,
    /// Who is asked.
    pub provider_id: ProviderId,
    /// Warnings passed over.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

impl Operation for AssignCase {
    const NAME: &'static str = "assign_case";
    const ROLES: &'static [Role] = &[Role::Admin];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Expert, Need::Deadlines];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn names(&self) -> Names<'_> {
        Names {
            provider: Some(self.provider_id),
            ..Names::default()
        }
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let case = facts.case.existing()?;
        if let Some(case) = case {
            match case.status {
                CaseStatus::New | CaseStatus::Rejected => {}
                CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => {
                    return Err(Refusal::UseReassign);
                }
                CaseStatus::Returned => return Err(Refusal::CaseReturned),
                CaseStatus::Done => return Err(Refusal::CaseDone),
            }
            if case.readiness != Readiness::Ready {
                return Err(Refusal::UploadsPending);
            }
        }
        eligibility::check(facts, case, &self.overrides)?;

        let urgency = case.map_or(super::UrgencyLevel::Routine, |case| case.request.urgency.level());
        let event = CaseEvent::Assigned {
            assignment: CurrentAssignment {
                id: self.assignment_id,
                provider_id: self.provider_id,
            },
            accept_by: facts.deadlines().of(urgency).accept.after(ctx.now),
        };
        let offer = eligibility::offer(
            self.case_id,
            self.assignment_id,
            self.provider_id,
            &self.overrides,
            ctx,
        );
        Ok(Decision::of(Event::Case(self.case_id, event))
            .with(Effect::StartAssignment(offer))
            .with(Effect::GrantToProvider(self.provider_id))
            .telling(eligibility::told(self.provider_id, self.case_id, urgency)))
    }
}
