//! `InviteUser`: an admin invites a user. A link is sent by email, and with it the user chooses a password.
//!
//! The database ensures that the address is unique (`email_taken`), because a check in advance would race.
//! The server creates the link after the rule, and no rule or record ever contains it.

use serde::{Deserialize, Serialize};

use super::{EmailAddress, Language, Position, TimeZoneName, User, UserStatus};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::UserId;
use crate::refusal::Refusal;
use crate::text::Line;

/// Adds a user, who cannot sign in before using the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteUser {
    pub user_id: UserId,
    /// Receives the link; also the sign-in name.
    pub email: EmailAddress,
    pub display_name: Line<1, 300>,
    /// Role and party; cannot change later.
    pub position: Position,
    /// The language of emails to the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Language>,
    /// The time zone in which times are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZoneName>,
}

impl Operation for InviteUser {
    const SPEC: Spec = Spec::online("invite_user", &[Role::Admin]).creating();

    fn aggregate(&self) -> Aggregate {
        Aggregate::User(self.user_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        let institution = self.position.institution().map(Need::Institution);
        let provider = self.position.provider().map(Need::Provider);
        institution.into_iter().chain(provider).collect()
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let user = User {
            id: self.user_id,
            email: self.email.clone(),
            display_name: self.display_name.clone(),
            position: self.position,
            status: UserStatus::Invited,
            joined: false,
            locale: self.locale.clone(),
            time_zone: self.time_zone.clone(),
            version: 1,
        };
        if let Some(Some(existing)) = facts.user.known() {
            return if *existing == user {
                Ok(Decision::noop())
            } else {
                Err(Refusal::UserExists)
            };
        }
        match self.position {
            Position::Requester { .. } => {
                if facts
                    .institution
                    .existing()?
                    .is_some_and(|institution| !institution.active)
                {
                    return Err(Refusal::InstitutionInactive);
                }
            }
            Position::Provider { .. } => {
                facts.provider.existing()?;
            }
            Position::Admin {} => {}
        }
        Ok(Decision::of(Event::User(Box::new(user))).with(Effect::Invite(self.user_id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::{institution, profile};
    use crate::testing::{Fixture, text};

    fn invite(position: Position) -> InviteUser {
        InviteUser {
            user_id: UserId::generate(Fixture::new().now),
            email: EmailAddress::new("sami@example.org").unwrap(),
            display_name: text("Sami Khoury"),
            position,
            locale: None,
            time_zone: None,
        }
    }

    fn facts() -> Facts {
        Facts {
            user: Fact::Known(None),
            institution: Fact::Known(None),
            provider: Fact::Known(None),
            ..Facts::default()
        }
    }

    #[test]
    fn a_requester_needs_an_institution_that_is_there_and_active() {
        let fixture = Fixture::new();
        let mut own = institution(&fixture);
        let invite = invite(Position::Requester {
            institution_id: own.id,
        });
        let ctx = fixture.as_admin();
        assert_eq!(invite.decide(&facts(), &ctx), Err(Refusal::NotFound));
        let with = |institution: &super::super::Institution| Facts {
            institution: Fact::Known(Some(institution.clone())),
            ..facts()
        };
        let decision = invite.decide(&with(&own), &ctx).unwrap();
        assert_eq!(decision.effects, [Effect::Invite(invite.user_id)]);
        let [Event::User(user)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!((user.status, user.joined), (UserStatus::Invited, false));
        own.active = false;
        assert_eq!(
            invite.decide(&with(&own), &ctx),
            Err(Refusal::InstitutionInactive)
        );
    }

    #[test]
    fn a_provider_needs_a_profile_and_an_admin_neither() {
        let fixture = Fixture::new();
        let profile = profile(&fixture);
        let expert = invite(Position::Provider {
            provider_id: profile.id,
        });
        let ctx = fixture.as_admin();
        assert_eq!(expert.decide(&facts(), &ctx), Err(Refusal::NotFound));
        let with_profile = Facts {
            provider: Fact::Known(Some(profile)),
            ..facts()
        };
        assert!(expert.decide(&with_profile, &ctx).is_ok());
        assert!(invite(Position::Admin {}).decide(&facts(), &ctx).is_ok());
    }

    #[test]
    fn the_same_invitation_twice_is_one_and_sends_no_second_link() {
        let fixture = Fixture::new();
        let invite = invite(Position::Admin {});
        let decision = invite.decide(&facts(), &fixture.as_admin()).unwrap();
        let [Event::User(user)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        let mut known = facts();
        known.user = Fact::Known(Some((**user).clone()));
        assert_eq!(invite.decide(&known, &fixture.as_admin()), Ok(Decision::noop()));
        known.user = Fact::Known(Some(user.with_status(UserStatus::Active)));
        assert_eq!(
            invite.decide(&known, &fixture.as_admin()),
            Err(Refusal::UserExists)
        );
    }
}
