//! A proxy between phone and test server. Invariant: what it refuses, it answers in its own words, never with a problem.

use crate::client::transport::Method;

/// A box between phone and server that refuses what it does not like, in its own words.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Between {
    /// Its limit of a body, in bytes.
    pub(in crate::client) most_bytes: Option<u64>,
    /// Its answer to PATCH.
    pub(in crate::client) to_patch: Option<u16>,
    /// Its answer to a POST that stands for PATCH.
    pub(in crate::client) to_override: Option<u16>,
}

impl Between {
    /// The status with which it answers such a request.
    pub(super) fn refuses(&self, method: Method, method_override: Option<&str>, bytes: u64) -> Option<u16> {
        let over = self.most_bytes.filter(|most| bytes > *most).map(|_| 413);
        let patch = self.to_patch.filter(|_| method == Method::Patch);
        over.or(patch)
            .or(self.to_override.filter(|_| method_override.is_some()))
    }
}
