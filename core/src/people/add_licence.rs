//! `AddLicence`: a licence to practise is added to a profile. It counts once an admin has verified it
//! (`verify_licence.rs`).
//!
//! An expert may add their own; only an admin may replace an existing licence with the same authority and
//! number.

use serde::{Deserialize, Serialize};

use super::{Licence, LicencePaper};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::ProviderId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddLicence {
    pub provider_id: ProviderId,
    #[serde(flatten)]
    pub paper: LicencePaper,
}

/// Maximum number of licences per expert.
const MOST_LICENCES: usize = 50;

impl Operation for AddLicence {
    const SPEC: Spec = Spec::offline("add_licence", &[Role::Provider, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Provider(self.provider_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        super::must_be_own(self.provider_id, ctx)?;
        let Some(profile) = facts.provider.existing()? else {
            return Ok(Decision::noop());
        };
        match profile.licence(&self.paper.authority, &self.paper.number) {
            Some(known) if known.paper.is_same_as(&self.paper) => return Ok(Decision::noop()),
            Some(_) if ctx.actor.role() != Role::Admin => return Err(Refusal::LicenceExists),
            None if profile.licences.len() >= MOST_LICENCES => return Err(Refusal::ProfileInvalid),
            Some(_) | None => {}
        }
        let licence = Licence {
            paper: self.paper.clone(),
            verified: None,
        };
        Ok(Decision::of(Event::Provider(Box::new(
            profile.with_licence(licence),
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::{licence, profile};
    use crate::testing::{Fixture, a_case, text};

    #[test]
    fn what_an_expert_hands_in_is_unchecked_and_replaces_nothing() {
        let fixture = Fixture::new();
        let expert = fixture.as_provider(&a_case(&fixture).assigned());
        let profile = profile(&fixture);
        let facts = Facts {
            provider: Fact::Known(Some(profile.clone())),
            ..Facts::default()
        };
        let mut add = AddLicence {
            provider_id: profile.id,
            paper: LicencePaper {
                number: text("L-2"),
                ..licence("2026-01-01", "2030-12-31", None).paper
            },
        };
        let decision = add.decide(&facts, &expert).unwrap();
        let [Event::Provider(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!(after.licences.len(), profile.licences.len() + 1);
        assert!(
            after
                .licence(&text("Medical Council"), &text("L-2"))
                .unwrap()
                .verified
                .is_none()
        );

        // The existing licence is verified: adding the same one again is a noop, and only an admin may
        // replace it.
        let on_file = profile.licences[0].clone();
        add.paper = on_file.paper.clone();
        assert_eq!(add.decide(&facts, &expert), Ok(Decision::noop()));
        add.paper.valid = licence("2031-01-01", "2035-12-31", None).paper.valid;
        assert_eq!(add.decide(&facts, &expert), Err(Refusal::LicenceExists));
        let decision = add.decide(&facts, &fixture.as_admin()).unwrap();
        let [Event::Provider(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert!(after.licences.iter().all(|licence| licence.verified.is_none()));
    }

    #[test]
    fn nobody_hands_in_a_licence_for_somebody_else() {
        let fixture = Fixture::new();
        let expert = fixture.as_provider(&a_case(&fixture).assigned());
        let add = AddLicence {
            provider_id: ProviderId::generate(fixture.now),
            paper: licence("2026-01-01", "2030-12-31", None).paper,
        };
        assert_eq!(add.decide(&Facts::default(), &expert), Err(Refusal::NotFound));
    }
}
