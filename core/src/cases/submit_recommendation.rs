//! `SubmitRecommendation`: the expert submits the recommendation and the case is done, in one step (D-3).
//! InProgress → Done.
//!
//! In the same transaction the server issues the invoice and records the service, so a recommendation cannot
//! exist without them.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::AssignmentState;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::recommendation::{Recommendation, RecommendationContent};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Effect, Event, Job};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, RecommendationId};
use crate::issues::{IssueKind, resolve_pointless};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitRecommendation {
    pub case_id: CaseId,
    pub recommendation_id: RecommendationId,
    pub content: RecommendationContent,
}

impl CaseOperation for SubmitRecommendation {
    const SPEC: Spec = Spec::offline("submit_recommendation", &[Role::Provider])
        .under_token()
        .quarantining();
    const ACTION: Option<CaseAction> = Some(CaseAction::SubmitRecommendation);

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
        vec![
            Need::Documents,
            Need::Issues,
            Need::Recommendations,
            Need::Deadlines,
        ]
    }

    fn opinion(&self) -> Option<&RecommendationContent> {
        Some(&self.content)
    }

    /// True if the same recommendation was already submitted.
    fn is_fulfilled(&self, _case: &Case, facts: &Facts, _ctx: &Context) -> bool {
        let same = |given: &Recommendation| given.id == self.recommendation_id;
        facts
            .recommendations
            .known()
            .is_some_and(|all| all.iter().any(same))
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::InProgress => Ok(Step::Go),
            CaseStatus::New | CaseStatus::Rejected => Err(Refusal::NotAssigned),
            CaseStatus::Assigned => Err(Refusal::NotAccepted),
            CaseStatus::Accepted => Err(Refusal::NotStarted),
            CaseStatus::Returned => Err(Refusal::CaseReturned),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(author) = ctx.actor.provider() else {
            return Err(Refusal::Forbidden);
        };
        if facts.recommendations.known().is_some_and(|all| !all.is_empty()) {
            return Err(Refusal::CaseDone);
        }
        self.content.check_against(Some(case), facts)?;
        let recommendation = Recommendation {
            id: self.recommendation_id,
            case_id: self.case_id,
            version: 1,
            author,
            signed_at: ctx.now,
            content: self.content.clone(),
            entered_in_error: None,
        };
        let (id, deadlines) = (self.case_id, facts.deadlines());
        let done = CaseEvent::Done {
            at: ctx.now,
            read_by: deadlines.read.after(ctx.now),
            window_ends_at: deadlines.window_ends(ctx.now),
        };
        let mut decision = Decision::of(Event::Case(id, done))
            .and(Event::Recommendation(Box::new(recommendation)))
            .with_move(ctx, AssignmentState::Completed)
            .with(Effect::IssueInvoice)
            .with(Effect::RecordService { provider: author })
            .with(Effect::Queue(Job::RenderReport { case: id, version: 1 }));
        let kinds = [IssueKind::Return, IssueKind::Release, IssueKind::CancelRequest];
        decision = resolve_pointless(decision, facts, &kinds, "completed", ctx);
        let given = |to| {
            Notify::case(to, NotificationKind::RecommendationGiven, id).high_if(self.content.urgency_flag)
        };
        Ok(decision
            .notifying(given(Audience::Team(id)))
            .notifying(given(Audience::Admins))
            .notifying(Notify::case(
                Audience::Team(id),
                NotificationKind::InvoiceIssued,
                id,
            )))
    }
}
