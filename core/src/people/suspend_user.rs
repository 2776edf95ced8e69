//! `SuspendUser`: a user temporarily cannot sign in. Open cases stay where they are.
//!
//! The last active admin cannot be suspended because nobody could restore access.

use serde::{Deserialize, Serialize};

use super::{User, UserStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::UserId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspendUser {
    pub user_id: UserId,
    pub reason: Reason,
}

impl Operation for SuspendUser {
    const SPEC: Spec = Spec::online("suspend_user", &[Role::Admin]);

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
        match user.status {
            UserStatus::Active => {}
            UserStatus::Suspended => return Ok(Decision::noop()),
            UserStatus::Invited | UserStatus::Deactivated => return Err(Refusal::InvalidState),
        }
        keep_an_admin(facts, user)?;
        let suspended = user.with_status(UserStatus::Suspended);
        Ok(Decision::of(Event::User(Box::new(suspended))))
    }
}

/// Checks that this user is not the last active admin.
pub(super) fn keep_an_admin(facts: &Facts, user: &User) -> Result<(), Refusal> {
    match facts.active_admins.known() {
        Some(admins) if user.is_active() && admins.as_slice() == [user.id] => Err(Refusal::LastAdmin),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::Position;
    use crate::people::fixtures::user;
    use crate::testing::{Fixture, text};

    #[test]
    fn an_active_user_is_suspended_and_the_last_admin_is_not() {
        let fixture = Fixture::new();
        let admin = User {
            position: Position::Admin {},
            ..user(&fixture)
        };
        let suspend = SuspendUser {
            user_id: admin.id,
            reason: text("left the keys in the door"),
        };
        let other = UserId::generate(fixture.now.plus_millis(1));
        let facts = |status, admins: Vec<UserId>| Facts {
            user: Fact::Known(Some(admin.with_status(status))),
            active_admins: Fact::Known(admins),
            ..Facts::default()
        };
        let decide = |facts: &Facts| suspend.decide(facts, &fixture.as_admin());
        let two = vec![other, admin.id];
        assert_eq!(
            decide(&facts(UserStatus::Active, two.clone()))
                .unwrap()
                .events
                .len(),
            1
        );
        assert_eq!(
            decide(&facts(UserStatus::Active, vec![admin.id])),
            Err(Refusal::LastAdmin)
        );
        assert_eq!(
            decide(&facts(UserStatus::Suspended, vec![other])),
            Ok(Decision::noop())
        );
        assert_eq!(
            decide(&facts(UserStatus::Invited, two.clone())),
            Err(Refusal::InvalidState)
        );
        assert_eq!(
            decide(&facts(UserStatus::Deactivated, two)),
            Err(Refusal::InvalidState)
        );
    }
}
