//! `SubmitRecommendation`: the expert answers and the case is done, in one step (D-3). InProgress → Done.
//!
//! In the same transaction the server issues the invoice and records the service: a recommendation without
//! either cannot exist.

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentState;
use super::case::{CaseEvent, CaseStatus};
use super::recommendation::{Recommendation, RecommendationContent};
use crate::actor::Role;
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Effect, Event, Job};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, RecommendationId};
use crate::issues::{IssueKind, IssueState};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

/// Gives the opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitRecommendation {
    /// Which case.
    pub case_id: CaseId,
    /// The new recommendation.
    pub recommendation_id: RecommendationId,
    /// What it says.
    pub content: RecommendationContent,
}

impl Operation for SubmitRecommendation {
    const NAME: &'static str = "submit_recommendation";
    const ROLES: &'static [Role] = &[Role::Provider];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[
        Need::Case,
        Need::Documents,
        Need::Issues,
        Need::Recommendations,
        Need::Deadlines,
    ];
    const FENCE: Fence = Fence::Token;
    const QUARANTINES: bool = true;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let case = facts.case.existing()?;
        if let Some(case) = case {
            match case.status {
                CaseStatus::InProgress => {}
                CaseStatus::New | CaseStatus::Rejected => return Err(Refusal::NotAssigned),
                CaseStatus::Assigned => return Err(Refusal::NotAccepted),
                CaseStatus::Accepted => return Err(Refusal::NotStarted),
                CaseStatus::Returned => return Err(Refusal::CaseReturned),
                CaseStatus::Done => return self.after_done(facts),
            }
        }
        let Some(author) = ctx.actor.provider() else {
            return Err(Refusal::Forbidden);
        };
        if facts.recommendations.known().is_some_and(|all| !all.is_empty()) {
            return self.after_done(facts);
        }
        self.content.check_against(case, facts)?;
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
        for issue in facts.issues.known().into_iter().flatten() {
            if issue.kind == IssueKind::Return && issue.state == IssueState::Answered {
                decision = decision.and(Event::Issue(issue.changed(|issue| {
                    issue.state = IssueState::Resolved {
                        by: None,
                        at: ctx.now,
                        note: Text::new("completed").ok(),
                    };
                })));
            }
        }
        let given = |to| {
            Notify::case(to, NotificationKind::RecommendationGiven, id).high_if(self.content.urgency_flag)
        };
        Ok(decision
            .telling(given(Audience::Team(id)))
            .telling(given(Audience::Admins))
            .telling(Notify::case(
                Audience::Team(id),
                NotificationKind::InvoiceIssued,
                id,
            )))
    }
}

impl SubmitRecommendation {
    /// The same opinion a second time changes nothing; another one is too late.
    fn after_done(&self, facts: &Facts) -> Result<Decision, Refusal> {
        let same = |all: &Vec<Recommendation>| all.iter().any(|given| given.id == self.recommendation_id);
        if facts.recommendations.known().is_some_and(same) {
            return Ok(Decision::noop());
        }
        Err(Refusal::CaseDone)
    }
}
