//! `MarkEnteredInError`: an admin marks a version of the recommendation as entered in error. It stays
//! readable, with the mark (D-15).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::recommendation::EnteredInError;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkEnteredInError {
    pub case_id: CaseId,
    pub version: u32,
    /// Shown to readers of the recommendation.
    pub reason: Reason,
}

impl CaseOperation for MarkEnteredInError {
    const SPEC: Spec = Spec::online("mark_entered_in_error", &[Role::Admin]);
    const ACTION: Option<CaseAction> = Some(CaseAction::MarkEnteredInError);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Recommendations]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status != CaseStatus::Done {
            return Err(Refusal::NoRecommendation);
        }
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(versions) = facts.recommendations.known() else {
            return Ok(Decision::noop());
        };
        let marked = versions.iter().find(|given| given.version == self.version);
        let mut marked = marked.ok_or(Refusal::NoRecommendation)?.clone();
        if marked.entered_in_error.is_some() {
            return Ok(Decision::noop());
        }
        marked.entered_in_error = Some(EnteredInError {
            by: Some(ctx.actor.user),
            at: ctx.now,
            reason: self.reason.clone(),
        });
        let (id, kind) = (self.case_id, NotificationKind::RecommendationEnteredInError);
        let mut decision = Decision::of(Event::Case(id, CaseEvent::Touched))
            .and(Event::Recommendation(Box::new(marked)))
            .notifying(Notify::case(Audience::Team(id), kind, id).high_if(true));
        if let Some(expert) = case.expert() {
            decision = decision.notifying(Notify::case(Audience::Expert(expert), kind, id));
        }
        Ok(decision)
    }
}
