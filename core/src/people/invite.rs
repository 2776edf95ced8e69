//! An invitation: for so long, and once, its link lets a user choose a password.
//!
//! Not here: the link, which only the server can make and nobody stores.

use super::{User, UserStatus};
use crate::time::Timestamp;

/// How long a link may be used.
pub const INVITE_HOURS: i64 = 72;

/// What is known of an invitation when its link is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invite {
    /// No longer from here on.
    pub expires_at: Timestamp,
    /// Used, or replaced by a newer one.
    pub spent: bool,
}

impl Invite {
    /// Until when a link counts that is made now.
    #[must_use]
    pub const fn expires_after(now: Timestamp) -> Timestamp {
        now.plus_hours(INVITE_HOURS)
    }

    /// The user as who comes in by this link; `None` where the link is worth nothing, whatever the reason.
    #[must_use]
    pub fn redeem(&self, user: &User, now: Timestamp) -> Option<User> {
        let counts = !self.spent && now < self.expires_at && user.status == UserStatus::Invited;
        counts.then(|| User {
            joined: true,
            ..user.with_status(UserStatus::Active)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::fixtures::user;
    use crate::testing::Fixture;

    #[test]
    fn a_link_counts_once_and_for_three_days_and_only_for_who_is_still_invited() {
        let fixture = Fixture::new();
        let invited = user(&fixture).with_status(UserStatus::Invited);
        let invite = Invite {
            expires_at: Invite::expires_after(fixture.now),
            spent: false,
        };
        let last = fixture.now.plus_hours(72).plus_millis(-1);
        let joined = invite.redeem(&invited, last).unwrap();
        assert!(joined.is_active() && joined.joined && joined.version > invited.version);
        assert_eq!(invite.redeem(&invited, last.plus_millis(1)), None);
        let spent = Invite {
            spent: true,
            ..invite
        };
        assert_eq!(spent.redeem(&invited, fixture.now), None);
        for status in [UserStatus::Active, UserStatus::Suspended, UserStatus::Deactivated] {
            assert_eq!(invite.redeem(&invited.with_status(status), fixture.now), None);
        }
    }
}
