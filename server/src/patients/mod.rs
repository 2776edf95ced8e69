//! Patients: how they are stored, listed and searched.
//!
//! Not here: rules (`mso_core::patients`), and what each role sees (`sync::projection`).

mod read;
pub mod routes;
pub mod store;
