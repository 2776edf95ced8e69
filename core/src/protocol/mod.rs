//! The wire format between phone and server. Encoding only, no business rules.
//!
//! Sync uses CBOR (RFC 8949) with named fields, so that a new optional field does not break old apps.
//! Everything for people and integrators is JSON. Every type here has a snapshot test, so a change of
//! bytes is visible in review.

pub mod cbor;
pub mod chat;
pub mod compression;
pub mod live;
pub mod problem;
pub mod records;
pub mod sessions;
pub mod signature;
pub mod sync;
pub mod uploads;

#[cfg(test)]
mod tests;

/// The sync protocol version of this build.
pub const PROTO: u16 = 1;
