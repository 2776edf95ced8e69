//! The chat of a case: the server keeps its order and can read nothing of it.
//!
//! | file | what |
//! |---|---|
//! | `push` | the chat items of a sync request |
//! | `append` | takes what a participant's device sends into a case's log, or answers with its fault |
//! | `storing` | stores what was added: rows, the change of the stream, what listeners are shown |
//! | `entitlement` | who may take part, by the case as it is |
//! | `store` | the SQL |
//! | `verify` | checks every log as it is stored, for `mso audit verify` |
//!
//! What an entry must look like is said by `mso_core::chat`, for phones and server alike. Invariant: entries are appended
//! under the lock of the chat's row, each with its texts and wraps in the same transaction; and only the server's login writes
//! them.

pub mod append;
mod entitlement;
mod push;
mod store;
mod storing;
mod verify;

pub use append::{Answer, Item, append, publish};
pub(crate) use push::push;
pub use verify::{BrokenChat, StoredFault, VerifiedChats, verify};
