//! Uploads: tus 1.0 (tus.io/protocols/resumable-upload), core, creation and termination.
//!
//! An upload has the address of its document: `/v1/uploads/{document_id}`. So creation is idempotent,
//! and a phone whose process was killed finds its upload without having stored an address.

/// The protocol version that client and server send.
pub const TUS_VERSION: &str = "1.0.0";

/// Media type of a PATCH body.
pub const OFFSET_MEDIA_TYPE: &str = "application/offset+octet-stream";

/// Names the method that a POST stands for, where a box between phone and server lets no PATCH through (tus 1.0). The
/// signature covers it.
pub const METHOD_OVERRIDE: &str = "x-http-method-override";

pub const UPLOADS_PATH: &str = "/v1/uploads";

/// Response status of a PATCH that completes the upload when the bytes do not match the declared hash.
/// The stored bytes have been deleted and the upload restarts at 0. (tus 1.0, checksum extension: 460
/// Checksum Mismatch.)
pub const CHECKSUM_MISMATCH: u16 = 460;
