//! `ReassignCase`: an admin assigns the case to another expert. Assigned, Accepted, InProgress → Assigned.
//!
//! The old token becomes invalid: later commands of the first expert are refused with
//! `assignment_superseded`, and the case is removed from that expert's phones. Past Assigned the admin must
//! confirm the status that was shown (`stale_state`, R2).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::{AssignmentEnd, Override};
use super::case::Case;
use super::case::{CaseEvent, CaseStatus, CurrentAssignment};
use super::eligibility;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{AssignmentId, CaseId, ProviderId};
use crate::issues::{IssueKind, resolve_pointless};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReassignCase {
    pub case_id: CaseId,
    pub assignment_id: AssignmentId,
    pub provider_id: ProviderId,
    pub reason: Reason,
    /// The status that was shown to the admin. Required once the expert has accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_state: Option<CaseStatus>,
    /// Warnings that the admin overrides.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

impl CaseOperation for ReassignCase {
    const SPEC: Spec = Spec::online("reassign_case", &[Role::Admin]);
    const ACTION: Option<CaseAction> = Some(CaseAction::Reassign);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Expert(self.provider_id), Need::Deadlines, Need::Issues]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => Ok(Step::Go),
            CaseStatus::Returned if case.assignment.is_some() => Ok(Step::Go),
            CaseStatus::New | CaseStatus::Rejected | CaseStatus::Returned => Err(Refusal::NotAssigned),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
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

        let urgency = case.request.urgency.level();
        let event = CaseEvent::Reassigned {
            assignment: CurrentAssignment {
                id: self.assignment_id,
                provider_id: self.provider_id,
            },
            accept_by: facts.deadlines().of(urgency).accept.after(ctx.now),
            at: ctx.now,
        };
        let offer = eligibility::offer(
            self.case_id,
            self.assignment_id,
            self.provider_id,
            &self.overrides,
            ctx,
        );
        let id = self.case_id;
        let mut decision = Decision::of(Event::Case(id, event))
            .ending(previous, AssignmentEnd::Reassigned, Some(&self.reason), ctx)
            .with(Effect::StartAssignment {
                assignment: offer,
                reason: Some(self.reason.clone()),
            })
            .with(Effect::GrantToProvider(self.provider_id))
            .notifying(Notify::case(
                Audience::Expert(previous.provider_id),
                NotificationKind::CaseReassigned,
                id,
            ))
            .notifying(eligibility::assignment_notice(self.provider_id, id, urgency));
        decision = resolve_pointless(decision, facts, &[IssueKind::Release], "reassigned", ctx);
        if case.is_accepted() {
            decision = decision.notifying(Notify::case(
                Audience::Team(id),
                NotificationKind::CaseBeingReassigned,
                id,
            ));
        }
        Ok(decision)
    }
}
