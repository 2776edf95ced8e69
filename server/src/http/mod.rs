//! HTTP: routes, callers, request bodies and error responses. Handlers are in each domain's `routes.rs`.

pub mod auth;
pub mod body;
pub mod error;
pub mod health;
pub mod list;
pub mod path;
pub mod request_id;
pub mod router;
