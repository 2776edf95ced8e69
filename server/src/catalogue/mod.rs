//! The catalogue: specialties, prices, and what is known of an expert when a case is assigned.

pub mod store;
