//! An expert at the moment of assignment: the profile together with the current workload.
//!
//! Whether the expert may be assigned is decided in `crate::cases`.

use super::SpecialtyCode;
use crate::facts::days_of;
use crate::ids::{InstitutionId, ProviderId};
use crate::people::{OfferedSpecialty, ProviderProfile};
use crate::time::Timestamp;

/// The data on an expert at the moment of assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expert {
    pub provider_id: ProviderId,
    /// Whether profile and user are active.
    pub active: bool,
    /// Whether a verified licence covers today.
    pub licence_valid: bool,
    pub specialties: Vec<SpecialtyCode>,
    /// Institutions with which the expert is affiliated (D-32).
    pub affiliations: Vec<InstitutionId>,
    /// Whether the expert accepts cases at all.
    pub accepting: bool,
    /// Whether the expert is on leave now.
    pub on_leave: bool,
    /// Live assignments that are not completed.
    pub open_cases: u32,
    /// Agreed maximum, 1 to 200.
    pub max_open: u32,
    /// Urgent cases among `open_cases`.
    pub open_urgent: u32,
    /// Agreed maximum, at most `max_open`.
    pub max_urgent: u32,
    /// Whether the expert rejected this case earlier.
    pub rejected_this_case: bool,
}

/// The current workload of an expert, relative to one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the expert may sign in.
    pub user_active: bool,
    /// Live assignments that are not completed.
    pub open_cases: u32,
    /// Urgent cases among them.
    pub open_urgent: u32,
    /// Whether the expert rejected this case earlier.
    pub rejected_this_case: bool,
}

impl Expert {
    /// Creates the expert from this profile at the current time.
    #[must_use]
    pub fn of(profile: &ProviderProfile, standing: Standing, now: Timestamp) -> Self {
        let Standing {
            user_active,
            open_cases,
            open_urgent,
            rejected_this_case,
        } = standing;
        let code = |offered: &OfferedSpecialty| offered.code.clone();
        Self {
            provider_id: profile.id,
            active: profile.active && user_active,
            // The expert may be in any zone.
            licence_valid: days_of(now).into_iter().any(|day| profile.is_licensed(day)),
            specialties: profile.details.specialties.iter().map(code).collect(),
            affiliations: profile.details.affiliations.clone(),
            accepting: profile.availability.accepting(),
            on_leave: profile.availability.on_leave(now),
            open_cases,
            max_open: profile.details.capacity.max_open().into(),
            open_urgent,
            max_urgent: profile.details.capacity.max_urgent().into(),
            rejected_this_case,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::fixtures::profile;
    use crate::people::{Availability, AvailabilityException, ExceptionKind, Period, TimeZoneName};
    use crate::testing::Fixture;

    #[test]
    fn an_expert_is_what_profile_user_and_calendar_make_together() {
        let fixture = Fixture::new();
        let mut profile = profile(&fixture);
        let standing = Standing {
            user_active: true,
            open_cases: 3,
            open_urgent: 1,
            rejected_this_case: false,
        };
        let expert = Expert::of(&profile, standing, fixture.now);
        assert!(expert.active && expert.licence_valid && expert.accepting && !expert.on_leave);
        assert_eq!((expert.open_cases, expert.max_open), (3, 5));
        assert_eq!((expert.open_urgent, expert.max_urgent), (1, 2));

        let suspended = Standing {
            user_active: false,
            ..standing
        };
        assert!(!Expert::of(&profile, suspended, fixture.now).active);
        let day = fixture.now.date();
        let away = AvailabilityException {
            days: Period::new(day, day).unwrap(),
            kind: ExceptionKind::Leave,
        };
        profile.availability = Availability::new(TimeZoneName::utc(), vec![], vec![away], true).unwrap();
        profile.licences.clear();
        let expert = Expert::of(&profile, standing, fixture.now);
        assert!(expert.on_leave && expert.accepting && !expert.licence_valid);
    }
}
