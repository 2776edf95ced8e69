//! `RequestClarification`: the requester asks a question about the recommendation. At most five questions may
//! be unanswered at a time.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::clarification::{Clarification, MAX_OPEN_CLARIFICATIONS};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, ClarificationId};
use crate::notifications::{NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestClarification {
    pub case_id: CaseId,
    pub clarification_id: ClarificationId,
    pub text: Text<10, 4_000>,
}

impl CaseOperation for RequestClarification {
    const SPEC: Spec = Spec::offline("request_clarification", &[Role::Requester]).clinical();
    const ACTION: Option<CaseAction> = Some(CaseAction::RequestClarification);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn repeats(&self, earlier: &Self) -> bool {
        let Self {
            case_id,
            clarification_id: _,
            text,
        } = self;
        *case_id == earlier.case_id && *text == earlier.text
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Clarifications]
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
        if let Some(all) = facts.clarifications.known() {
            if all.iter().any(|asked| asked.id == self.clarification_id) {
                return Ok(Decision::noop());
            }
            if all.iter().filter(|asked| asked.is_unanswered()).count() >= MAX_OPEN_CLARIFICATIONS {
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
            .notifying(Notify::case(case.expert_or_admins(), kind, id)))
    }
}
