//! Commands: how records are changed, whichever kind of actor asks.
//!
//! `execute.rs` is the server's one write path. It looks up an earlier answer in `log.rs`, lets `facts.rs`
//! load what the rule needs, and has `persist.rs` and `effects.rs` write what the rule decided. `late.rs`
//! keeps clinical texts from revoked phones and from users who may no longer act.

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
pub use routes::applied;
