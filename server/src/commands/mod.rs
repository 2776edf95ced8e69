//! Commands: everything that changes a record goes through here, whoever asks.
//!
//! `execute.rs` is the server's one write path; `log.rs` remembers what was answered, `facts.rs` loads what a rule
//! needs, `persist.rs` and `effects.rs` write what it decided; `late.rs` keeps what comes too late. Not here: the rules, which are `mso_core`'s.

pub mod execute;
pub mod late;
pub mod routes;

mod effects;
mod facts;
mod log;
mod persist;
