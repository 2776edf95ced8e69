//! An expert's availability as entered.

use mso_core::people::{self, AvailabilityError, Period};

use crate::error::MsoError;
use crate::records::{Availability, AvailabilityException, WeeklyWindow};
use crate::text::EnteredText;

use super::{all, day};

fn local_time(field: &'static str, text: &EnteredText) -> Result<people::LocalTime, MsoError> {
    let text = text.of(field)?;
    text.parse().map_err(|_| MsoError::malformed(field))
}

impl TryFrom<Availability> for people::Availability {
    type Error = MsoError;

    fn try_from(availability: Availability) -> Result<Self, MsoError> {
        let Availability {
            time_zone,
            weekly,
            exceptions,
            accepting,
        } = availability;
        let time_zone = people::TimeZoneName::new(time_zone.of("time_zone")?)
            .map_err(|_| MsoError::malformed("time_zone"))?;
        Self::new(time_zone, all(weekly)?, all(exceptions)?, accepting).map_err(|error| {
            let (field, reason) = match error {
                AvailabilityError::NoDay => ("days", "missing"),
                AvailabilityError::TooMany => ("availability", "too_many"),
            };
            MsoError::Invalid {
                field: field.to_owned(),
                reason: reason.to_owned(),
            }
        })
    }
}

impl TryFrom<WeeklyWindow> for people::WeeklyWindow {
    type Error = MsoError;

    fn try_from(window: WeeklyWindow) -> Result<Self, MsoError> {
        let WeeklyWindow { days, from, to } = window;
        Ok(Self {
            days,
            from: local_time("from", &from)?,
            to: local_time("to", &to)?,
        })
    }
}

impl TryFrom<AvailabilityException> for people::AvailabilityException {
    type Error = MsoError;

    fn try_from(exception: AvailabilityException) -> Result<Self, MsoError> {
        let AvailabilityException { from, to, kind } = exception;
        let day = |field, text| day(field, Some(text))?.ok_or_else(|| MsoError::malformed(field));
        let days =
            Period::new(day("from", &from)?, day("to", &to)?).map_err(|_| MsoError::malformed("to"))?;
        Ok(Self { days, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn availability() -> people::Availability {
        serde_json::from_value(serde_json::json!({
            "time_zone": "Europe/Berlin",
            "weekly": [{"days": ["monday", "friday"], "from": "08:30", "to": "17:00"}],
            "exceptions": [{"from": "2026-12-24", "to": "2027-01-01", "kind": "leave"}],
            "accepting": true,
        }))
        .unwrap()
    }

    #[test]
    fn an_availability_that_is_shown_and_sent_back_is_the_same() {
        let shown = Availability::from(&availability());
        assert_eq!(people::Availability::try_from(shown), Ok(availability()));
    }

    #[test]
    fn what_is_entered_wrongly_names_its_field() {
        let refused = |field: &'static str, change: &dyn Fn(&mut Availability)| {
            let mut entered = Availability::from(&availability());
            change(&mut entered);
            let refused = people::Availability::try_from(entered);
            assert_eq!(refused, Err(MsoError::malformed(field)));
        };
        refused("time_zone", &|entered| entered.time_zone = "Mars/Olympus".into());
        refused("to", &|entered| entered.weekly[0].to = "25:00".into());
        refused("to", &|entered| entered.exceptions[0].to = "2026-12-23".into());
        refused("from", &|entered| entered.exceptions[0].from = "Christmas".into());
        let mut dayless = Availability::from(&availability());
        dayless.weekly[0].days.clear();
        assert!(matches!(
            people::Availability::try_from(dayless),
            Err(MsoError::Invalid { field, .. }) if field == "days"
        ));
    }
}
