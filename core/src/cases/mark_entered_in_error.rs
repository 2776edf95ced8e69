//! `MarkEnteredInError`: an admin marks a version of the opinion as wrong. It stays readable, marked (D-15).

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus};
use super::recommendation::EnteredInError;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

/// Marks a version of the opinion as wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkEnteredInError {
    /// Which case.
    pub case_id: CaseId,
    /// Which version.
    pub version: u32,
    /// Why, as readers are told.
    pub reason: Reason,
}

impl Operation for MarkEnteredInError {
    const NAME: &'static str = "mark_entered_in_error";
    const ROLES: &'static [Role] = &[Role::Admin];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Recommendations];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        if case.status != CaseStatus::Done {
            return Err(Refusal::NoRecommendation);
        }
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
            .telling(Notify::case(Audience::Team(id), kind, id).high_if(true));
        if let Some(expert) = case.expert() {
            decision = decision.telling(Notify::case(Audience::Expert(expert), kind, id));
        }
        Ok(decision)
    }
}
