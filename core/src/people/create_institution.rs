//! `CreateInstitution`: an admin adds an organisation that may request second opinions. Its users are invited
//! afterwards.

use serde::{Deserialize, Serialize};

use super::{Institution, InstitutionDetails};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InstitutionId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateInstitution {
    pub institution_id: InstitutionId,
    /// The complete record.
    #[serde(flatten)]
    pub details: InstitutionDetails,
}

impl Operation for CreateInstitution {
    const SPEC: Spec = Spec::online("create_institution", &[Role::Admin]).creating();

    fn aggregate(&self) -> Aggregate {
        Aggregate::Institution(self.institution_id)
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        self.details.check()?;
        if let Some(Some(existing)) = facts.institution.known() {
            return if existing.details == self.details {
                Ok(Decision::noop())
            } else {
                Err(Refusal::InstitutionExists)
            };
        }
        Ok(Decision::of(Event::Institution(Box::new(Institution {
            id: self.institution_id,
            details: self.details.clone(),
            active: true,
            inactive_reason: None,
            version: 1,
        }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::{institution, institution_details};
    use crate::testing::{Fixture, text};

    #[test]
    fn the_same_institution_twice_is_one_and_another_under_its_id_is_refused() {
        let fixture = Fixture::new();
        let create = CreateInstitution {
            institution_id: fixture.institution,
            details: institution_details(),
        };
        let mut facts = Facts {
            institution: Fact::Known(None),
            ..Facts::default()
        };
        let ctx = fixture.as_admin();
        let decision = create.decide(&facts, &ctx).unwrap();
        let made = institution(&fixture);
        assert_eq!(decision, Decision::of(Event::Institution(Box::new(made.clone()))));
        facts.institution = Fact::Known(Some(made));
        assert_eq!(create.decide(&facts, &ctx), Ok(Decision::noop()));
        let mut other = create;
        other.details.registration_number = text("another");
        assert_eq!(other.decide(&facts, &ctx), Err(Refusal::InstitutionExists));
    }
}
