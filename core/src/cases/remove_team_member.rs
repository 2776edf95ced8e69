//! `RemoveTeamMember`: a member of the case's team takes a colleague, or themselves, off it. One always stays.

use serde::{Deserialize, Serialize};

use super::case::CaseEvent;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, UserId};
use crate::refusal::Refusal;

/// Takes somebody off the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveTeamMember {
    /// Which case.
    pub case_id: CaseId,
    /// Who.
    pub user_id: UserId,
}

impl Operation for RemoveTeamMember {
    const NAME: &'static str = "remove_team_member";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        if !case.team.contains(&ctx.actor.user) {
            return Err(Refusal::NotOwner);
        }
        if case.is_window_over(ctx.now) {
            return Err(Refusal::WindowClosed);
        }
        if !case.team.contains(&self.user_id) {
            return Ok(Decision::noop());
        }
        let team: Vec<_> = case
            .team
            .iter()
            .copied()
            .filter(|user| *user != self.user_id)
            .collect();
        if team.is_empty() {
            return Err(Refusal::LastTeamMember);
        }
        Ok(Decision::of(Event::Case(
            self.case_id,
            CaseEvent::TeamChanged(team),
        )))
    }
}
