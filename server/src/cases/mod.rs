//! Cases: how they are stored, and how admins read them.
//!
//! Not here: rules (`mso_core::cases`), and what each role sees in sync (`sync::projection`).

pub mod after_done;
pub mod assignments;
pub mod quarantine;
pub mod read;
pub mod routes;
pub mod store;
