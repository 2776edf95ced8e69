//! Documents: the clinical files of a case. A file counts only when it is stored and hash-checked (D-21).
//!
//! Here: what is declared and the rules. Not here: how bytes travel (client `sync/`, server `documents/`).

mod declare;
mod document;
mod mark_stored;

pub use declare::DeclareDocument;
pub use document::{
    DeclaredFile, Document, DocumentKind, DocumentState, MAX_BYTES, MAX_DOCUMENTS, MEDIA_TYPES,
};
pub use mark_stored::MarkDocumentStored;
