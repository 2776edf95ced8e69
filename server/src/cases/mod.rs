//! Cases: storage, and reads over the API.

pub mod after_done;
pub mod assignments;
pub mod quarantine;
pub mod read;
pub mod routes;
pub mod store;
