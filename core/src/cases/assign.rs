//! `AssignCase`: an admin offers the case to an expert. New or Rejected → Assigned.
//!
//! The sender generates the assignment id. It is the fencing token for the expert's commands (D-14).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::Override;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus, CurrentAssignment, Readiness};
use super::eligibility;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{AssignmentId, CaseId, ProviderId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignCase {
    pub case_id: CaseId,
    pub assignment_id: AssignmentId,
    pub provider_id: ProviderId,
    /// Warnings that the admin overrides.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

impl CaseOperation for AssignCase {
    const SPEC: Spec = Spec::online("assign_case", &[Role::Admin]);
    const ACTION: Option<CaseAction> = Some(CaseAction::Assign);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Expert(self.provider_id), Need::Deadlines]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
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
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        eligibility::check(facts, Some(case), &self.overrides)?;
        let urgency = case.request.urgency.level();
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
            .with(Effect::StartAssignment {
                assignment: offer,
                reason: None,
            })
            .with(Effect::GrantToProvider(self.provider_id))
            .notifying(eligibility::assignment_notice(
                self.provider_id,
                self.case_id,
                urgency,
            )))
    }
}
