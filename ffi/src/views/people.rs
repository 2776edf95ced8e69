//! Experts, institutions and their users as screens show them.

use mso_core::client::ProfileView;
use mso_core::people;
use mso_core::protocol::records::{ColleagueRecord, InstitutionRecord, ProviderRecord};

use crate::records::{
    Availability, AvailabilityException, Colleague, InstitutionItem, ProviderProfile, WeeklyWindow,
};

impl From<ProfileView> for ProviderProfile {
    fn from(view: ProfileView) -> Self {
        let ProfileView { record, pending } = view;
        let ProviderRecord {
            id,
            display_name,
            specialties,
            profile,
        } = record;
        let whole = profile.as_ref();
        let languages = whole.map(|whole| whole.details.languages.iter());
        Self {
            provider_id: id,
            display_name,
            specialties,
            languages: languages
                .into_iter()
                .flatten()
                .map(|tag| tag.as_str().to_owned())
                .collect(),
            max_open: whole.map(|whole| whole.details.capacity.max_open()),
            max_urgent: whole.map(|whole| whole.details.capacity.max_urgent()),
            active: whole.map(|whole| whole.active),
            availability: profile.map(|whole| (&whole.availability).into()),
            pending,
        }
    }
}

impl From<&people::Availability> for Availability {
    fn from(availability: &people::Availability) -> Self {
        let window = |window: &people::WeeklyWindow| WeeklyWindow {
            days: window.days.clone(),
            from: window.from.to_string().into(),
            to: window.to.to_string().into(),
        };
        let exception = |exception: &people::AvailabilityException| AvailabilityException {
            from: exception.days.from().to_string().into(),
            to: exception.days.to().to_string().into(),
            kind: exception.kind,
        };
        Self {
            time_zone: availability.time_zone().as_str().into(),
            weekly: availability.weekly().iter().map(window).collect(),
            exceptions: availability.exceptions().iter().map(exception).collect(),
            accepting: availability.accepting(),
        }
    }
}

impl From<InstitutionRecord> for InstitutionItem {
    fn from(record: InstitutionRecord) -> Self {
        let InstitutionRecord {
            id,
            name,
            details,
            active,
        } = record;
        let details = details.as_ref();
        Self {
            institution_id: id,
            name,
            time_zone: details.map(|details| details.time_zone.as_str().to_owned()),
            currency: details.map(|details| details.currency.code().to_owned()),
            active,
        }
    }
}

impl From<ColleagueRecord> for Colleague {
    fn from(record: ColleagueRecord) -> Self {
        let ColleagueRecord {
            id,
            display_name,
            active,
        } = record;
        Self {
            user_id: id,
            display_name,
            active,
        }
    }
}
