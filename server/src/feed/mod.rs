//! The change feed: which records of which stream changed, in an order in which no reader can miss a row.
//!
//! Commands write it in their own transaction ([`write`](mod@write)); sync reads it ([`read`]). Only
//! [`scope`] decides which streams a caller reads.

pub mod cursor;
pub mod read;
pub mod scope;
mod watermark;
pub mod write;

pub use watermark::Watermark;
pub use write::Touched;
