//! Patients: how they are stored.
//!
//! Not here: rules (`mso_core::patients`), and what each role sees (`sync::projection`).

pub mod store;
