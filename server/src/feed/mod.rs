//! The change feed: which records of which stream changed, in an order that no reader can skip.
//!
//! Commands write it in their own transaction ([`write`](mod@write)); sync reads it ([`read`]). Which streams a caller
//! reads is decided in [`scope`] alone.

pub mod cursor;
pub mod read;
pub mod scope;
pub mod write;

pub use write::Touched;
