//! The difference between the server's clock and the phone's, learnt from a response's `Date` header
//! (RFC 9110) when a signature was refused because of its time.
//!
//! Times shown to users and carried by commands stay the phone's own. Invariant: whatever a server
//! sends, only signatures and the age of tokens depend on it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::fmt::rfc2822::DateTimeParser;

use crate::time::Timestamp;

/// The difference in milliseconds. Kept in memory only; one exchange is enough to learn it again.
#[derive(Debug, Default)]
pub(crate) struct ServerClock(AtomicI64);

impl ServerClock {
    /// The server's time, as far as known, when the phone's clock shows `now`.
    pub(crate) fn at(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.0.load(Ordering::Relaxed))
    }

    /// Learns from a `Date` value received at `now`. `false` if it is not a valid date.
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
