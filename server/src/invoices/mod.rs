//! Invoices and service records: what the server issues when a case is done.
//!
//! Not here: amounts and rounding (`mso_core::invoices`).

pub mod store;
