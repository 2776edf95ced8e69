//! The write path on a real PostgreSQL: what a command changes, what it must not, and what the database itself
//! forbids.
//!
//! Here commands are executed directly, so that many can run at once; their way over HTTP is tested beside the
//! routes.

mod audit;
mod idempotency;
mod lifecycle;
mod races;
mod rights;
mod scope;
pub(crate) mod world;
