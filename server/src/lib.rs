//! The mso server: it alone decides assignment and invoicing. Commands and sync, sessions and uploads, on axum
//! and PostgreSQL.
//!
//! Read [`http::router`] first: it lists every route. Then read [`commands::execute`], the only way to write,
//! and [`sync`], the only way for phones to read. The actor is known before anything is read ([`http::auth`])
//! and in every transaction ([`database::Scoped`]).
//!
//! The domain rules are in `mso_core` and run inside [`commands::execute`].

#![forbid(unsafe_code)]

pub mod admin;
pub mod audit;
pub mod cases;
pub mod catalogue;
pub mod chat;
pub mod commands;
pub mod config;
pub mod database;
pub mod demo_data;
pub mod documents;
pub mod feed;
pub mod http;
pub mod invoices;
pub mod issues;
pub mod jobs;
pub mod live;
pub mod notifications;
pub mod patients;
pub mod people;
pub mod projection;
pub mod sessions;
pub mod state;
pub mod sync;

pub use http::router::app;
pub use state::State;
