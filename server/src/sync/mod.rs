//! `POST /v1/sync`: pushed commands go through [`crate::commands::execute`]. Then one page of changes is read
//! in one snapshot: feed rows ([`crate::feed`]) and the current records that they name
//! ([`crate::projection`]).

pub mod page;
mod purges;
pub mod routes;
pub mod unconfirmed;
