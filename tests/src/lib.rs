//! What tests and the demo share: a server process, phone processes, an admin, and a network that fails on
//! command.
//!
//! Assertions about a single crate are beside its code. Everything here is a real program that talks over
//! real sockets; only the failures are artificial.

pub mod admin;
pub mod binaries;
pub mod caller;
pub mod canaries;
pub mod database;
pub mod many_cases;
pub mod operator;
pub mod opinions;
pub mod phone;
pub mod proxy;
pub mod server;
pub mod vault;
