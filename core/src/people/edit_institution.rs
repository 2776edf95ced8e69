//! `EditInstitution`: an admin replaces all details of an institution, based on the version that was shown.

use serde::{Deserialize, Serialize};

use super::{Institution, InstitutionDetails};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InstitutionId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditInstitution {
    pub institution_id: InstitutionId,
    /// The version on which the edit is based.
    pub seen_version: u64,
    /// All details, including unchanged ones.
    #[serde(flatten)]
    pub details: InstitutionDetails,
}

impl Operation for EditInstitution {
    const SPEC: Spec = Spec::online("edit_institution", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Institution(self.institution_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        self.details.check()?;
        let Some(before) = facts.institution.existing()? else {
            return Ok(Decision::noop());
        };
        if before.details == self.details {
            return Ok(Decision::noop());
        }
        if before.version != self.seen_version {
            return Err(Refusal::StaleState);
        }
        Ok(Decision::of(Event::Institution(Box::new(Institution {
            details: self.details.clone(),
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
    fn an_edit_of_an_older_version_does_not_overwrite_a_newer_one() {
        let fixture = Fixture::new();
        let before = institution(&fixture);
        let facts = Facts {
            institution: Fact::Known(Some(before.clone())),
            ..Facts::default()
        };
        let mut edit = EditInstitution {
            institution_id: before.id,
            seen_version: before.version,
            details: before.details.clone(),
        };
        let ctx = fixture.as_admin();
        assert_eq!(edit.decide(&facts, &ctx), Ok(Decision::noop()));
        edit.details.address = Some(text("3 New Street"));
        let decision = edit.decide(&facts, &ctx).unwrap();
        let [Event::Institution(after)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!(
            (after.version, &after.details),
            (before.version + 1, &edit.details)
        );
        edit.seen_version -= 1;
        assert_eq!(edit.decide(&facts, &ctx), Err(Refusal::StaleState));
    }
}
