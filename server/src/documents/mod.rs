//! Documents: the clinical files of cases, their storage, and the transfer of their bytes.
//!
//! Upload: [`uploads`] (routes) → `receive` (bytes to disk, one writer at a time by [`Writers`]) → `complete`
//! (hash, keep, mark as stored). Download: [`downloads`]. Both first check with `access` that the caller may
//! access the file.

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
