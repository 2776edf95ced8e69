//! `ReactivateInstitution`: an institution can submit cases again.

use serde::{Deserialize, Serialize};

use super::Institution;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InstitutionId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactivateInstitution {
    pub institution_id: InstitutionId,
}

impl Operation for ReactivateInstitution {
    const SPEC: Spec = Spec::online("reactivate_institution", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Institution(self.institution_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let Some(before) = facts.institution.existing()?.filter(|before| !before.active) else {
            return Ok(Decision::noop());
        };
        Ok(Decision::of(Event::Institution(Box::new(Institution {
            active: true,
            inactive_reason: None,
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
    fn only_an_inactive_institution_changes() {
        let fixture = Fixture::new();
        let mut before = institution(&fixture);
        let command = ReactivateInstitution {
            institution_id: before.id,
        };
        let facts = |institution: &Institution| Facts {
            institution: Fact::Known(Some(institution.clone())),
            ..Facts::default()
        };
        assert_eq!(
            command.decide(&facts(&before), &fixture.as_admin()),
            Ok(Decision::noop())
        );
        before.active = false;
        before.inactive_reason = Some(text("contract ended"));
        let decision = command.decide(&facts(&before), &fixture.as_admin()).unwrap();
        let [Event::Institution(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert!(after.active && after.inactive_reason.is_none());
    }
}
