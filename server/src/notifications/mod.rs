//! Notifications: the outbox that accepted commands fill, and each person's inbox.
//!
//! Not here: who is told what (`mso_core::notifications`, and the rules); sending.

pub mod routes;
pub mod store;
