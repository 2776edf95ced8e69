//! The server as its clients see it: real HTTP on a loopback port, a real PostgreSQL, and a clock that tests
//! control.
//!
//! One binary, one private database cluster. Each test has its own database, cloned from a migrated and
//! seeded template. The modules are named after the routes or records that they test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; clippy.toml allows it in test functions only, not in what they call"
)]

mod admin_reads;
mod chat;
mod commands;
mod cost;
mod demo_data;
mod downloads;
mod errors;
mod harness;
mod invoices;
mod jobs;
mod live;
mod patients;
mod people;
mod reads;
mod rights;
mod sessions;
mod sync;
mod uploads;
mod withdrawn_files;
