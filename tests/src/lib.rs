//! What tests and the demo share: a server process, phone processes, an admin, and a network that fails on order.
//!
//! Not here: assertions about one crate alone; those live beside the code. Everything in here is a real program
//! talking over real sockets; the only thing made up is the fault.

pub mod admin;
pub mod binaries;
pub mod database;
pub mod opinions;
pub mod phone;
pub mod proxy;
pub mod server;
