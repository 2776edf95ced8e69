//! What one sync cycle did.

/// Counts of one complete cycle, as far as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncReport {
    /// Requests to `/v1/sync`.
    pub round_trips: u32,
    /// Commands that the server applied.
    pub commands_applied: u32,
    /// Commands that the server refused.
    pub commands_refused: u32,
    /// Records that were new.
    pub records: u32,
    /// Files uploaded completely.
    pub files_uploaded: u32,
    /// File bytes sent.
    pub bytes_uploaded: u64,
    /// Files downloaded completely.
    pub files_downloaded: u32,
    /// File bytes received.
    pub bytes_downloaded: u64,
    /// Files whose transfer failed; the reason is stored with each file.
    pub files_failed: u32,
    /// The delay before the next request, as requested by the server, in milliseconds.
    pub next_after_ms: u32,
}
