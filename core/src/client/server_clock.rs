//! How far the server's clock is from the phone's, learnt from an answer's `Date` (RFC 9110) when a signature was refused
//! for its time.
//!
//! Not here: the times that people see and that commands carry; those stay the phone's own. The invariant: whatever a
//! server says, nothing but signatures and the age of tokens depends on it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::fmt::rfc2822::DateTimeParser;

use crate::time::Timestamp;

/// The difference, in milliseconds. Kept in memory only: it is learnt again in one exchange.
#[derive(Debug, Default)]
pub(crate) struct ServerClock(AtomicI64);

impl ServerClock {
    /// What the server's clock shows when the phone's shows `now`, as far as is known.
    pub(crate) fn at(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.0.load(Ordering::Relaxed))
    }

    /// Learns from a `Date` that arrived at `now`. `false`: it is none.
    pub(crate) fn learn(&self, date: &str, now: Timestamp) -> bool {
        let Ok(server) = DateTimeParser::new().parse_timestamp(date) else {
            return false;
        };
        let ahead = Timestamp::from_unix_millis(server.as_millisecond()).millis_since(now);
        self.0.store(ahead, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_as_servers_send_it_is_learnt_and_anything_else_is_not() {
        let (clock, now) = (
            ServerClock::default(),
            Timestamp::from_unix_millis(784_111_000_000),
        );
        for none in ["", "yesterday", "784111777", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert!(!clock.learn(none, now), "{none}");
        }
        assert_eq!(clock.at(now), now);
        assert!(clock.learn("Sun, 06 Nov 1994 08:49:37 GMT", now));
        assert_eq!(clock.at(now).unix_millis(), 784_111_777_000);
        let end = Timestamp::from_unix_millis(i64::MIN);
        assert!(clock.learn("01 Jan 9998 00:00:00 GMT", end));
        assert!(clock.at(end) > end);
    }
}
