//! Time: `Timestamp` (UTC, milliseconds), partial dates, and the `Clock` that all code uses.
//!
//! Only this module calls the system clock (`clippy.toml` forbids it elsewhere), so that tests control
//! the time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC with millisecond precision. On the wire: RFC 3339, `2026-11-23T20:49:22.123Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

// Milliseconds in what the chat signs (`chat::canonical`).
impl<C> minicbor::Encode<C> for Timestamp {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.i64(self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Timestamp {
    fn decode(decoder: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        decoder.i64().map(Self)
    }
}

/// The text is not a time or date in the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid time")]
pub struct TimeError;

impl Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// The moment `millis` later (earlier if negative); saturates at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment `hours` later (earlier if negative).
    #[must_use]
    pub const fn plus_hours(self, hours: i64) -> Self {
        self.plus_millis(hours.saturating_mul(3_600_000))
    }

    /// Milliseconds from `earlier` to `self`; negative if `earlier` is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar year in UTC, for numbers such as `MSO-2026-000123`.
    #[must_use]
    pub fn year(self) -> i16 {
        self.civil().year()
    }

    /// The day in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(self.civil())
    }

    fn civil(self) -> jiff::civil::Date {
        jiff::tz::Offset::UTC.to_datetime(self.jiff()).date()
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.jiff())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self(time.as_millisecond()))
            .map_err(|_| TimeError)
    }
}

/// A calendar day. On the wire: `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// Fails if the calendar has no such day. Months are 1–12.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, TimeError> {
        jiff::civil::Date::new(year, month, day)
            .map(Self)
            .map_err(|_| TimeError)
    }

    /// Year, month 1–12, day 1–31.
    #[must_use]
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// The day `days` later (earlier if negative); saturates at the ends of the calendar.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(days)))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        // jiff also accepts a time after the day; a date here is exactly ten characters.
        if text.len() != 10 {
            return Err(TimeError);
        }
        text.parse::<jiff::civil::Date>().map(Self).map_err(|_| TimeError)
    }
}

/// A date known to the year, the month or the day (FHIR `date`): `1958`, `1958-04`, `1958-04-17`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PartialDate {
    Year(i16),
    Month(i16, i8),
    Day(Date),
}

impl PartialDate {
    /// The earliest day that the date can mean.
    #[must_use]
    pub fn earliest(self) -> Date {
        let first = |year, month| Date::new(year, month, 1).unwrap_or(Date(jiff::civil::Date::MIN));
        match self {
            Self::Year(year) => first(year, 1),
            Self::Month(year, month) => first(year, month),
            Self::Day(day) => day,
        }
    }

    /// The latest day that the date can mean.
    #[must_use]
    pub fn latest(self) -> Date {
        match self {
            Self::Year(year) => Date::new(year, 12, 31).unwrap_or(Date(jiff::civil::Date::MAX)),
            Self::Month(..) => Date(self.earliest().0.last_of_month()),
            Self::Day(day) => day,
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => fmt::Display::fmt(day, f),
        }
    }
}

impl FromStr for PartialDate {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        match text.split('-').collect::<Vec<_>>().as_slice() {
            [year] if year.len() == 4 && digits(year) => year.parse().map(Self::Year).map_err(|_| TimeError),
            [year, month] if year.len() == 4 && month.len() == 2 && digits(year) && digits(month) => {
                let day: Date = format!("{text}-01").parse()?;
                let (year, month, _) = day.parts();
                Ok(Self::Month(year, month))
            }
            _ => text.parse().map(Self::Day),
        }
    }
}

macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

serde_as_text!(Timestamp, Date, PartialDate);

/// The source of the current time. Two implementations: the system clock, and one that tests control.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The system clock; the only place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that may read the system clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_back_what_it_wrote() {
        let time = Timestamp::from_unix_millis(1_795_467_362_007);
        assert_eq!(time.to_string(), "2026-11-23T20:56:02.007Z");
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
    }

    #[test]
    fn a_partial_date_may_mean_any_day_of_its_year_or_month() {
        for (text, first, last) in [
            ("1958", "1958-01-01", "1958-12-31"),
            ("1960-02", "1960-02-01", "1960-02-29"),
            ("1900-02", "1900-02-01", "1900-02-28"),
            ("1958-04-17", "1958-04-17", "1958-04-17"),
        ] {
            let date: PartialDate = text.parse().unwrap();
            assert_eq!(
                (date.earliest().to_string(), date.latest().to_string()),
                (first.to_owned(), last.to_owned())
            );
        }
    }

    #[test]
    fn a_partial_date_keeps_its_precision() {
        for text in ["1958", "1958-04", "1958-04-17"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "58",
            "1958-4",
            "1958-13",
            "1958-02-30",
            "1958-04-17T00:00",
            "+1958",
        ] {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
    }
}
