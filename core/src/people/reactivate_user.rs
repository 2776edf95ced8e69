//! `ReactivateUser`: a suspended or deactivated user can sign in again; one who never chose a password is
//! invited again.

use serde::{Deserialize, Serialize};

use super::UserStatus;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts};
use crate::ids::UserId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactivateUser {
    pub user_id: UserId,
}

impl Operation for ReactivateUser {
    const SPEC: Spec = Spec::online("reactivate_user", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::User(self.user_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(user) = facts.user.existing()? else {
            return Ok(Decision::noop());
        };
        match user.status {
            UserStatus::Invited | UserStatus::Active => Ok(Decision::noop()),
            UserStatus::Suspended | UserStatus::Deactivated if user.joined => {
                let active = user.with_status(UserStatus::Active);
                Ok(Decision::of(Event::User(Box::new(active))))
            }
            UserStatus::Suspended | UserStatus::Deactivated => {
                let invited = user.with_status(UserStatus::Invited);
                Ok(Decision::of(Event::User(Box::new(invited))).with(Effect::Invite(user.id)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::User;
    use crate::people::fixtures::user;
    use crate::testing::Fixture;

    #[test]
    fn whoever_has_a_password_may_use_it_again_and_others_get_a_new_link() {
        let fixture = Fixture::new();
        let decide = |joined, status| {
            let user = User {
                joined,
                status,
                ..user(&fixture)
            };
            let facts = Facts {
                user: Fact::Known(Some(user.clone())),
                ..Facts::default()
            };
            let decision = ReactivateUser { user_id: user.id }
                .decide(&facts, &fixture.as_admin())
                .unwrap();
            let status = decision.events.iter().find_map(|event| {
                let Event::User(user) = event else { return None };
                Some(user.status)
            });
            (status, decision.effects.len())
        };
        assert_eq!(decide(true, UserStatus::Suspended), (Some(UserStatus::Active), 0));
        assert_eq!(
            decide(true, UserStatus::Deactivated),
            (Some(UserStatus::Active), 0)
        );
        assert_eq!(
            decide(false, UserStatus::Deactivated),
            (Some(UserStatus::Invited), 1)
        );
        assert_eq!(decide(true, UserStatus::Active), (None, 0));
        assert_eq!(decide(false, UserStatus::Invited), (None, 0));
    }
}
