//! Storage of issues. Their rules are in `mso_core::issues`.

pub mod store;
