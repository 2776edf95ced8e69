//! `AmendRecommendation`: the author submits a new version of the recommendation. The case stays Done, and no
//! second invoice is issued (D-15).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::recommendation::{Recommendation, RecommendationContent};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Effect, Event, Job};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, RecommendationId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendRecommendation {
    pub case_id: CaseId,
    pub recommendation_id: RecommendationId,
    pub content: RecommendationContent,
}

impl CaseOperation for AmendRecommendation {
    const SPEC: Spec = Spec::offline("amend_recommendation", &[Role::Provider])
        .under_token()
        .quarantining();
    const ACTION: Option<CaseAction> = Some(CaseAction::AmendRecommendation);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    /// A file that arrives between two taps makes no other opinion.
    fn repeats(&self, earlier: &Self) -> bool {
        let content = RecommendationContent {
            reviewed_documents: earlier.content.reviewed_documents.clone(),
            ..self.content.clone()
        };
        self.case_id == earlier.case_id && content == earlier.content
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Documents, Need::Recommendations]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status != CaseStatus::Done {
            return Err(Refusal::NoRecommendation);
        }
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(author) = ctx.actor.provider() else {
            return Err(Refusal::Forbidden);
        };
        let Some(versions) = facts.recommendations.known() else {
            return Ok(Decision::noop());
        };
        if versions
            .iter()
            .any(|version| version.id == self.recommendation_id)
        {
            return Ok(Decision::noop());
        }
        if versions.iter().any(|version| version.author != author) {
            return Err(Refusal::NotOwner);
        }
        self.content.check_against(Some(case), facts)?;
        let version = versions.iter().map(|version| version.version).max().unwrap_or(0) + 1;
        let amended = Recommendation {
            id: self.recommendation_id,
            case_id: self.case_id,
            version,
            author,
            signed_at: ctx.now,
            content: self.content.clone(),
            entered_in_error: None,
        };
        let told = Notify::case(
            Audience::Team(self.case_id),
            NotificationKind::RecommendationAmended,
            self.case_id,
        );
        Ok(Decision::of(Event::Case(self.case_id, CaseEvent::Touched))
            .and(Event::Recommendation(Box::new(amended)))
            .with(Effect::Queue(Job::RenderReport {
                case: self.case_id,
                version,
            }))
            .notifying(told.high_if(self.content.urgency_flag)))
    }
}
