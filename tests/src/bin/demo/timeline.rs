//! What the demo prints: chapters, and one line for each event.

use std::time::Instant;

/// Prints with the seconds since the start.
pub(crate) struct Timeline(Instant);

impl Timeline {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn chapter(&self, title: &str) {
        println!("\n\u{2500}\u{2500} {title}");
    }

    pub(crate) fn say(&self, who: &str, what: &str) {
        println!("{:>6.2} s  {who:<16} {what}", self.0.elapsed().as_secs_f64());
    }
}
