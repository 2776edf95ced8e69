//! The audit chain: entries, and the hash that links each one to all earlier entries of its stream.
//! Pure; storage is in `server/src/audit`.
//!
//! An entry holds ids, codes and times, never clinical text. The payload is held only as a keyed digest
//! whose key can be erased.

mod chain;
mod entry;

pub use chain::{Broken, Chained, Fault, START, link, verify};
pub use entry::{AuditEntry, PayloadKey};
