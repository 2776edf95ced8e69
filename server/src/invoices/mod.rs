//! Invoices and service records: what the server issues when a case is done, and what becomes of it.
//!
//! `store.rs` freezes quotes and issues, `records.rs` reads and updates invoices, `services.rs` service records,
//! `routes.rs` answers reads. Not here: amounts, rounding and rules (`mso_core::invoices`), and what each role sees
//! (`sync/projection/money.rs`).

pub mod records;
pub mod routes;
pub mod services;
pub mod store;
