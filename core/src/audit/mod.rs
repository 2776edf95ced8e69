//! The audit chain: entries, and the hash that ties each to all before it in its stream. Pure.
//!
//! Not here: storage (`server/src/audit`). The invariant: an entry holds ids, codes and times, never clinical text;
//! what was asked is held as a keyed digest, whose key may be erased.

mod chain;
mod entry;

pub use chain::{Broken, Chained, Fault, START, link, verify};
pub use entry::{AuditEntry, PayloadKey};
