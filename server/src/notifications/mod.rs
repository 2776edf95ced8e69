//! Notifications: the outbox that accepted commands fill, and each user's inbox.

pub mod routes;
pub mod store;
