//! `FlagOverdue`: the server notes that something was not done in time, and reminds. Never a change of status (D-28).

use serde::{Deserialize, Serialize};

use super::case::{CaseEvent, Obligation};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// Flags what is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagOverdue {
    /// Which case.
    pub case_id: CaseId,
    /// What is owed.
    pub what: Obligation,
}

impl Operation for FlagOverdue {
    const NAME: &'static str = "flag_overdue";
    const ROLES: &'static [Role] = &[Role::System];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
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
            .telling(Notify::case(debtor, kind, id).high_if(case.is_urgent()));
        if debtor != Audience::Admins {
            decision = decision.telling(Notify::case(Audience::Admins, kind, id));
        }
        Ok(decision)
    }
}
