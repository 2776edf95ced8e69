//! Documents: the clinical files of cases, how they are stored, and how their bytes come and go.
//!
//! Up: [`uploads`] (addresses) → `receive` (bytes to disk, one writer at a time by [`Writers`]) → `complete` (hash,
//! keep, mark as stored). Down: [`downloads`]. Both ask `access` first whether the file is the caller's. Not here:
//! what may be declared and when a case is ready (`mso_core::documents`).

mod access;
mod complete;
pub mod downloads;
mod objects;
mod receive;
pub mod store;
pub mod uploads;
mod writers;

pub use objects::Objects;
pub use writers::Writers;
