//! Work that runs after the transaction that requested it, at least once, and work that is due at a set time.

pub mod queue;
