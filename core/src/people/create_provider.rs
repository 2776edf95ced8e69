//! `CreateProvider`: an admin creates an expert's profile. The person is invited to it afterwards
//! (`invite_user.rs`), and no case can be assigned before a licence was added and verified.

use serde::{Deserialize, Serialize};

use super::{Availability, ProviderDetails, ProviderProfile, TimeZoneName};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::ProviderId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateProvider {
    pub provider_id: ProviderId,
    /// All fields that an admin edits.
    #[serde(flatten)]
    pub details: ProviderDetails,
    /// The expert's time zone, until the expert sets an availability.
    pub time_zone: TimeZoneName,
}

impl Operation for CreateProvider {
    const SPEC: Spec = Spec::online("create_provider", &[Role::Admin]).creating();

    fn aggregate(&self) -> Aggregate {
        Aggregate::Provider(self.provider_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Specialties]
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        self.details.check(facts)?;
        if let Some(Some(existing)) = facts.provider.known() {
            return if existing.details == self.details {
                Ok(Decision::noop())
            } else {
                Err(Refusal::ProviderExists)
            };
        }
        Ok(Decision::of(Event::Provider(Box::new(ProviderProfile {
            id: self.provider_id,
            details: self.details.clone(),
            licences: Vec::new(),
            availability: Availability::unrestricted(self.time_zone.clone()),
            active: true,
            version: 1,
        }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::profile;
    use crate::testing::{Fixture, text};

    #[test]
    fn a_new_expert_has_no_licence_and_so_cannot_be_assigned_yet() {
        let fixture = Fixture::new();
        let create = CreateProvider {
            provider_id: fixture.provider,
            details: profile(&fixture).details,
            time_zone: TimeZoneName::new("Asia/Damascus").unwrap(),
        };
        let mut facts = Facts {
            provider: Fact::Known(None),
            ..Facts::default()
        };
        let decision = create.decide(&facts, &fixture.as_admin()).unwrap();
        let [Event::Provider(made)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert!(!made.is_licensed(fixture.now.date()) && made.availability.is_available(fixture.now));
        facts.provider = Fact::Known(Some((**made).clone()));
        assert_eq!(create.decide(&facts, &fixture.as_admin()), Ok(Decision::noop()));
        let mut other = create;
        other.details.display_name = text("Dr Other");
        assert_eq!(
            other.decide(&facts, &fixture.as_admin()),
            Err(Refusal::ProviderExists)
        );
    }
}
