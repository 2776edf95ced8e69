//! `RenewInvite`: sends a new link to a user who did not use the last one in time. The last one becomes
//! invalid.

use serde::{Deserialize, Serialize};

use super::UserStatus;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect};
use crate::facts::{Context, Facts};
use crate::ids::UserId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewInvite {
    pub user_id: UserId,
}

impl Operation for RenewInvite {
    const SPEC: Spec = Spec::online("renew_invite", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::User(self.user_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(user) = facts.user.existing()? else {
            return Ok(Decision::noop());
        };
        match user.status {
            UserStatus::Invited => Ok(Decision::noop().with(Effect::Invite(self.user_id))),
            UserStatus::Active | UserStatus::Suspended | UserStatus::Deactivated => {
                Err(Refusal::InvalidState)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::user;
    use crate::testing::Fixture;

    #[test]
    fn only_who_has_not_come_in_yet_gets_another_link() {
        let fixture = Fixture::new();
        for (status, allowed) in [
            (UserStatus::Invited, true),
            (UserStatus::Active, false),
            (UserStatus::Suspended, false),
            (UserStatus::Deactivated, false),
        ] {
            let user = user(&fixture).with_status(status);
            let renew = RenewInvite { user_id: user.id };
            let facts = Facts {
                user: Fact::Known(Some(user)),
                ..Facts::default()
            };
            let decided = renew.decide(&facts, &fixture.as_admin());
            assert_eq!(decided.is_ok(), allowed, "{status:?}");
        }
    }
}
