//! `SetSpecialty`: an admin adds a specialty, renames it, or makes it unavailable for requests.
//!
//! Cases and experts that refer to it keep it.

use serde::{Deserialize, Serialize};

use super::{Specialty, SpecialtyCode, SpecialtySetting};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::refusal::Refusal;
use crate::text::Line;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSpecialty {
    /// A new code adds a specialty.
    pub code: SpecialtyCode,
    pub display: Line<1, 200>,
    /// Whether it can be requested.
    pub active: bool,
}

impl Operation for SetSpecialty {
    const SPEC: Spec = Spec::online("set_specialty", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Catalogue
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Specialty(&self.code)]
    }

    fn decide(&self, facts: &Facts, _ctx: &Context) -> Result<Decision, Refusal> {
        let setting = SpecialtySetting {
            specialty: Specialty {
                code: self.code.clone(),
                display: self.display.clone(),
            },
            active: self.active,
        };
        match facts.specialty.known() {
            Some(Some(known)) if *known == setting => Ok(Decision::noop()),
            Some(_) | None => Ok(Decision::of(Event::Specialty(Box::new(setting)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::testing::{Fixture, text};

    #[test]
    fn a_specialty_is_added_renamed_and_taken_out_but_nothing_happens_twice() {
        let ctx = Fixture::new().as_admin();
        let mut set = SetSpecialty {
            code: SpecialtyCode::new("cardiology").unwrap(),
            display: text("Cardiology"),
            active: true,
        };
        let mut known = None;
        for (display, active) in [
            ("Cardiology", true),
            ("Heart medicine", true),
            ("Heart medicine", false),
        ] {
            (set.display, set.active) = (text(display), active);
            let facts = |known: &Option<SpecialtySetting>| Facts {
                specialty: Fact::Known(known.clone()),
                ..Facts::default()
            };
            let decision = set.decide(&facts(&known), &ctx).unwrap();
            let [Event::Specialty(setting)] = decision.events.as_slice() else {
                panic!("{decision:?}");
            };
            assert_eq!(
                (setting.specialty.display.as_str(), setting.active),
                (display, active)
            );
            known = Some((**setting).clone());
            assert_eq!(set.decide(&facts(&known), &ctx), Ok(Decision::noop()));
        }
    }
}
