//! `EscalateClarification`: the server notifies the admins of a question that has been unanswered for longer
//! than the deadline for answering a return.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::case::CaseEvent;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, ClarificationId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalateClarification {
    pub case_id: CaseId,
    pub clarification_id: ClarificationId,
}

impl CaseOperation for EscalateClarification {
    const SPEC: Spec = Spec::online("escalate_clarification", &[Role::System]);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Clarifications, Need::Deadlines]
    }

    fn admits(_case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(all) = facts.clarifications.known() else {
            return Ok(Decision::noop());
        };
        let asked = all.iter().find(|asked| asked.id == self.clarification_id);
        let asked = asked.ok_or(Refusal::NotFound)?;
        let span = facts.deadlines().of(case.request.urgency.level()).answer;
        if asked.answer.is_some() || asked.escalated_at.is_some() || span.after(asked.asked_at) > ctx.now {
            return Ok(Decision::noop());
        }
        let mut escalated = asked.clone();
        escalated.version += 1;
        escalated.escalated_at = Some(ctx.now);
        let (id, kind) = (self.case_id, NotificationKind::ClarificationEscalated);
        Ok(Decision::of(Event::Case(id, CaseEvent::Touched))
            .and(Event::Clarification(Box::new(escalated)))
            .notifying(Notify::case(Audience::Admins, kind, id)))
    }
}
