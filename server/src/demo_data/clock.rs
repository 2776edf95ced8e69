//! The clock of the story.
//!
//! The invariant: it never goes back.

use std::sync::atomic::{AtomicI64, Ordering};

use mso_core::time::{Clock, Timestamp};

/// Stands still until the story moves it on.
#[derive(Debug)]
pub(super) struct StoryClock(AtomicI64);

impl StoryClock {
    pub(super) const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.unix_millis()))
    }

    /// Moves on to this time.
    pub(super) fn move_to(&self, now: Timestamp) {
        self.0.fetch_max(now.unix_millis(), Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::SeqCst))
    }
}
