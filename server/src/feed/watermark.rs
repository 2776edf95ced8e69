//! How long the watermark has stood still. While a transaction is open, anywhere in the database's cluster, readers see
//! nothing that was committed after it began; one that is forgotten stops the feed for everybody.
//!
//! The invariant: nothing but what PostgreSQL shows to every login is needed, so the age is counted from when this server
//! first saw the transaction.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::read::Moment;

/// An age from which the log says so.
const TOLD: Duration = Duration::from_secs(10);
/// Shortest time between two lines of the log.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The oldest open transaction that this server has seen, shared by all requests.
#[derive(Debug, Default, Clone)]
pub struct Watermark(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    xid: u64,
    since: Option<Instant>,
    told: Option<Instant>,
}

impl Watermark {
    /// Notes the state of the database, and returns for how long its watermark has stood still; zero if nothing is open.
    pub(crate) fn observe(&self, moment: Moment) -> Duration {
        let now = Instant::now();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if moment.watermark < seen.xid {
            // An older snapshot than another request's.
            return Duration::ZERO;
        }
        if moment.watermark > seen.xid {
            (seen.xid, seen.since) = (moment.watermark, None);
        }
        if moment.watermark >= moment.end {
            seen.since = None;
            return Duration::ZERO;
        }
        let since = *seen.since.get_or_insert(now);
        let age = now.duration_since(since);
        if age >= TOLD
            && seen
                .told
                .is_none_or(|told| now.duration_since(told) >= TOLD_EVERY)
        {
            seen.told = Some(now);
            tracing::warn!(
                watermark.xid = moment.watermark,
                watermark.age_s = age.as_secs(),
                "a transaction is open for long and holds back the feed"
            );
        }
        age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn moment(watermark: u64, end: u64) -> Moment {
        Moment {
            generation: 1,
            watermark,
            end,
        }
    }

    #[test]
    fn only_one_and_the_same_open_transaction_has_an_age() {
        let watermark = Watermark::default();
        assert_eq!(watermark.observe(moment(7, 7)), Duration::ZERO);
        watermark.observe(moment(7, 9));
        std::thread::sleep(Duration::from_millis(2));
        let age = watermark.observe(moment(7, 12));
        assert!(age >= Duration::from_millis(2));
        assert_eq!(
            watermark.observe(moment(5, 6)),
            Duration::ZERO,
            "a snapshot that was taken before"
        );
        assert!(watermark.observe(moment(7, 12)) >= age);
        assert!(watermark.observe(moment(9, 12)) < age, "the next one is younger");
        assert_eq!(watermark.observe(moment(12, 12)), Duration::ZERO);
        assert!(
            watermark.observe(moment(12, 13)) < age,
            "none was open in between"
        );
    }
}
