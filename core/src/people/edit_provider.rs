//! `EditProvider`: an admin replaces all details of an expert's profile, based on the version that was shown.
//!
//! Licences and availability have their own operations. Open cases stay assigned, even beyond a reduced
//! capacity.

use serde::{Deserialize, Serialize};

use super::{ProviderDetails, ProviderProfile};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::ProviderId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditProvider {
    pub provider_id: ProviderId,
    /// The version on which the edit is based.
    pub seen_version: u64,
    /// All fields that an admin edits, including unchanged ones.
    #[serde(flatten)]
    pub details: ProviderDetails,
}

impl Operation for EditProvider {
    const SPEC: Spec = Spec::online("edit_provider", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Provider(self.provider_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Specialties]
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let before = facts.provider.existing()?;
        self.details
            .check(facts)
            .or_else(|refusal| self.forgive(before, refusal))?;
        let Some(before) = before else {
            return Ok(Decision::noop());
        };
        if before.details == self.details {
            return Ok(Decision::noop());
        }
        if before.version != self.seen_version {
            return Err(Refusal::StaleState);
        }
        Ok(Decision::of(Event::Provider(Box::new(ProviderProfile {
            details: self.details.clone(),
            version: before.version + 1,
            ..before.clone()
        }))))
    }
}

impl EditProvider {
    /// Accepts an unchanged list of specialties even if the catalogue has since removed one.
    fn forgive(&self, before: Option<&ProviderProfile>, refusal: Refusal) -> Result<(), Refusal> {
        let kept = before.is_some_and(|before| before.details.specialties == self.details.specialties);
        if refusal == Refusal::SpecialtyUnknown && kept {
            Ok(())
        } else {
            Err(refusal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::Capacity;
    use crate::people::fixtures::profile;
    use crate::testing::Fixture;

    #[test]
    fn an_edit_keeps_licences_and_availability_and_asks_for_the_version_seen() {
        let fixture = Fixture::new();
        let before = profile(&fixture);
        let mut edit = EditProvider {
            provider_id: before.id,
            seen_version: before.version,
            details: before.details.clone(),
        };
        edit.details.capacity = Capacity::new(1, 0).unwrap();
        let mut facts = Facts {
            provider: Fact::Known(Some(before.clone())),
            ..Facts::default()
        };
        let ctx = fixture.as_admin();
        let decision = edit.decide(&facts, &ctx).unwrap();
        let [Event::Provider(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!(
            (&after.licences, &after.availability),
            (&before.licences, &before.availability)
        );
        assert_eq!(after.details.capacity.max_open(), 1);
        edit.seen_version += 1;
        assert_eq!(edit.decide(&facts, &ctx), Err(Refusal::StaleState));
        edit.seen_version -= 1;
        // The catalogue removed the expert's specialty: it may stay, but no unknown one may be added.
        facts.specialties = Fact::Known(vec![]);
        assert!(edit.decide(&facts, &ctx).is_ok());
        edit.details.specialties[0].board = Some(crate::testing::text("Board"));
        assert_eq!(edit.decide(&facts, &ctx), Err(Refusal::SpecialtyUnknown));
    }
}
