//! `DeactivateUser`: ends a user's access. An expert's live cases go back to the admins (T4), soon afterwards
//! and one by one.

use serde::{Deserialize, Serialize};

use super::UserStatus;
use super::suspend_user::keep_an_admin;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event, Job};
use crate::facts::{Context, Facts, Need};
use crate::ids::UserId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeactivateUser {
    pub user_id: UserId,
    pub reason: Reason,
}

impl Operation for DeactivateUser {
    const SPEC: Spec = Spec::online("deactivate_user", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::User(self.user_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::ActiveAdmins]
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(user) = facts.user.existing()? else {
            return Ok(Decision::noop());
        };
        if user.status == UserStatus::Deactivated {
            return Ok(Decision::noop());
        }
        keep_an_admin(facts, user)?;
        let gone = user.with_status(UserStatus::Deactivated);
        let decision = Decision::of(Event::User(Box::new(gone)));
        Ok(match user.position.provider() {
            Some(provider) => decision.with(Effect::Queue(Job::UnassignCases { provider })),
            None => decision,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::user;
    use crate::people::{Position, User};
    use crate::testing::{Fixture, text};

    fn decide(user: &User, admins: Vec<UserId>) -> Result<Decision, Refusal> {
        let facts = Facts {
            user: Fact::Known(Some(user.clone())),
            active_admins: Fact::Known(admins),
            ..Facts::default()
        };
        let command = DeactivateUser {
            user_id: user.id,
            reason: text("retired"),
        };
        command.decide(&facts, &Fixture::new().as_admin())
    }

    #[test]
    fn an_experts_cases_are_queued_to_be_unassigned_and_nobody_elses() {
        let fixture = Fixture::new();
        let requester = user(&fixture);
        let provider = User {
            position: Position::Provider {
                provider_id: fixture.provider,
            },
            ..requester.clone()
        };
        let job = Job::UnassignCases {
            provider: fixture.provider,
        };
        assert_eq!(decide(&provider, vec![]).unwrap().effects, [Effect::Queue(job)]);
        assert_eq!(decide(&requester, vec![]).unwrap().effects, []);
        let gone = provider.with_status(UserStatus::Deactivated);
        assert_eq!(decide(&gone, vec![]), Ok(Decision::noop()));
    }

    #[test]
    fn the_last_active_admin_stays_but_one_who_is_suspended_may_go() {
        let fixture = Fixture::new();
        let admin = User {
            position: Position::Admin {},
            ..user(&fixture)
        };
        assert_eq!(decide(&admin, vec![admin.id]), Err(Refusal::LastAdmin));
        let other = UserId::generate(fixture.now.plus_millis(1));
        assert!(decide(&admin, vec![admin.id, other]).is_ok());
        assert!(decide(&admin.with_status(UserStatus::Suspended), vec![other]).is_ok());
    }
}
