//! `AnswerClarification`: the author answers a clarification question about the recommendation.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::clarification::{Clarification, ClarificationAnswer};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, ClarificationId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerClarification {
    pub case_id: CaseId,
    pub clarification_id: ClarificationId,
    pub text: Text<1, 10_000>,
}

impl CaseOperation for AnswerClarification {
    const SPEC: Spec = Spec::offline("answer_clarification", &[Role::Provider])
        .under_token()
        .clinical();
    const ACTION: Option<CaseAction> = Some(CaseAction::AnswerClarification);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Clarifications]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status != CaseStatus::Done {
            return Err(Refusal::NotDone);
        }
        Ok(Step::Go)
    }

    /// Only where a question is unanswered.
    fn offered(case: &Case, actor: &Actor, facts: &Facts) -> Vec<CaseAction> {
        let admitted = Self::admits(case, actor) == Ok(Step::Go);
        let asked = facts.clarifications.known();
        let asked = asked.is_none_or(|all| all.iter().any(Clarification::is_unanswered));
        Self::ACTION.filter(|_| admitted && asked).into_iter().collect()
    }

    fn decide(&self, _case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
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
            .notifying(Notify::case(Audience::Team(id), kind, id)))
    }
}
