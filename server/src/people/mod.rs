//! People and organisations: their records, who may read them, and invitations.
//!
//! Rows are in [`store`], and the side effects of changing them in [`mod@write`]. Signing in and the keys of
//! phones are in [`crate::sessions`].

pub mod devices;
pub mod invites;
mod read;
pub mod routes;
pub mod store;
pub mod views;
pub mod write;
