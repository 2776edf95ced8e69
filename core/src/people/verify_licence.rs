//! `VerifyLicence`: an admin has verified a licence with its issuer. From now on it counts on the days of its
//! validity.

use serde::{Deserialize, Serialize};

use super::{Licence, LicenceCheck};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::ProviderId;
use crate::refusal::Refusal;
use crate::text::Line;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyLicence {
    pub provider_id: ProviderId,
    pub authority: Line<1, 300>,
    pub number: Line<1, 100>,
}

impl Operation for VerifyLicence {
    const SPEC: Spec = Spec::online("verify_licence", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Provider(self.provider_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(profile) = facts.provider.existing()? else {
            return Ok(Decision::noop());
        };
        let licence = profile
            .licence(&self.authority, &self.number)
            .ok_or(Refusal::NotFound)?;
        if licence.verified.is_some() {
            return Ok(Decision::noop());
        }
        let checked = Licence {
            verified: Some(LicenceCheck {
                by: Some(ctx.actor.user),
                at: ctx.now,
            }),
            ..licence.clone()
        };
        Ok(Decision::of(Event::Provider(Box::new(
            profile.with_licence(checked),
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::{licence, profile};
    use crate::testing::{Fixture, text};

    #[test]
    fn a_licence_on_file_is_checked_once_and_names_who_did() {
        let fixture = Fixture::new();
        let mut expert = profile(&fixture);
        expert.licences = vec![licence("2026-01-01", "2030-12-31", None)];
        let mut facts = Facts {
            provider: Fact::Known(Some(expert.clone())),
            ..Facts::default()
        };
        let mut verify = VerifyLicence {
            provider_id: expert.id,
            authority: text("Medical Council"),
            number: text("L-1"),
        };
        let decision = verify.decide(&facts, &fixture.as_admin()).unwrap();
        let [Event::Provider(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!(
            after.licences[0].verified.and_then(|check| check.by),
            Some(fixture.admin)
        );
        assert!(after.is_licensed(fixture.now.date()));
        facts.provider = Fact::Known(Some((**after).clone()));
        assert_eq!(verify.decide(&facts, &fixture.as_admin()), Ok(Decision::noop()));
        verify.number = text("L-9");
        assert_eq!(verify.decide(&facts, &fixture.as_admin()), Err(Refusal::NotFound));
    }
}
