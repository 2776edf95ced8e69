//! By when each side owes its next step (D-28): urgent 4 h, 4 h, 24 h; routine 24 h, 48 h, 5 working days.
//!
//! An institution may have its own. Not here: reminders (`flag_overdue.rs`). A deadline never changes a status.

use serde::{Deserialize, Serialize};

use super::request::UrgencyLevel;
use crate::time::Timestamp;

/// A span of time that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// By the clock.
    Hours(u16),
    /// Days that are neither Saturday nor Sunday (UTC).
    WorkingDays(u16),
}

impl Span {
    /// The end of the span that begins now.
    #[must_use]
    pub fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Hours(hours) => now.plus_hours(i64::from(hours)),
            Self::WorkingDays(days) => plus_working_days(now, days),
        }
    }
}

/// What is owed in cases of one urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spans {
    /// The expert's answer.
    pub accept: Span,
    /// The review's start.
    pub start: Span,
    /// The opinion.
    pub finish: Span,
    /// The requester's answer to a return.
    pub answer: Span,
}

/// The deadlines of an institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deadlines {
    /// Of routine cases.
    pub routine: Spans,
    /// Of urgent ones.
    pub urgent: Spans,
    /// Within which the opinion is to be read.
    pub read: Span,
    /// How many days after Done questions may be asked.
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
    /// Those of this urgency.
    #[must_use]
    pub const fn of(&self, urgency: UrgencyLevel) -> &Spans {
        match urgency {
            UrgencyLevel::Routine => &self.routine,
            UrgencyLevel::Urgent => &self.urgent,
        }
    }

    /// Until when questions about an opinion of this time may be asked.
    #[must_use]
    pub fn window_ends(&self, done_at: Timestamp) -> Timestamp {
        done_at.plus_hours(24 * i64::from(self.window_days))
    }
}

/// The same time of day after `days` days that are neither Saturday nor Sunday (UTC).
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
