//! The server as its clients see it: real HTTP on a loopback port, a real PostgreSQL, a clock that tests move.
//!
//! One binary, one private database cluster; each test has a database of its own, cloned from a migrated and seeded
//! template. The modules are named after what they ask for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; clippy.toml allows it in test functions only, not in what they call"
)]

mod commands;
mod downloads;
mod errors;
mod harness;
mod invoices;
mod patients;
mod people;
mod reads;
mod sessions;
mod sync;
mod uploads;
