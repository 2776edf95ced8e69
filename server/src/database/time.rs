//! Conversions between the database's times and the core's.
//!
//! The core uses milliseconds, PostgreSQL microseconds; what the core writes it reads back unchanged.

use mso_core::time::{Date, Timestamp};
use time::OffsetDateTime;

/// Converts a stored time, rounding down to milliseconds.
#[must_use]
pub fn to_timestamp(time: OffsetDateTime) -> Timestamp {
    let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
    Timestamp::from_unix_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// Converts a time for storage. A time outside the range of the database type becomes 1970.
#[must_use]
pub fn from_timestamp(timestamp: Timestamp) -> OffsetDateTime {
    let nanos = i128::from(timestamp.unix_millis()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Converts a stored date.
#[must_use]
pub fn date_to(date: time::Date) -> Date {
    to_timestamp(date.midnight().assume_utc()).date()
}

/// Converts a date for storage.
#[must_use]
pub fn date_from(date: Date) -> time::Date {
    let (year, month, day) = date.parts();
    let month = u8::try_from(month)
        .ok()
        .and_then(|month| time::Month::try_from(month).ok());
    let day = u8::try_from(day).unwrap_or(1);
    let epoch = OffsetDateTime::UNIX_EPOCH.date();
    month
        .and_then(|month| time::Date::from_calendar_date(i32::from(year), month, day).ok())
        .unwrap_or(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_come_back_as_they_were() {
        for text in [
            "2026-11-23T20:56:02.007Z",
            "1969-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00.000Z",
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(to_timestamp(from_timestamp(time)), time);
            assert_eq!(date_to(date_from(time.date())), time.date());
        }
    }
}
