//! Commands: everything that changes a record goes through here, whoever asks.
//!
//! `execute.rs` is the server's one write path. It asks `log.rs` for an earlier answer, lets `facts.rs` load what the
//! rule needs, and has `persist.rs` and `effects.rs` write what the rule decided. `late.rs` keeps what came too late.

pub mod execute;
pub mod late;
pub mod routes;

mod effects;
mod error;
mod facts;
mod log;
mod persist;
mod request;
mod work;

pub use error::ExecuteError;
pub use request::{Executed, Request, decode_pushed};
