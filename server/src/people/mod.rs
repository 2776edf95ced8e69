//! People and organisations, as admins read them. They are made by `mso admin` ([`crate::admin`]).

pub mod routes;
mod store;
