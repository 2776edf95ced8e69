//! `GET /v1/documents/{document_id}/content`: a stored file, whole or in part, so that an interrupted download
//! can resume (RFC 9110, 14).
//!
//! The invariant: the file's name never appears in a header, because it may name a patient.

use std::ops::Range;

use axum::Extension;
use axum::extract;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use mso_core::ids::DocumentId;

use super::access;
use crate::State;
use crate::http::auth::{Caller, single};
use crate::http::error::ApiError;
use crate::http::path::Id;
use crate::http::request_id::RequestId;

/// The requested part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Outside,
}

/// Streams the bytes from disk.
pub async fn content(
    extract::State(state): extract::State<State>,
    Caller(actor): Caller,
    Id(id): Id<DocumentId>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let file = access::to_read(&state, &actor, id, &request).await?;
    let etag = format!("\"{}\"", file.sha256);
    let (status, range) = match asked(&headers, &etag, file.size) {
        Asked::Whole => (StatusCode::OK, 0..file.size),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Outside => return Err(ApiError::RangeNotSatisfiable { length: file.size }),
    };
    let part = (status == StatusCode::PARTIAL_CONTENT).then(|| {
        (
            header::CONTENT_RANGE,
            format!("bytes {}-{}/{}", range.start, range.end - 1, file.size),
        )
    });
    let fields = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CONTENT_LENGTH, (range.end - range.start).to_string()),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::ETAG, etag),
    ];
    let body = state.objects.read(file.sha256, range).await?;
    Ok((status, AppendHeaders(fields), AppendHeaders(part), body).into_response())
}

/// Serves a single range. Several ranges, or invalid ones, may be answered with the whole file, and are.
fn asked(headers: &HeaderMap, etag: &str, length: u64) -> Asked {
    let unchanged =
        !headers.contains_key(header::IF_RANGE) || single(headers, header::IF_RANGE.as_str()) == Some(etag);
    let range = single(headers, header::RANGE.as_str()).filter(|_| unchanged);
    range
        .and_then(|range| parse(range, length))
        .unwrap_or(Asked::Whole)
}

fn parse(range: &str, length: u64) -> Option<Asked> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    if !digits(first) || !digits(last) {
        return None;
    }
    if first.is_empty() {
        let tail: u64 = last.parse().ok()?;
        return Some(if tail == 0 {
            Asked::Outside
        } else {
            Asked::Part(length.saturating_sub(tail)..length)
        });
    }
    let first: u64 = first.parse().ok()?;
    let last: u64 = if last.is_empty() {
        u64::MAX
    } else {
        last.parse().ok()?
    };
    if last < first {
        return None;
    }
    Some(if first >= length {
        Asked::Outside
    } else {
        Asked::Part(first..last.saturating_add(1).min(length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected) in [
            ("bytes=0-0", Some(Asked::Part(0..1))),
            ("bytes=4-", Some(Asked::Part(4..10))),
            ("bytes=4-99", Some(Asked::Part(4..10))),
            ("bytes=-3", Some(Asked::Part(7..10))),
            ("bytes=-99", Some(Asked::Part(0..10))),
            ("bytes=10-", Some(Asked::Outside)),
            ("bytes=-0", Some(Asked::Outside)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=a-b", None),
            ("items=0-1", None),
            ("bytes=-", None),
        ] {
            assert_eq!(parse(range, 10), expected, "{range}");
        }
    }
}
