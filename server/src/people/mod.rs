//! People and organisations: their records, who reads what of them, and how somebody comes in by a link.
//!
//! Rows are in [`store`], what changes with them in [`mod@write`]. Not here: signing in and phones' keys
//! ([`crate::sessions`]).

pub mod invites;
mod read;
pub mod routes;
pub mod store;
pub mod views;
pub mod write;
