//! A span of calendar days, both ends included.

use serde::{Deserialize, Serialize};

use crate::time::Date;

/// An inclusive range of days; equal ends mean one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Days")]
pub struct Period {
    from: Date,
    to: Date,
}

/// The end is before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ends before it begins")]
pub struct PeriodError;

#[derive(Deserialize)]
struct Days {
    from: Date,
    to: Date,
}

impl TryFrom<Days> for Period {
    type Error = PeriodError;

    fn try_from(days: Days) -> Result<Self, PeriodError> {
        Self::new(days.from, days.to)
    }
}

impl Period {
    /// Creates a period; `to` is the same day as `from` or later.
    pub fn new(from: Date, to: Date) -> Result<Self, PeriodError> {
        if from <= to {
            Ok(Self { from, to })
        } else {
            Err(PeriodError)
        }
    }

    #[must_use]
    pub const fn from(&self) -> Date {
        self.from
    }

    #[must_use]
    pub const fn to(&self) -> Date {
        self.to
    }

    /// Whether the day is within the period.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_it_and_it_never_runs_backwards() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let period = Period::new(day("2026-11-23"), day("2026-11-24")).unwrap();
        assert!(!period.contains(day("2026-11-22")));
        assert!(period.contains(day("2026-11-23")) && period.contains(day("2026-11-24")));
        assert!(!period.contains(day("2026-11-25")));
        assert!(Period::new(day("2026-11-23"), day("2026-11-23")).is_ok());
        assert_eq!(
            Period::new(day("2026-11-24"), day("2026-11-23")),
            Err(PeriodError)
        );
        assert!(serde_json::from_str::<Period>(r#"{"from":"2026-11-24","to":"2026-11-23"}"#).is_err());
    }
}
