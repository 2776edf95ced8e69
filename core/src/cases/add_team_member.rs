//! `AddTeamMember`: a member of the case's team adds a colleague.
//!
//! Colleagues must belong to the same institution. Compared with other users of the institution, team members
//! can also use the chat and manage the team.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::CaseEvent;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, UserId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTeamMember {
    pub case_id: CaseId,
    pub user_id: UserId,
}

impl CaseOperation for AddTeamMember {
    const SPEC: Spec = Spec::offline("add_team_member", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::ChangeTeam);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::TeamCandidate(self.user_id)]
    }

    fn admits(case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        if !case.team.contains(&actor.user) {
            return Err(Refusal::NotOwner);
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
