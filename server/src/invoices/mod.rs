//! Invoices and service records: issued when a case is done, then verified, paid, credited or settled.
//!
//! `store.rs` freezes quotes and issues invoices, `records.rs` reads and updates them, `services.rs` handles
//! service records, and `routes.rs` serves reads. Amounts, rounding and rules are in `mso_core::invoices`;
//! what each role sees is in `projection/money.rs`.

pub mod records;
pub mod routes;
pub mod services;
pub mod store;
