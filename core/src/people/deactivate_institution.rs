//! `DeactivateInstitution`: an institution can no longer submit cases. Its users can still read, and its open
//! cases continue.

use serde::{Deserialize, Serialize};

use super::Institution;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InstitutionId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeactivateInstitution {
    pub institution_id: InstitutionId,
    pub reason: Reason,
}

impl Operation for DeactivateInstitution {
    const SPEC: Spec = Spec::online("deactivate_institution", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Institution(self.institution_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(before) = facts.institution.existing()?.filter(|before| before.active) else {
            return Ok(Decision::noop());
        };
        Ok(Decision::of(Event::Institution(Box::new(Institution {
            active: false,
            inactive_reason: Some(self.reason.clone()),
            version: before.version + 1,
            ..before.clone()
        }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::institution;
    use crate::testing::{Fixture, text};

    #[test]
    fn it_takes_effect_once() {
        let fixture = Fixture::new();
        let before = institution(&fixture);
        let command = DeactivateInstitution {
            institution_id: before.id,
            reason: text("contract ended"),
        };
        let mut facts = Facts {
            institution: Fact::Known(Some(before)),
            ..Facts::default()
        };
        let decision = command.decide(&facts, &fixture.as_admin()).unwrap();
        let [Event::Institution(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!(
            (after.active, &after.inactive_reason),
            (false, &Some(text("contract ended")))
        );
        facts.institution = Fact::Known(Some((**after).clone()));
        assert_eq!(command.decide(&facts, &fixture.as_admin()), Ok(Decision::noop()));
        facts.institution = Fact::Known(None);
        assert_eq!(
            command.decide(&facts, &fixture.as_admin()),
            Err(Refusal::NotFound)
        );
    }
}
