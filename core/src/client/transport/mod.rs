//! `Transport`: one HTTP exchange. Two implementations: [`http`] and the test networks.
//!
//! Invariant: a transport sends a request at most once and reports accurately what happened to it. It
//! never repeats or redirects by itself; `engine.rs` decides about retries.

use std::fmt;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

pub mod http;

/// Carries requests to the server.
pub trait Transport: Send + Sync {
    /// Sends the request and waits for the head of the response; its body follows as a stream. Dropping
    /// the future aborts the exchange.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}

named! {
    /// The methods that this protocol uses.
    pub enum Method {
        Get = "GET",
        /// Asks for the offset of an upload.
        Head = "HEAD",
        /// Sends or creates.
        Post = "POST",
        /// Appends to an upload.
        Patch = "PATCH",
        /// Ends a session.
        Delete = "DELETE",
    }
}

/// The body of a request. Bytes only: uploads are split into pieces small enough to be held in memory,
/// so they can be sent again.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    Empty,
    Bytes(Bytes),
}

#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: Method,
    /// Starts with `/v1/…`, without a query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

/// A response whose body has not arrived yet.
pub struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body, piece by piece.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

/// Why an exchange was not completed. What the server did with the request is unknown, except for
/// [`TransportError::Unreachable`] and [`TransportError::Tls`], where the request never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection could be established.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The connection was lost.
    #[error("the connection was cut")]
    Interrupted,
    /// No data was transferred for too long.
    #[error("the server does not answer")]
    TimedOut,
    /// The other side cannot prove that it is the server.
    #[error("the server's identity cannot be proved")]
    Tls,
    /// The response exceeds the size limit.
    #[error("the answer is too long")]
    TooLong,
}

impl HttpRequest {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body and its media type.
    #[must_use]
    pub fn content(self, media_type: &str, body: impl Into<Bytes>) -> Self {
        let body = Body::Bytes(body.into());
        Self { body, ..self }.header("content-type", media_type)
    }

    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl HttpResponse {
    /// A complete response, as used by tests and errors.
    #[must_use]
    pub fn new(status: u16, headers: Vec<(String, String)>, body: impl Into<Bytes>) -> Self {
        let body: Bytes = body.into();
        Self {
            status,
            headers,
            body: futures::stream::once(async move { Ok(body) }).boxed(),
        }
    }

    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The whole body; an error if it exceeds `limit` bytes.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, TransportError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.body.try_next().await? {
            if whole.len().saturating_add(piece.len()) > limit {
                return Err(TransportError::TooLong);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

// Headers contain tokens and bodies contain patient data, so only the outline is printed.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path)
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpResponse({})", self.status)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn a_body_past_its_limit_is_not_collected() {
        let pieces =
            || futures::stream::iter([Ok(Bytes::from_static(b"abc")), Ok(Bytes::from_static(b"def"))]);
        let response = || HttpResponse {
            status: 200,
            headers: Vec::new(),
            body: pieces().boxed(),
        };
        assert_eq!(block_on(response().bytes(6)).unwrap(), "abcdef");
        assert_eq!(block_on(response().bytes(5)), Err(TransportError::TooLong));
    }

    #[test]
    fn header_names_are_found_in_any_case_and_nothing_of_them_is_printed() {
        let request = HttpRequest::new(Method::Get, "/v1/sync").header("Authorization", "Bearer secret");
        assert_eq!(request.header_value("authorization"), Some("Bearer secret"));
        assert_eq!(format!("{request:?}"), "GET /v1/sync");
    }
}
