//! `AcceptCase`: the assigned expert accepts the case. Assigned → Accepted.
//!
//! Works offline. If the case was reassigned in the meantime, the fencing token no longer matches and the
//! command is refused with `assignment_superseded` before this rule runs (`command/mod.rs`, R1). After
//! acceptance the requester sees who the expert is (D-12).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::AssignmentState;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptCase {
    pub case_id: CaseId,
}

impl CaseOperation for AcceptCase {
    const SPEC: Spec = Spec::offline("accept_case", &[Role::Provider]).under_token();
    const ACTION: Option<CaseAction> = Some(CaseAction::Accept);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Deadlines]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Assigned => Ok(Step::Go),
            // Another device of the expert went on already.
            CaseStatus::Accepted | CaseStatus::InProgress | CaseStatus::Done => Ok(Step::Noop),
            CaseStatus::Returned if case.is_accepted() => Ok(Step::Noop),
            CaseStatus::New | CaseStatus::Rejected => Err(Refusal::NotAssigned),
            CaseStatus::Returned => Err(Refusal::CaseReturned),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let urgency = case.request.urgency.level();
        let event = CaseEvent::Accepted {
            start_by: facts.deadlines().of(urgency).start.after(ctx.now),
        };
        let (id, kind) = (self.case_id, NotificationKind::CaseAccepted);
        Ok(Decision::of(Event::Case(id, event))
            .with_move(ctx, AssignmentState::Accepted)
            .notifying(Notify::case(Audience::Team(id), kind, id)))
    }
}

impl Decision {
    /// Adds the state change of the assignment whose token the command carries.
    pub(super) fn with_move(self, ctx: &Context, state: AssignmentState) -> Self {
        match ctx.assignment_id {
            Some(id) => self.with(Effect::MoveAssignment {
                id,
                state,
                at: ctx.now,
            }),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Due;
    use crate::command::Command;
    use crate::testing::{Fixture, a_case};

    #[test]
    fn an_assigned_case_is_accepted_and_the_start_is_due_in_48_hours() {
        let fixture = Fixture::new();
        let mut case = a_case(&fixture).assigned();
        let command = Command::AcceptCase(AcceptCase { case_id: case.id });
        let decision = command
            .decide(&fixture.facts(&case), &fixture.as_provider(&case))
            .unwrap();

        crate::testing::apply(&mut case, &decision);
        assert_eq!(case.status, CaseStatus::Accepted);
        assert_eq!(case.due.start_by, Some(fixture.now.plus_hours(48)));
        assert_eq!(
            decision.effects.len(),
            2,
            "the attempt moves on, the team is told"
        );
    }

    #[test]
    fn an_old_token_is_refused_whatever_the_status() {
        let fixture = Fixture::new();
        for case in [
            a_case(&fixture).assigned(),
            a_case(&fixture).accepted(),
            a_case(&fixture).done(),
        ] {
            let stale = Context {
                assignment_id: Some(fixture.another_assignment()),
                ..fixture.as_provider(&case)
            };
            let command = Command::AcceptCase(AcceptCase { case_id: case.id });
            assert_eq!(
                command.decide(&fixture.facts(&case), &stale),
                Err(Refusal::AssignmentSuperseded)
            );
        }
    }

    #[test]
    fn accepting_twice_changes_nothing() {
        let fixture = Fixture::new();
        let case = a_case(&fixture).accepted();
        let command = Command::AcceptCase(AcceptCase { case_id: case.id });
        assert_eq!(
            command.decide(&fixture.facts(&case), &fixture.as_provider(&case)),
            Ok(Decision::noop())
        );
        assert_ne!(case.due, Due::default());
    }
}
