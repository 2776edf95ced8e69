//! The audit log: entries chained by hash in the transaction that creates them.
//!
//! The invariant: an entry is appended in the same transaction as the act it records, under the lock of its
//! stream's head; no entry is ever changed or deleted.

mod store;

pub use store::{Act, Answer, BrokenStream, Verified, append, append_answer, last_at, verify};
