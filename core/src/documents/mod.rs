//! Documents: the clinical files of a case. A file counts only when it is stored and its hash verified
//! (D-21).
//!
//! How bytes are transferred is in the client's `sync/` and the server's `documents/`.

pub mod inspect;
#[cfg(feature = "client")]
pub(crate) mod picture;

mod actions;
mod declare;
mod document;
mod file_name;
mod mark_scanned;
mod mark_stored;
mod strike;
mod withdraw;

pub use actions::DocumentAction;
pub use declare::DeclareDocument;
pub use document::{
    DeclaredFile, Document, DocumentKind, DocumentState, MAX_BYTES, MAX_CASE_BYTES, MAX_DOCUMENTS,
    MEDIA_TYPES, Scan, Strike,
};
pub use file_name::FileName;
pub use mark_scanned::MarkDocumentScanned;
pub use mark_stored::MarkDocumentStored;
pub use strike::StrikeDocument;
pub use withdraw::WithdrawDocument;
pub(crate) use withdraw::abort_uploads;
