//! Plausibility of birth and death dates.
//!
//! The invariant: a date known only to the year or month is refused only if no day within it is possible, and
//! a date is never treated as future if it is today anywhere on Earth, by a clock that is up to 24 hours fast.

use crate::facts::Context;
use crate::refusal::Refusal;
use crate::time::{Date, PartialDate};

/// Maximum age in years.
const OLDEST: i16 = 130;

/// Checks that a living person may have been born on this date.
pub(super) fn check_birth(born: PartialDate, ctx: &Context) -> Result<(), Refusal> {
    let (year, month, day) = ctx.now.date().parts();
    let oldest = Date::new(year - OLDEST, month, day)
        // 29 February in a year without one.
        .or_else(|_| Date::new(year - OLDEST, month, day - 1))
        .map_err(|_| Refusal::BirthDateInvalid)?;
    if born.earliest() > ctx.latest_today() || born.latest() < oldest {
        return Err(Refusal::BirthDateInvalid);
    }
    Ok(())
}

/// Checks that a person born on `born` may have died on `died`.
pub(super) fn check_death(born: PartialDate, died: PartialDate, ctx: &Context) -> Result<(), Refusal> {
    if died.latest() < born.earliest() || died.earliest() > ctx.latest_today() {
        return Err(Refusal::DeceasedDateInvalid);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixture;
    use crate::time::Timestamp;

    fn at(now: &str) -> Context {
        Context {
            now: now.parse::<Timestamp>().unwrap(),
            ..Fixture::new().as_requester()
        }
    }

    fn birth(now: &str, born: &str) -> bool {
        let checked = check_birth(born.parse().unwrap(), &at(now));
        assert!(matches!(checked, Ok(()) | Err(Refusal::BirthDateInvalid)));
        checked.is_ok()
    }

    #[test]
    fn a_birth_date_is_neither_in_the_future_nor_130_years_and_a_day_back() {
        const NOON: &str = "2026-11-23T09:59:59.999Z";
        for (born, possible) in [
            ("2026-11-23", true),
            ("2026-11-24", true),
            ("2026-11-25", false),
            ("2026-11", true),
            ("2026-12", false),
            ("2026", true),
            ("2027", false),
            ("1896-11-23", true),
            ("1896-11-22", false),
            ("1896-11", true),
            ("1896-10", false),
            ("1896", true),
            ("1895", false),
        ] {
            assert_eq!(birth(NOON, born), possible, "{born}");
        }
    }

    #[test]
    fn a_child_born_today_where_the_day_begins_first_by_a_clock_a_day_fast_is_not_from_the_future() {
        assert!(!birth("2026-11-23T09:59:59.999Z", "2026-11-25"));
        assert!(birth("2026-11-23T10:00:00.000Z", "2026-11-25"));
    }

    #[test]
    fn a_leap_day_has_an_oldest_birthday_too() {
        assert!(birth("2028-02-29T12:00:00Z", "1898-02-28"));
        assert!(!birth("2028-02-29T12:00:00Z", "1898-02-27"));
    }

    #[test]
    fn nobody_dies_before_birth_or_after_tomorrow() {
        let ctx = at("2026-11-23T09:00:00Z");
        for (born, died, possible) in [
            ("1958-04-17", "1958-04-17", true),
            ("1958-04-17", "1958-04-16", false),
            ("1958-04-17", "1958", true),
            ("1958-04-17", "1958-03", false),
            ("1958", "1958-01-01", true),
            ("1958", "1957-12-31", false),
            ("1958", "2026-11-23", true),
            ("1958", "2026-11-24", true),
            ("1958", "2026-11-25", false),
        ] {
            let checked = check_death(born.parse().unwrap(), died.parse().unwrap(), &ctx);
            assert_eq!(checked.is_ok(), possible, "{born} {died}");
        }
    }
}
