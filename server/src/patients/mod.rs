//! Patients: storage, lists and search.

mod read;
pub mod routes;
pub mod store;
