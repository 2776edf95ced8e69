//! Work that is done after the transaction that asked for it, at least once; and work that the clock asks for.

pub mod queue;
