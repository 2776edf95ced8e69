//! `GET /v1/live`: tells a phone at once what it would otherwise find out at its next sync. Server-sent events (WHATWG HTML,
//! 9.2), signed like every request of a phone.
//!
//! | event | data | what the phone does |
//! |---|---|---|
//! | [`READY`] | none | nothing: the stream has begun, and nothing is new since its cursor |
//! | [`CHANGED`] | none | syncs |
//! | [`ENTRY`] | Base64 of the CBOR of a [`ChatEntryRecord`] | reads it; the feed repeats it |
//!
//! The request names the phone's cursor ([`AFTER`]); if something is new since then, or there is none, the first event is
//! [`CHANGED`]. Nothing is told twice and nothing is kept for a phone that is not there: whatever it missed it finds by its cursor. Every
//! [`HEARTBEAT`] a comment follows, if nothing else did. The stream ends when the session does, when another of the same
//! phone begins, and within a heartbeat when the phone or its user may not act any more.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cbor;
use super::chat::ChatEntryRecord;

/// The route.
pub const PATH: &str = "/v1/live";

/// Field of the request: the phone's cursor in Base64 (WHATWG HTML, 9.2.4).
pub const AFTER: &str = "last-event-id";

pub const MEDIA_TYPE: &str = "text/event-stream";

/// The stream has begun.
pub const READY: &str = "ready";

/// Something that the phone's user reads has changed.
pub const CHANGED: &str = "changed";

/// An entry of a chat's log that the phone's user reads.
pub const ENTRY: &str = "entry";

/// Longest time without a byte. After twice as long the stream is dead.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// Largest entry that is sent along, in bytes of its encoding; of a larger one the phone is told that something changed.
pub const MAX_ENTRY: usize = 4 * 1024;

/// The data of an [`ENTRY`]; `None` if it is too large to be sent along.
#[must_use]
pub fn encode_entry(record: &ChatEntryRecord) -> Option<String> {
    let bytes = cbor::encode(record).ok()?;
    (bytes.len() <= MAX_ENTRY).then(|| STANDARD.encode(bytes))
}

/// Reads the data of an [`ENTRY`]; `None` if it is none.
#[must_use]
pub fn decode_entry(data: &str) -> Option<ChatEntryRecord> {
    cbor::decode(&STANDARD.decode(data).ok()?).ok()
}
