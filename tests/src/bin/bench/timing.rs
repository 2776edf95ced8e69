//! Times of repeated calls, of which the median counts: a single slow one says something about the machine.

use std::time::{Duration, Instant};

use anyhow::Result;

#[derive(Debug, Default, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, since: Instant) {
        self.0.push(since.elapsed());
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds below which this part of the calls took.
    pub(crate) fn quantile(&self, part: f64) -> Result<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = (part * last as f64).round() as usize;
        let found = sorted
            .get(at)
            .ok_or_else(|| anyhow::anyhow!("nothing was measured"))?;
        Ok(found.as_secs_f64() * 1_000.0)
    }

    /// In milliseconds.
    pub(crate) fn median(&self) -> Result<f64> {
        self.quantile(0.5)
    }
}
