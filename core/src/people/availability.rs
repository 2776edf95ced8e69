//! When an expert can be asked: weekly windows in the expert's own time zone, leave, extra days, and whether cases are
//! taken at all.
//!
//! A window is said in local time and becomes two moments on each day that it begins on. The rules, in this order:
//! - A window whose end is not after its beginning ends on the next day; the same time twice is a whole day round.
//! - Without any window there is no restriction: every day counts whole.
//! - An extra day counts whole, whatever the windows say. Leave takes away from all of it.
//! - A local time that the clocks skip is the moment at which they jump; one that comes twice is its first coming
//!   (as in RFC 5545).
//!
//! Not here: whether an expert may be given a case (`crate::cases`): there only leave and `accepting` count, windows
//! are for the order of the admin's list. The invariant: all questions are answered from the same moments, so that
//! they never contradict each other, on phone or server, whatever time zones the machine knows.

mod calendar;

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::calendar::Calendar;
use super::{Period, TimeZoneName};
use crate::time::Timestamp;

/// Most weekly windows, and most exceptions.
const MOST_WINDOWS: usize = 50;
const MOST_EXCEPTIONS: usize = 100;
/// How many days ahead the next window is looked for.
const HORIZON_DAYS: i32 = 731;

named! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
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

/// A time of day on the wall, to the minute. On the wire: `08:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(civil::Time);

/// The text is no time of day.
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

/// A span of every week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyWindow {
    /// On which days it begins.
    pub days: Vec<Weekday>,
    /// From this time.
    pub from: LocalTime,
    /// To this time, excluded; on the next day where it is not after `from`.
    pub to: LocalTime,
}

named! {
    /// In which way days are unlike the others.
    pub enum ExceptionKind {
        /// Away.
        Leave = "leave",
        /// There, also outside the weekly windows.
        Extra = "extra",
    }
}

/// Days that are unlike the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityException {
    /// Whole days of the expert's time zone.
    #[serde(flatten)]
    pub days: Period,
    /// In which way.
    pub kind: ExceptionKind,
}

/// When an expert can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Availability {
    time_zone: TimeZoneName,
    weekly: Vec<WeeklyWindow>,
    exceptions: Vec<AvailabilityException>,
    accepting: bool,
}

/// What is not an availability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AvailabilityError {
    /// A window that begins on no day.
    #[error("a window has no day")]
    NoDay,
    /// More windows or exceptions than are kept.
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

/// A span of time in which an expert can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it, or as far ahead as was looked.
    pub to: Timestamp,
}

impl Availability {
    /// Checks what somebody states.
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

    /// Of who has stated nothing: at any time.
    #[must_use]
    pub const fn unrestricted(time_zone: TimeZoneName) -> Self {
        Self {
            time_zone,
            weekly: Vec::new(),
            exceptions: Vec::new(),
            accepting: true,
        }
    }

    /// In whose local time all of it is said.
    #[must_use]
    pub const fn time_zone(&self) -> &TimeZoneName {
        &self.time_zone
    }

    /// Spans of every week; none: at any time.
    #[must_use]
    pub fn weekly(&self) -> &[WeeklyWindow] {
        &self.weekly
    }

    /// Leave and extra days.
    #[must_use]
    pub fn exceptions(&self) -> &[AvailabilityException] {
        &self.exceptions
    }

    /// Whether cases are taken at all.
    #[must_use]
    pub const fn accepting(&self) -> bool {
        self.accepting
    }

    /// Whether the expert can be asked at this moment.
    #[must_use]
    pub fn is_available(&self, at: Timestamp) -> bool {
        if !self.accepting {
            return false;
        }
        let calendar = Calendar::of(self);
        let today = calendar.day_of(at);
        // Yesterday's windows may reach into today. Tomorrow's begin today where the clocks go back over midnight.
        let days = [today.yesterday(), Ok(today), today.tomorrow()];
        !calendar.is_leave(at)
            && days
                .into_iter()
                .flatten()
                .flat_map(|day| calendar.stated(day))
                .any(|span| span.contains(at))
    }

    /// Whether the expert is away at this moment.
    #[must_use]
    pub fn on_leave(&self, at: Timestamp) -> bool {
        Calendar::of(self).is_leave(at)
    }

    /// The first moment, from this one on, at which the expert can be asked. `None` within the next two years.
    #[must_use]
    pub fn next_available(&self, after: Timestamp) -> Option<Timestamp> {
        self.spans(after).next().map(|span| span.from.max(after))
    }

    /// The span of time, running or next, in which the expert can be asked, whole: spans that touch are one.
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

    /// What is left of the stated spans when leave is taken away, in order, as far as it ends after this moment.
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

/// Goes on while each span begins before the ones so far have ended.
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
