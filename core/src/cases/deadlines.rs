//! Deadlines for each side's next step (D-28): urgent 4 h, 4 h, 24 h; routine 24 h, 48 h, 5 working days.
//!
//! An institution may have its own. A deadline never changes a status. Reminders are in `flag_overdue.rs`.

use serde::{Deserialize, Serialize};

use super::request::UrgencyLevel;
use crate::time::Timestamp;

/// The length of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Elapsed hours.
    Hours(u16),
    /// Days other than Saturday and Sunday (UTC).
    WorkingDays(u16),
}

impl Span {
    /// Returns the end of a span that starts at `now`.
    #[must_use]
    pub fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Hours(hours) => now.plus_hours(i64::from(hours)),
            Self::WorkingDays(days) => plus_working_days(now, days),
        }
    }
}

/// The deadlines for cases of one urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spans {
    /// For the expert to accept or reject.
    pub accept: Span,
    /// For the expert to start the review.
    pub start: Span,
    /// For the expert to submit the recommendation.
    pub finish: Span,
    /// For the requester to answer a return.
    pub answer: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deadlines {
    pub routine: Spans,
    pub urgent: Spans,
    /// For the requester to read the recommendation.
    pub read: Span,
    /// Length of the clarification window, in days after Done.
    pub window_days: u16,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            routine: Spans {
                accept: Span::Hours(24),
                start: Span::Hours(48),
                finish: Span::WorkingDays(5),
                answer: Span::WorkingDays(5),
            },
            urgent: Spans {
                accept: Span::Hours(4),
                start: Span::Hours(4),
                finish: Span::Hours(24),
                answer: Span::Hours(24),
            },
            read: Span::Hours(7 * 24),
            window_days: 30,
        }
    }
}

impl Deadlines {
    /// Returns the deadlines for this urgency.
    #[must_use]
    pub const fn of(&self, urgency: UrgencyLevel) -> &Spans {
        match urgency {
            UrgencyLevel::Routine => &self.routine,
            UrgencyLevel::Urgent => &self.urgent,
        }
    }

    /// Returns the end of the clarification window of a case that was done at `done_at`.
    #[must_use]
    pub fn window_ends(&self, done_at: Timestamp) -> Timestamp {
        done_at.plus_hours(24 * i64::from(self.window_days))
    }
}

/// Returns the same time of day `days` working days later; Saturdays and Sundays (UTC) are skipped.
fn plus_working_days(now: Timestamp, days: u16) -> Timestamp {
    let mut time = now;
    let mut left = days;
    while left > 0 {
        time = time.plus_hours(24);
        // 1970-01-01 was a Thursday: days 2 and 3 of each week counted from it are Saturday and Sunday.
        let weekday = time.unix_millis().div_euclid(86_400_000).rem_euclid(7);
        if weekday != 2 && weekday != 3 {
            left -= 1;
        }
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_working_days_from_a_friday_end_on_the_next_friday() {
        let five = Span::WorkingDays(5);
        let friday: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        assert_eq!(five.after(friday).to_string(), "2026-11-27T10:00:00.000Z");
        let sunday: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(five.after(sunday).to_string(), "2026-11-27T10:00:00.000Z");
    }

    #[test]
    fn the_defaults_are_those_of_the_design() {
        let (all, now) = (Deadlines::default(), Timestamp::from_unix_millis(0));
        let hours = |span: Span| span.after(now).millis_since(now) / 3_600_000;
        let urgent = all.of(UrgencyLevel::Urgent);
        assert_eq!(
            [urgent.accept, urgent.start, urgent.finish].map(hours),
            [4, 4, 24]
        );
        let routine = all.of(UrgencyLevel::Routine);
        assert_eq!([routine.accept, routine.start].map(hours), [24, 48]);
        assert_eq!(routine.finish, Span::WorkingDays(5));
    }
}
