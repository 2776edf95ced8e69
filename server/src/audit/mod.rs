//! The audit: entries chained by hash in the transaction that makes them.
//!
//! Not here: the entry and its hash (`mso_core::audit`). The invariant: an entry is appended in the same transaction
//! as what it tells of, under the lock of its stream's head; nobody changes or deletes one.

mod store;

pub use store::{Act, BrokenStream, Verified, append, verify};
