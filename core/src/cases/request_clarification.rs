//! `RequestClarification`: the requester asks about the opinion; at most five questions wait at a time.

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, CaseStatus};
use super::clarification::{Clarification, MAX_OPEN_CLARIFICATIONS};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, ClarificationId};
use crate::notifications::{NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

/// Asks about the opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestClarification {
    /// Which case.
    pub case_id: CaseId,
    /// The new question.
    pub clarification_id: ClarificationId,
    /// What is asked.
    pub text: Text<10, 4_000>,
}

impl Operation for RequestClarification {
    const NAME: &'static str = "request_clarification";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Clarifications];

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
        if case.is_window_over(ctx.now) {
            return Err(Refusal::WindowClosed);
        }
        if let Some(all) = facts.clarifications.known() {
            if all.iter().any(|asked| asked.id == self.clarification_id) {
                return Ok(Decision::noop());
            }
            if all.iter().filter(|asked| asked.answer.is_none()).count() >= MAX_OPEN_CLARIFICATIONS {
                return Err(Refusal::TooManyClarifications);
            }
        }
        let asked = Clarification {
            id: self.clarification_id,
            case_id: self.case_id,
            text: self.text.clone(),
            asked_by: ctx.actor.user,
            asked_at: ctx.now,
            escalated_at: None,
            answer: None,
            version: 1,
        };
        let (id, kind) = (self.case_id, NotificationKind::ClarificationRequested);
        Ok(Decision::of(Event::Case(id, CaseEvent::Touched))
            .and(Event::Clarification(Box::new(asked)))
            .telling(Notify::case(case.expert_or_admins(), kind, id)))
    }
}
