//! HTTP: addresses, who calls, what comes in, and how errors go out.
//!
//! Not here: what an address does (the domain's `routes.rs`).

pub mod auth;
pub mod body;
pub mod error;
pub mod health;
pub mod path;
pub mod request_id;
pub mod router;
