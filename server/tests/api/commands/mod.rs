//! The write path on a real PostgreSQL: what a command changes, what it must not change, and what the
//! database itself forbids.
//!
//! Commands are executed directly here, so that many can run at once. Their route over HTTP is tested in the
//! modules of the routes.

mod audit;
mod cancellation;
mod closing;
mod closing_seen;
mod edits;
mod files;
mod idempotency;
mod lifecycle;
pub(crate) mod races;
mod release;
mod scope;
mod team;
mod traces;
pub(crate) mod world;
