//! `POST /v1/sync`: pushed commands go through `commands::execute`, then one page of what changed is read in one
//! snapshot: feed rows, and the current records they name, projected for the caller's role.
//!
//! Not here: rules, and the writing of records. The invariant: which streams a caller reads is decided in
//! [`scope`] alone, which fields in [`projection`] alone.

pub mod cursor;
pub mod feed;
pub mod feed_write;
pub mod page;
pub mod projection;
mod purges;
pub mod routes;
pub mod scope;
