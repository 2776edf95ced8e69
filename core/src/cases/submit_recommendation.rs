//! `SubmitRecommendation`: the expert answers and the case is done, in one step (D-3). InProgress → Done.
//!
//! In the same transaction the server issues the invoice and records the service: a recommendation without
//! either cannot exist.

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentState;
use super::case::{CaseEvent, CaseStatus};
use super::recommendation::{Recommendation, RecommendationContent};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, RecommendationId};
use crate::refusal::Refusal;

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

impl SubmitRecommendation {
    pub(crate) const NEEDS: &'static [Need] = &[Need::Case, Need::Documents, Need::Recommendation];

    pub(crate) fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if let Some(case) = facts.case.existing()? {
            match case.status {
                CaseStatus::InProgress => {}
                CaseStatus::New | CaseStatus::Rejected => return Err(Refusal::NotAssigned),
                CaseStatus::Assigned => return Err(Refusal::NotAccepted),
                CaseStatus::Accepted => return Err(Refusal::NotStarted),
                CaseStatus::Returned => return Err(Refusal::CaseReturned),
                CaseStatus::Done => return Err(Refusal::CaseDone),
            }
        }
        let Some(author) = ctx.actor.provider() else {
            return Err(Refusal::Forbidden);
        };
        if facts.recommendation.known().is_some_and(Option::is_some) {
            return Err(Refusal::CaseDone);
        }
        self.content.check()?;
        if let Some(documents) = facts.documents.known() {
            let on_file = |reviewed: &super::ReviewedDocument| {
                documents
                    .iter()
                    .any(|d| d.id == reviewed.document_id && d.file.sha256 == reviewed.sha256)
            };
            if !self.content.reviewed_documents.iter().all(on_file) {
                return Err(Refusal::RecommendationInvalid {
                    field: "reviewed_documents",
                });
            }
            if !self
                .content
                .findings
                .iter()
                .all(|f| documents.iter().any(|d| d.id == f.document_id))
            {
                return Err(Refusal::RecommendationInvalid { field: "findings" });
            }
        }
        let recommendation = Recommendation {
            id: self.recommendation_id,
            case_id: self.case_id,
            version: 1,
            author,
            signed_at: ctx.now,
            content: self.content.clone(),
        };
        let event = CaseEvent::RecommendationSubmitted {
            recommendation: Box::new(recommendation),
            at: ctx.now,
        };
        Ok(Decision::of(Event::Case(self.case_id, event))
            .with_move(ctx, AssignmentState::Completed)
            .with(Effect::IssueInvoice)
            .with(Effect::RecordService { provider: author }))
    }
}
