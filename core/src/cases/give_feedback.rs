//! `GiveFeedback`: the institution rates a version of the recommendation, and may edit its feedback until the
//! clarification window ends.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::feedback::{Feedback, FeedbackContent};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, FeedbackId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveFeedback {
    pub case_id: CaseId,
    /// Id of new feedback; if the institution has already given feedback on this version, that is edited
    /// instead.
    pub feedback_id: FeedbackId,
    pub recommendation_version: u32,
    pub content: FeedbackContent,
}

impl CaseOperation for GiveFeedback {
    const SPEC: Spec = Spec::offline("give_feedback", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::GiveFeedback);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn repeats(&self, earlier: &Self) -> bool {
        let Self {
            case_id,
            feedback_id: _,
            recommendation_version,
            content,
        } = self;
        *case_id == earlier.case_id
            && *recommendation_version == earlier.recommendation_version
            && *content == earlier.content
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Recommendations, Need::Feedback]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status != CaseStatus::Done {
            return Err(Refusal::NotDone);
        }
        if case.window_closed {
            return Err(Refusal::WindowClosed);
        }
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if case.is_window_over(ctx.now) {
            return Err(Refusal::WindowClosed);
        }
        if let Some(versions) = facts.recommendations.known()
            && !versions
                .iter()
                .any(|given| given.version == self.recommendation_version)
        {
            return Err(Refusal::NoRecommendation);
        }
        let earlier = facts.feedback.known().and_then(|all| {
            all.iter().find(|given| {
                given.recommendation_version == self.recommendation_version
                    && given.institution_id == case.institution_id
            })
        });
        if earlier.is_some_and(|earlier| earlier.content == self.content) {
            return Ok(Decision::noop());
        }
        let given = Feedback {
            id: earlier.map_or(self.feedback_id, |earlier| earlier.id),
            case_id: self.case_id,
            recommendation_version: self.recommendation_version,
            institution_id: case.institution_id,
            given_by: ctx.actor.user,
            given_at: ctx.now,
            content: self.content.clone(),
            version: earlier.map_or(1, |earlier| earlier.version + 1),
        };
        let mut decision =
            Decision::of(Event::Case(self.case_id, CaseEvent::Touched)).and(Event::Feedback(Box::new(given)));
        if let Some(expert) = case.expert().filter(|_| self.content.shared_with_provider) {
            decision = decision.notifying(Notify::case(
                Audience::Expert(expert),
                NotificationKind::FeedbackGiven,
                self.case_id,
            ));
        }
        Ok(decision)
    }
}
