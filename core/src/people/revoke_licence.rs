//! `RevokeLicence`: a verified licence no longer counts: withdrawn by its issuer, or verified in error.
//!
//! Open cases stay with the expert until an admin decides otherwise.

use serde::{Deserialize, Serialize};

use super::Licence;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::ProviderId;
use crate::refusal::Refusal;
use crate::text::{Line, Reason};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeLicence {
    pub provider_id: ProviderId,
    pub authority: Line<1, 300>,
    pub number: Line<1, 100>,
    pub reason: Reason,
}

impl Operation for RevokeLicence {
    const SPEC: Spec = Spec::online("revoke_licence", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Provider(self.provider_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(profile) = facts.provider.existing()? else {
            return Ok(Decision::noop());
        };
        let licence = profile
            .licence(&self.authority, &self.number)
            .ok_or(Refusal::NotFound)?;
        if licence.verified.is_none() {
            return Ok(Decision::noop());
        }
        let unchecked = Licence {
            verified: None,
            ..licence.clone()
        };
        Ok(Decision::of(Event::Provider(Box::new(
            profile.with_licence(unchecked),
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::profile;
    use crate::testing::{Fixture, text};

    #[test]
    fn without_its_check_a_licence_counts_no_more() {
        let fixture = Fixture::new();
        let expert = profile(&fixture);
        assert!(expert.is_licensed(fixture.now.date()));
        let facts = Facts {
            provider: Fact::Known(Some(expert.clone())),
            ..Facts::default()
        };
        let revoke = RevokeLicence {
            provider_id: expert.id,
            authority: text("Medical Council"),
            number: text("L-1"),
            reason: text("withdrawn by the council"),
        };
        let decision = revoke.decide(&facts, &fixture.as_admin()).unwrap();
        let [Event::Provider(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert!(!after.is_licensed(fixture.now.date()));
        assert_eq!(after.licences.len(), expert.licences.len());
    }
}
