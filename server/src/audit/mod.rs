//! The audit log: entries chained by hash in the transaction that creates them.
//!
//! The invariant: an entry is appended in the same transaction as the act it records, under the lock of its
//! stream's head; no entry is ever changed or deleted.

mod store;

pub use store::{Act, BrokenStream, Verified, append, last_at, verify};
