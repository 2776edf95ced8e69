//! `RemoveTeamMember`: a member of the case's team removes a colleague or themselves. At least one member
//! must remain.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::CaseEvent;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::{CaseId, UserId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveTeamMember {
    pub case_id: CaseId,
    pub user_id: UserId,
}

impl CaseOperation for RemoveTeamMember {
    const SPEC: Spec = Spec::offline("remove_team_member", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::ChangeTeam);

    fn case_id(&self) -> CaseId {
        self.case_id
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

    fn decide(&self, case: &Case, _facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
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
