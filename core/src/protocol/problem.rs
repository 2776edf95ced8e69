//! Errors over HTTP: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, for a program (`code`) and a person (`detail`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A short summary, the same for every occurrence.
    pub title: String,
    /// The stable code.
    pub code: String,
    /// Details of this occurrence, in words. Never patient data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The reference to quote to support.
    pub reference: String,
}
