//! `AddTeamMember`: a member of the case's team takes a colleague in.
//!
//! Only people of the same institution. What a member may do beyond the institution's other people is chat and team.

use serde::{Deserialize, Serialize};

use super::case::CaseEvent;
use crate::actor::Role;
use crate::command::{Aggregate, Names, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, UserId};
use crate::refusal::Refusal;

/// Adds a colleague to the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTeamMember {
    /// Which case.
    pub case_id: CaseId,
    /// Who.
    pub user_id: UserId,
}

impl Operation for AddTeamMember {
    const NAME: &'static str = "add_team_member";
    const ROLES: &'static [Role] = &[Role::Requester];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::TeamCandidate];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn names(&self) -> Names<'_> {
        Names {
            user: Some(self.user_id),
            ..Names::default()
        }
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
        if let Some(candidate) = facts.team_candidate.existing()? {
            let colleague =
                candidate.role == Role::Requester && candidate.institution_id == Some(case.institution_id);
            if !colleague || !candidate.active {
                return Err(Refusal::NotFound);
            }
        }
        if case.team.contains(&self.user_id) {
            return Ok(Decision::noop());
        }
        let mut team = case.team.clone();
        team.push(self.user_id);
        Ok(Decision::of(Event::Case(
            self.case_id,
            CaseEvent::TeamChanged(team),
        )))
    }
}
