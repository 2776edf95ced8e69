//! Documents: the clinical files of cases, their storage, and the transfer of their bytes.
//!
//! # Creating an upload
//!
//! A command declares a document with its size and SHA-256. Uploads follow tus 1.0 (core, creation,
//! termination) in [`uploads`]; the address is the document's: `/v1/uploads/{document_id}`. `POST
//! /v1/uploads` checks that `Upload-Length` is the declared size and returns the address and the offset. It
//! stores nothing, so it may be repeated or left out. Every request first checks in `access` that the
//! document is of a case of the caller's institution.
//!
//! # Appending and resuming
//!
//! `HEAD` returns the offset: the length of the part file `parts/{document_id}.part` after it was synced to
//! disk. `PATCH` must begin at that offset (else `OffsetMismatch`) and may carry at most 64 MiB. `receive`
//! writes each chunk before it reads the next one and syncs the part file at the end. What was written
//! counts, also when the connection breaks or no byte arrives for 60 s; the phone asks for the offset and
//! continues there. `DELETE` removes the part.
//!
//! One request at a time has the turn ([`Writers`]). A later request asks the current writer to stop and
//! waits for up to 5 s, after which it fails with `UploadLocked`. Between processes, a lock on the part file
//! keeps a second writer out.
//!
//! # Completing
//!
//! With the last byte, `complete` does four things in this order:
//! 1. It hashes the whole part. On a mismatch it removes the part and fails with `HashMismatch` (460): the
//!    upload restarts at 0.
//! 2. It hard-links the part to `files/sha256/ab/abcd…` and syncs the folders ([`Objects`]).
//! 3. It executes `MarkDocumentStored` as the system actor. The command's id is derived from the document's
//!    id and the hash, so that a repetition gets the stored answer.
//! 4. It removes the part.
//!
//! # After a crash
//!
//! A crash loses only bytes that were not yet synced. If it happens between the last byte and step 3, the
//! part is still whole and the document not stored: the next `POST`, `HEAD` or `PATCH` repeats the steps,
//! each of which is idempotent. A crash between steps 3 and 4 leaves the part behind, as a second link to the
//! stored file.
//!
//! # A second upload of the same file
//!
//! For a stored document, `POST` and `HEAD` return the full size as offset, and `DELETE` is refused. Another
//! document with the same content is uploaded in full; step 2 then finds the file present, and both share it.
//!
//! [`downloads`] checks access as well, and audits each read.

mod access;
mod complete;
pub mod downloads;
mod objects;
mod receive;
pub mod store;
pub mod uploads;
mod writers;

pub(crate) use access::is_withdrawn;
pub use objects::Objects;
pub(crate) use receive::discard;
pub use writers::Writers;
