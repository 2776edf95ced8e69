//! By when each side owes its next step (D-28): urgent 4 h, 4 h, 24 h; routine 24 h, 48 h, 5 working days.
//!
//! Not here: reminders. A deadline never changes a status.

use super::request::UrgencyLevel;
use crate::time::Timestamp;

pub(super) fn accept_by(urgency: UrgencyLevel, now: Timestamp) -> Timestamp {
    match urgency {
        UrgencyLevel::Urgent => now.plus_hours(4),
        UrgencyLevel::Routine => now.plus_hours(24),
    }
}

pub(super) fn start_by(urgency: UrgencyLevel, now: Timestamp) -> Timestamp {
    match urgency {
        UrgencyLevel::Urgent => now.plus_hours(4),
        UrgencyLevel::Routine => now.plus_hours(48),
    }
}

pub(super) fn finish_by(urgency: UrgencyLevel, now: Timestamp) -> Timestamp {
    match urgency {
        UrgencyLevel::Urgent => now.plus_hours(24),
        UrgencyLevel::Routine => plus_working_days(now, 5),
    }
}

/// The same time of day after `days` days that are neither Saturday nor Sunday (UTC).
fn plus_working_days(now: Timestamp, days: u32) -> Timestamp {
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
        let friday: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        assert_eq!(
            finish_by(UrgencyLevel::Routine, friday).to_string(),
            "2026-11-27T10:00:00.000Z"
        );
        let sunday: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(
            finish_by(UrgencyLevel::Routine, sunday).to_string(),
            "2026-11-27T10:00:00.000Z"
        );
    }
}
