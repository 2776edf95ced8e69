//! `RevokeDevice`: a phone was lost or is no longer needed. It can never be used again; if found, it enrols
//! as a new device.
//!
//! A user may revoke their own phone; an admin, and the operator on the command line, any phone. Its sessions
//! end. On its next contact the phone is told what to delete.

use serde::{Deserialize, Serialize};

use super::{Device, DeviceState};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{DeviceId, UserId};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeDevice {
    pub user_id: UserId,
    pub device_id: DeviceId,
    pub reason: Reason,
}

impl Operation for RevokeDevice {
    const SPEC: Spec = Spec::online("revoke_device", &[Role::Requester, Role::Provider, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::User(self.user_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Device(self.device_id)]
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        match ctx.actor.role() {
            Role::Admin | Role::System => {}
            Role::Requester | Role::Provider if ctx.actor.user == self.user_id => {}
            Role::Requester | Role::Provider => return Err(Refusal::NotFound),
        }
        let Some(device) = facts.device.existing()? else {
            return Ok(Decision::noop());
        };
        if device.user_id != self.user_id {
            return Err(Refusal::NotFound);
        }
        match device.state {
            DeviceState::Revoked { .. } => Ok(Decision::noop()),
            DeviceState::Active | DeviceState::SignedOut { .. } => {
                let revoked = Device {
                    state: DeviceState::Revoked {
                        reason: Some(self.reason.clone()),
                        at: Some(ctx.now),
                    },
                    ..device.clone()
                };
                let decision = Decision::of(Event::Device(Box::new(revoked)));
                Ok(decision.with(Effect::EndSessions(device.id)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::testing::{Fixture, text};

    #[test]
    fn a_phone_is_revoked_by_its_owner_or_an_admin_and_by_nobody_else() {
        let fixture = Fixture::new();
        let device = Device {
            id: DeviceId::generate(fixture.now),
            user_id: fixture.requester,
            name: "a phone".to_owned(),
            platform: "android".to_owned(),
            app_version: "1".to_owned(),
            enrolled_at: fixture.now,
            last_sync_at: None,
            state: DeviceState::Active,
        };
        let mut facts = Facts {
            device: Fact::Known(Some(device.clone())),
            ..Facts::default()
        };
        let mut revoke = RevokeDevice {
            user_id: fixture.requester,
            device_id: device.id,
            reason: text("lost on a train"),
        };
        let mut stranger = fixture.as_requester();
        stranger.actor.user = UserId::generate(fixture.now);
        assert_eq!(revoke.decide(&facts, &stranger), Err(Refusal::NotFound));
        for ctx in [fixture.as_requester(), fixture.as_admin()] {
            let decision = revoke.decide(&facts, &ctx).unwrap();
            let [Event::Device(after)] = decision.events.as_slice() else {
                panic!("{decision:?}");
            };
            assert!(matches!(after.state, DeviceState::Revoked { .. }));
            assert_eq!(decision.effects, [Effect::EndSessions(device.id)]);
        }
        // Another user's phone, sent under the sender's own name.
        revoke.user_id = fixture.admin;
        assert_eq!(revoke.decide(&facts, &fixture.as_admin()), Err(Refusal::NotFound));
        revoke.user_id = fixture.requester;
        // A phone that signed out may still turn out to be lost.
        facts.device = Fact::Known(Some(Device {
            state: DeviceState::SignedOut { at: fixture.now },
            ..device.clone()
        }));
        assert_eq!(
            revoke
                .decide(&facts, &fixture.as_requester())
                .unwrap()
                .events
                .len(),
            1
        );
        facts.device = Fact::Known(Some(Device {
            state: DeviceState::Revoked {
                reason: None,
                at: None,
            },
            ..device
        }));
        assert_eq!(
            revoke.decide(&facts, &fixture.as_requester()),
            Ok(Decision::noop())
        );
    }
}
