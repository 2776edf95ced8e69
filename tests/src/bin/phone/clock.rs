//! The phone's clock, which a user may have set to anything.

use mso_core::time::{Clock, SystemClock, Timestamp};

const DAY_MILLIS: i64 = 86_400_000;

#[derive(Debug)]
pub(crate) struct WrongClock {
    ahead_millis: i64,
}

impl WrongClock {
    /// This many days ahead; not at all if the text is empty or not a number.
    pub(crate) fn ahead(days: &str) -> Self {
        let days: i64 = days.parse().unwrap_or_default();
        Self {
            ahead_millis: days.saturating_mul(DAY_MILLIS),
        }
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now().unix_millis();
        Timestamp::from_unix_millis(now.saturating_add(self.ahead_millis))
    }
}
