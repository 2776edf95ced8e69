//! When an expert is available: weekly windows in the expert's own time zone, leave, extra days, and whether
//! the expert accepts cases at all.
//!
//! A window is given in local time and becomes a start and an end instant on each day on which it begins. The
//! rules, in this order:
//! - A window whose end is not after its start ends on the next day; equal times mean 24 hours.
//! - Without any window there is no restriction: every day is available as a whole.
//! - An extra day is available as a whole, regardless of the windows. Leave is subtracted from all of it.
//! - A local time skipped by a clock change is the instant of the change; one that occurs twice means the
//!   first occurrence (as in RFC 5545).
//!
//! The invariant: all questions are answered from the same instants, so the answers are consistent with each
//! other, on phone and server, whatever time zone data the machine has. For assignment (`crate::cases`) only
//! leave and `accepting` count; windows affect the order of the admin's list.

mod calendar;

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::calendar::Calendar;
use super::{Period, TimeZoneName};
use crate::time::Timestamp;

/// Maximum number of weekly windows.
const MOST_WINDOWS: usize = 50;
const MOST_EXCEPTIONS: usize = 100;
/// How many days ahead the next window is searched.
const HORIZON_DAYS: i32 = 731;

named! {
    pub enum Weekday {
        Monday = "monday",
        Tuesday = "tuesday",
        Wednesday = "wednesday",
        Thursday = "thursday",
        Friday = "friday",
        Saturday = "saturday",
        Sunday = "sunday",
    }
}

impl Weekday {
    const fn of(day: civil::Weekday) -> Self {
        match day {
            civil::Weekday::Monday => Self::Monday,
            civil::Weekday::Tuesday => Self::Tuesday,
            civil::Weekday::Wednesday => Self::Wednesday,
            civil::Weekday::Thursday => Self::Thursday,
            civil::Weekday::Friday => Self::Friday,
            civil::Weekday::Saturday => Self::Saturday,
            civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// A local time of day, to the minute. On the wire: `08:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(civil::Time);

/// The text is not a valid time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day")]
pub struct LocalTimeError;

impl LocalTime {
    /// Hour 0–23, minute 0–59.
    pub fn new(hour: i8, minute: i8) -> Result<Self, LocalTimeError> {
        civil::Time::new(hour, minute, 0, 0)
            .map(Self)
            .map_err(|_| LocalTimeError)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl FromStr for LocalTime {
    type Err = LocalTimeError;

    fn from_str(text: &str) -> Result<Self, LocalTimeError> {
        let number = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i8>().ok().filter(|_| digits).ok_or(LocalTimeError)
        };
        let (hour, minute) = text.split_once(':').ok_or(LocalTimeError)?;
        Self::new(number(hour)?, number(minute)?)
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A window that repeats every week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyWindow {
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    pub from: LocalTime,
    /// Exclusive end; on the next day if it is not after `from`.
    pub to: LocalTime,
}

named! {
    /// How the days of an exception differ.
    pub enum ExceptionKind {
        /// Absent.
        Leave = "leave",
        /// Available, also outside the weekly windows.
        Extra = "extra",
    }
}

/// Days on which the weekly windows do not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityException {
    /// Whole days in the expert's time zone.
    #[serde(flatten)]
    pub days: Period,
    pub kind: ExceptionKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Availability {
    time_zone: TimeZoneName,
    weekly: Vec<WeeklyWindow>,
    exceptions: Vec<AvailabilityException>,
    accepting: bool,
}

/// Why an availability is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AvailabilityError {
    /// A window without days.
    #[error("a window has no day")]
    NoDay,
    /// Too many windows or exceptions.
    #[error("too many windows or exceptions")]
    TooMany,
}

#[derive(Deserialize)]
struct Stated {
    time_zone: TimeZoneName,
    #[serde(default)]
    weekly: Vec<WeeklyWindow>,
    #[serde(default)]
    exceptions: Vec<AvailabilityException>,
    accepting: bool,
}

impl TryFrom<Stated> for Availability {
    type Error = AvailabilityError;

    fn try_from(stated: Stated) -> Result<Self, AvailabilityError> {
        Self::new(
            stated.time_zone,
            stated.weekly,
            stated.exceptions,
            stated.accepting,
        )
    }
}

/// A time span in which an expert is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    /// Exclusive end, at most the end of the search horizon.
    pub to: Timestamp,
}

impl Availability {
    /// Creates an availability.
    ///
    /// # Errors
    ///
    /// See [`AvailabilityError`].
    pub fn new(
        time_zone: TimeZoneName,
        weekly: Vec<WeeklyWindow>,
        exceptions: Vec<AvailabilityException>,
        accepting: bool,
    ) -> Result<Self, AvailabilityError> {
        if weekly.iter().any(|window| window.days.is_empty()) {
            return Err(AvailabilityError::NoDay);
        }
        if weekly.len() > MOST_WINDOWS || exceptions.len() > MOST_EXCEPTIONS {
            return Err(AvailabilityError::TooMany);
        }
        Ok(Self {
            time_zone,
            weekly,
            exceptions,
            accepting,
        })
    }

    /// Returns the default for an expert who has entered nothing: always available.
    #[must_use]
    pub const fn unrestricted(time_zone: TimeZoneName) -> Self {
        Self {
            time_zone,
            weekly: Vec::new(),
            exceptions: Vec::new(),
            accepting: true,
        }
    }

    /// The time zone of all windows and days.
    #[must_use]
    pub const fn time_zone(&self) -> &TimeZoneName {
        &self.time_zone
    }

    /// Weekly windows; if empty, always available.
    #[must_use]
    pub fn weekly(&self) -> &[WeeklyWindow] {
        &self.weekly
    }

    #[must_use]
    pub fn exceptions(&self) -> &[AvailabilityException] {
        &self.exceptions
    }

    /// Whether the expert accepts cases at all.
    #[must_use]
    pub const fn accepting(&self) -> bool {
        self.accepting
    }

    /// Whether the expert is available at this instant.
    #[must_use]
    pub fn is_available(&self, at: Timestamp) -> bool {
        if !self.accepting {
            return false;
        }
        let calendar = Calendar::of(self);
        let today = calendar.day_of(at);
        // Yesterday's windows may extend into today. Tomorrow's begin today if the clocks go back over
        // midnight.
        let days = [today.yesterday(), Ok(today), today.tomorrow()];
        !calendar.is_leave(at)
            && days
                .into_iter()
                .flatten()
                .flat_map(|day| calendar.stated(day))
                .any(|span| span.contains(at))
    }

    /// Whether the expert is on leave at this instant.
    #[must_use]
    pub fn on_leave(&self, at: Timestamp) -> bool {
        Calendar::of(self).is_leave(at)
    }

    /// Returns the first instant, from `after` on, at which the expert is available. `None` if there is none
    /// within the next two years.
    #[must_use]
    pub fn next_available(&self, after: Timestamp) -> Option<Timestamp> {
        self.spans(after).next().map(|span| span.from.max(after))
    }

    /// Returns the current or next span in which the expert is available; adjacent spans are merged.
    #[must_use]
    pub fn next_window(&self, after: Timestamp) -> Option<Window> {
        let mut spans = self.spans(after);
        let first = spans.next()?;
        let to = spans
            .take_while_touching(first.to)
            .fold(first.to, |end, span| end.max(span.to));
        Some(Window {
            from: first.from.max(after),
            to,
        })
    }

    /// Returns the available spans with leave subtracted, in order, starting with the first that ends after
    /// this instant.
    fn spans(&self, after: Timestamp) -> impl Iterator<Item = Window> {
        let calendar = self.accepting.then(|| Calendar::of(self));
        calendar.into_iter().flat_map(move |calendar| {
            let first = calendar.day_of(after).yesterday().unwrap_or(civil::Date::MIN);
            let days =
                (0..HORIZON_DAYS).map_while(move |n| first.checked_add(jiff::Span::new().days(n)).ok());
            days.flat_map(move |day| calendar.left(day))
                .filter(move |span| span.to > after)
        })
    }
}

/// Yields spans as long as each begins no later than the end of the preceding ones.
trait TakeWhileTouching: Iterator<Item = Window> + Sized {
    fn take_while_touching(self, end: Timestamp) -> impl Iterator<Item = Window> {
        let mut end = end;
        self.take_while(move |span| {
            let touches = span.from <= end;
            end = end.max(span.to);
            touches
        })
    }
}

impl<I: Iterator<Item = Window>> TakeWhileTouching for I {}

impl Window {
    fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

#[cfg(test)]
mod tests;
