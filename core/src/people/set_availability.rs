//! `SetAvailability`: an expert sets their availability; an admin may set it for the expert. Works offline.
//!
//! It replaces the earlier availability completely. Assigned cases stay.

use serde::{Deserialize, Serialize};

use super::{Availability, ProviderProfile};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::ProviderId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAvailability {
    pub provider_id: ProviderId,
    pub availability: Availability,
}

impl Operation for SetAvailability {
    const SPEC: Spec = Spec::offline("set_availability", &[Role::Provider, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Provider(self.provider_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        super::must_be_own(self.provider_id, ctx)?;
        let Some(profile) = facts.provider.existing()? else {
            return Ok(Decision::noop());
        };
        if profile.availability == self.availability {
            return Ok(Decision::noop());
        }
        Ok(Decision::of(Event::Provider(Box::new(ProviderProfile {
            availability: self.availability.clone(),
            version: profile.version + 1,
            ..profile.clone()
        }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::TimeZoneName;
    use crate::people::fixtures::profile;
    use crate::testing::{Fixture, a_case};

    #[test]
    fn an_expert_speaks_for_the_own_profile_and_an_admin_for_any() {
        let fixture = Fixture::new();
        let profile = profile(&fixture);
        let away = Availability::new(TimeZoneName::utc(), vec![], vec![], false).unwrap();
        let facts = Facts {
            provider: Fact::Known(Some(profile.clone())),
            ..Facts::default()
        };
        let mut set = SetAvailability {
            provider_id: profile.id,
            availability: away.clone(),
        };
        let expert = fixture.as_provider(&a_case(&fixture).assigned());
        for ctx in [&expert, &fixture.as_admin()] {
            let decision = set.decide(&facts, ctx).unwrap();
            let [Event::Provider(after)] = decision.events.as_slice() else {
                panic!("{decision:?}");
            };
            assert_eq!((&after.availability, after.version), (&away, profile.version + 1));
        }
        set.availability = profile.availability.clone();
        assert_eq!(set.decide(&facts, &expert), Ok(Decision::noop()));
        set.provider_id = ProviderId::generate(fixture.now);
        assert_eq!(set.decide(&Facts::default(), &expert), Err(Refusal::NotFound));
    }
}
