//! An availability as instants: what its windows, leave and extra days mean on each day of its time zone.
//!
//! The rules are documented in the parent module.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::{Availability, ExceptionKind, Weekday, Window};
use crate::people::Period;
use crate::time::{Date, Timestamp};

/// An availability with the rules of its time zone.
pub(super) struct Calendar<'a> {
    stated: &'a Availability,
    rules: TimeZone,
    /// Sorted.
    leave: Vec<Window>,
}

impl<'a> Calendar<'a> {
    pub(super) fn of(stated: &'a Availability) -> Self {
        let mut calendar = Self {
            stated,
            rules: stated.time_zone.rules(),
            leave: Vec::new(),
        };
        let mut leave: Vec<Window> = stated
            .exceptions
            .iter()
            .filter(|exception| exception.kind == ExceptionKind::Leave)
            .map(|exception| calendar.whole_days(exception.days))
            .collect();
        leave.sort_by_key(|span| span.from);
        calendar.leave = leave;
        calendar
    }

    pub(super) fn is_leave(&self, at: Timestamp) -> bool {
        self.leave.iter().any(|span| span.contains(at))
    }

    pub(super) fn day_of(&self, at: Timestamp) -> civil::Date {
        self.rules.to_datetime(moment(at)).date()
    }

    /// Returns the spans that begin on this day, sorted, before leave is subtracted.
    pub(super) fn stated(&self, day: civil::Date) -> Vec<Window> {
        let weekday = Weekday::of(day.weekday());
        let extra =
            self.stated.exceptions.iter().any(|exception| {
                exception.kind == ExceptionKind::Extra && exception.days.contains(date(day))
            });
        if extra || self.stated.weekly.is_empty() {
            return vec![self.span(day, civil::Time::midnight(), civil::Time::midnight())];
        }
        let windows = self.stated.weekly.iter();
        let mut spans: Vec<Window> = windows
            .filter(|window| window.days.contains(&weekday))
            .map(|window| self.span(day, window.from.0, window.to.0))
            // Skipped by a clock change.
            .filter(|span| span.from < span.to)
            .collect();
        spans.sort_by_key(|span| span.from);
        spans
    }

    /// Returns the spans that begin on this day, with leave subtracted.
    pub(super) fn left(&self, day: civil::Date) -> Vec<Window> {
        let mut left = Vec::new();
        for span in self.stated(day) {
            let mut from = span.from;
            for leave in &self.leave {
                if leave.from < span.to && leave.to > from {
                    if from < leave.from {
                        left.push(Window { from, to: leave.from });
                    }
                    from = leave.to;
                }
            }
            if from < span.to {
                left.push(Window { from, to: span.to });
            }
        }
        left
    }

    fn span(&self, day: civil::Date, from: civil::Time, to: civil::Time) -> Window {
        let last = if from < to {
            day
        } else {
            day.tomorrow().unwrap_or(day)
        };
        Window {
            from: self.at(day.to_datetime(from)),
            to: self.at(last.to_datetime(to)),
        }
    }

    fn whole_days(&self, days: Period) -> Window {
        let midnight = |day: civil::Date| self.at(day.to_datetime(civil::Time::midnight()));
        let last = civil_date(days.to());
        Window {
            from: midnight(civil_date(days.from())),
            to: midnight(last.tomorrow().unwrap_or(last)),
        }
    }

    /// Returns the instant of a local time.
    fn at(&self, local: civil::DateTime) -> Timestamp {
        let ambiguous = self.rules.to_ambiguous_timestamp(local);
        let skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        let moment = if skipped {
            let before = ambiguous.earlier();
            before.map(|before| {
                let jump = self.rules.following(before).next();
                jump.map_or(before, |jump| jump.timestamp())
            })
        } else {
            ambiguous.compatible()
        };
        // Outside the range of the calendar.
        moment.map_or(Timestamp::from_unix_millis(i64::MAX), |moment| {
            Timestamp::from_unix_millis(moment.as_millisecond())
        })
    }
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.unix_millis()).unwrap_or(jiff::Timestamp::MAX)
}

fn date(day: civil::Date) -> Date {
    Date::new(day.year(), day.month(), day.day()).unwrap_or(Timestamp::from_unix_millis(0).date())
}

fn civil_date(day: Date) -> civil::Date {
    let (year, month, day) = day.parts();
    civil::Date::new(year, month, day).unwrap_or(civil::Date::MAX)
}
