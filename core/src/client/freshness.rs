//! How far the phone is up to date with the server: when it pulled, and whether anything may be new since then.
//!
//! While the live stream is followed, the server tells of every change that this phone did not make itself. So a phone that
//! has pulled since the last reason to pull is up to date without asking, and may send what it wrote in chats on its own.

use super::sync_report::SyncReport;
use crate::protocol::sync::IDLE_MILLIS;
use crate::time::Timestamp;

/// How old a complete pull may be, in milliseconds, for something to be sealed after it.
const FRESH_MILLIS: i64 = 60_000;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Freshness {
    /// Whether the server's live stream is followed.
    pub(crate) follows: bool,
    /// When the last complete pull was asked for, by the phone's clock.
    pulled_at: Option<Timestamp>,
    /// Reasons to pull so far, and those that the last complete pull came after.
    reasons: u64,
    met: u64,
}

/// The moment at which a pull is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    at: Timestamp,
    reasons: u64,
}

impl Freshness {
    /// Something may be new on the server that nobody tells of.
    pub(crate) const fn needs_pull(&mut self) {
        self.reasons += 1;
    }

    pub(crate) const fn asking(&self, at: Timestamp) -> Asking {
        Asking {
            at,
            reasons: self.reasons,
        }
    }

    /// The pull that was asked for then is complete, but for what the server holds back for a moment.
    pub(crate) const fn pulled(&mut self, asked: Asking, report: &SyncReport) {
        self.pulled_at = Some(asked.at);
        if report.next_after_ms >= IDLE_MILLIS {
            self.met = asked.reasons;
        }
    }

    pub(crate) const fn has_pulled(&self) -> bool {
        self.pulled_at.is_some()
    }

    /// Whether the last complete pull was asked for so lately that something may be sealed after it.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.pulled_at.is_some_and(|at| {
            let age = now.unix_millis() - at.unix_millis();
            (0..=FRESH_MILLIS).contains(&age)
        })
    }

    /// Whether the phone is up to date without asking.
    pub(crate) fn is_level(&self, now: Timestamp) -> bool {
        self.follows && self.reasons == self.met && self.is_fresh(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_up_to_date_while_it_follows_and_has_pulled_after_every_reason_to() {
        let now = Timestamp::from_unix_millis(1_800_000_000_000);
        let report = |next_after_ms| SyncReport {
            next_after_ms,
            ..SyncReport::default()
        };
        let mut freshness = Freshness::default();
        freshness.needs_pull();
        freshness.follows = true;
        assert!(!freshness.is_level(now));
        let asking = freshness.asking(now);
        freshness.pulled(asking, &report(IDLE_MILLIS));
        assert!(freshness.is_level(now.plus_millis(60_000)));
        assert!(!freshness.is_level(now.plus_millis(60_001)));
        // The phone's clock was set back.
        assert!(!freshness.is_level(now.plus_millis(-1)));

        // Told of a change after the request was made.
        let asking = freshness.asking(now);
        freshness.needs_pull();
        freshness.pulled(asking, &report(IDLE_MILLIS));
        assert!(freshness.is_fresh(now) && !freshness.is_level(now));
        let asking = freshness.asking(now);
        freshness.pulled(asking, &report(250));
        assert!(!freshness.is_level(now), "the server holds something back");
        freshness.pulled(asking, &report(IDLE_MILLIS));
        assert!(freshness.is_level(now));
        freshness.follows = false;
        assert!(!freshness.is_level(now));
    }
}
