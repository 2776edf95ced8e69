//! Uploads: tus 1.0 (tus.io/protocols/resumable-upload), core, creation and termination.
//!
//! The upload's address is its document's: `/v1/uploads/{document_id}`. So creation is idempotent, and a phone
//! that was killed finds its upload without having stored an address.

/// The protocol version that client and server send.
pub const TUS_VERSION: &str = "1.0.0";

/// Media type of a PATCH body.
pub const OFFSET_MEDIA_TYPE: &str = "application/offset+octet-stream";

/// Where uploads are created.
pub const UPLOADS_PATH: &str = "/v1/uploads";

/// Status of a PATCH whose last byte arrived but whose bytes are not what was declared: what was stored is gone,
/// and the upload starts again at 0. (tus 1.0, checksum extension: 460 Checksum Mismatch.)
pub const CHECKSUM_MISMATCH: u16 = 460;
