//! How long the engine waits between cycles.

use std::time::Duration;

/// The engine's timing. Tests use shorter times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Upper limit of the first wait after a failure; doubles with each further failure.
    pub first_retry: Duration,
    /// Upper limit of any wait after a failure.
    pub longest_retry: Duration,
    /// Upper limit of a wait after success, whatever delay the server requests.
    pub longest_rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(300),
            longest_rest: Duration::from_secs(300),
        }
    }
}

impl Pace {
    /// The wait after success: the delay requested by the server, clamped to the pace.
    pub(crate) fn rest(&self, next_after_ms: u32) -> Duration {
        Duration::from_millis(u64::from(next_after_ms))
            .max(self.first_retry)
            .min(self.longest_rest)
    }

    /// The wait after this many consecutive failures: a random time up to the limit of that round, so
    /// that phones that failed together do not retry together.
    pub(crate) fn back_off(&self, failures: u32, random: u64) -> Duration {
        let doubled = self
            .first_retry
            .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let limit = u64::try_from(doubled.min(self.longest_retry).as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(random % limit.saturating_add(1))
    }
}
