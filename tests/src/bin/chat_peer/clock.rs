//! The clock that is the same for all processes of a machine, in milliseconds.

use rustix::time::{ClockId, Timespec, clock_gettime};

fn milliseconds(time: Timespec) -> f64 {
    time.tv_sec as f64 * 1_000.0 + time.tv_nsec as f64 / 1_000_000.0
}

pub(crate) fn now() -> f64 {
    milliseconds(clock_gettime(ClockId::Monotonic))
}

/// Processor time of this process.
pub(crate) fn cpu() -> f64 {
    milliseconds(clock_gettime(ClockId::ProcessCPUTime))
}
