//! `POST /v1/sync`: pushed commands go through [`crate::commands::execute`]; then one page of what changed is read in
//! one snapshot: feed rows ([`crate::feed`]) and the current records they name ([`crate::projection`]).

pub mod page;
mod purges;
pub mod routes;
