//! The wire: what phone and server say to each other. Encoding only, no rule.
//!
//! Sync speaks CBOR (RFC 8949) with named fields, so that a new optional field breaks no old app; everything for
//! people and integrators is JSON. Every type here has a snapshot: a change of bytes is seen in review.

pub mod cbor;
pub mod problem;
pub mod records;
pub mod sessions;
pub mod signature;
pub mod sync;
pub mod uploads;

#[cfg(test)]
mod tests;

/// The version of the sync protocol that this build speaks.
pub const PROTO: u16 = 1;
