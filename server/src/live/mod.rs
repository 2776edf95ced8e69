//! Live delivery: tells phones at once that something changed for them, and hands them small entries of chats.
//!
//! | file | what |
//! |---|---|
//! | [`hub`] | who listens in this process, and what each has not been sent yet |
//! | [`between`] | tells the other replicas on the same database, and hears from them |
//! | [`routes`] | `GET /v1/live` |
//!
//! Invariant: nothing is delivered here that sync does not deliver too, so that a lost word costs time and nothing else. Who
//! is told was decided in the transaction that wrote the feed, under the lock of the stream.

pub mod between;
pub mod hub;
pub mod routes;

pub use hub::{Hub, News, Shown};
