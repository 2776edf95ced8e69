//! `AnswerClarification`: the author answers a question about the opinion.

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus};
use super::clarification::ClarificationAnswer;
use crate::actor::Role;
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, ClarificationId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

/// Answers a question about the opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerClarification {
    /// Which case.
    pub case_id: CaseId,
    /// Which question.
    pub clarification_id: ClarificationId,
    /// The answer.
    pub text: Text<1, 10_000>,
}

impl Operation for AnswerClarification {
    const NAME: &'static str = "answer_clarification";
    const ROLES: &'static [Role] = &[Role::Provider];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Clarifications];
    const FENCE: Fence = Fence::Token;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        if case.status != CaseStatus::Done {
            return Err(Refusal::NotDone);
        }
        let Some(all) = facts.clarifications.known() else {
            return Ok(Decision::noop());
        };
        let asked = all.iter().find(|asked| asked.id == self.clarification_id);
        let asked = asked.ok_or(Refusal::NotFound)?;
        if let Some(answer) = &asked.answer {
            return if answer.text == self.text {
                Ok(Decision::noop())
            } else {
                Err(Refusal::ClarificationAnswered)
            };
        }
        let mut answered = asked.clone();
        answered.version += 1;
        answered.answer = Some(ClarificationAnswer {
            text: self.text.clone(),
            at: ctx.now,
        });
        let (id, kind) = (self.case_id, NotificationKind::ClarificationAnswered);
        Ok(Decision::of(Event::Case(id, CaseEvent::Touched))
            .and(Event::Clarification(Box::new(answered)))
            .telling(Notify::case(Audience::Team(id), kind, id)))
    }
}
