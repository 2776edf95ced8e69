//! `FlagOverdue`: the server records that an obligation is overdue and sends a reminder. It never changes the
//! status (D-28).

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::case::{CaseEvent, Obligation};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagOverdue {
    pub case_id: CaseId,
    pub what: Obligation,
}

impl CaseOperation for FlagOverdue {
    const SPEC: Spec = Spec::online("flag_overdue", &[Role::System]);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn admits(_case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, _facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let owed = case.owed_now() == Some(self.what);
        let late = case.due.by(self.what).is_some_and(|by| by <= ctx.now);
        if !owed || !late || case.overdue.contains(&self.what) {
            return Ok(Decision::noop());
        }
        let id = self.case_id;
        let (debtor, kind) = match self.what {
            Obligation::Accept => (case.expert_or_admins(), NotificationKind::AcceptOverdue),
            Obligation::Start => (case.expert_or_admins(), NotificationKind::StartOverdue),
            Obligation::Finish => (case.expert_or_admins(), NotificationKind::FinishOverdue),
            Obligation::Answer => (Audience::Team(id), NotificationKind::AnswerOverdue),
            Obligation::Read => (Audience::Team(id), NotificationKind::ReadOverdue),
        };
        let mut decision = Decision::of(Event::Case(id, CaseEvent::BecameOverdue(self.what)))
            .notifying(Notify::case(debtor, kind, id).high_if(case.is_urgent()));
        if debtor != Audience::Admins {
            decision = decision.notifying(Notify::case(Audience::Admins, kind, id));
        }
        Ok(decision)
    }
}
