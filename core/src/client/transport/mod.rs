//! `Transport`: one HTTP exchange, however it is carried. Two implementations: [`http`] and the networks of tests.
//!
//! Not here: who is signed in (`session.rs`) and when to try again (`engine.rs`). The invariant: a transport sends a
//! request at most once and says honestly what happened to it; it never repeats or redirects by itself.

use std::fmt;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

pub mod http;

/// Carries requests to the server.
pub trait Transport: Send + Sync {
    /// Sends the request and waits for the head of the answer; its body follows as a stream. Dropping the future
    /// gives the exchange up.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}

/// The methods that this protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks how far an upload is.
    Head,
    /// Sends or creates.
    Post,
    /// Appends to an upload.
    Patch,
    /// Ends a session.
    Delete,
}

impl Method {
    /// As on the request line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request carries. Bytes only: uploads go in pieces small enough to be held, and can so be sent again.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Bytes),
}

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// From `/v1/…` on, without a query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What it carries.
    pub body: Body,
}

/// An answer whose body has yet to arrive.
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, piece by piece.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

/// Why an exchange did not come to its end. What the server did with the request is unknown, save for
/// [`TransportError::Unreachable`] and [`TransportError::Tls`]: there it never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection could be made.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The connection was cut.
    #[error("the connection was cut")]
    Interrupted,
    /// Nothing moved for too long.
    #[error("the server does not answer")]
    TimedOut,
    /// Who answers cannot prove to be the server.
    #[error("the server's identity cannot be proved")]
    Tls,
    /// The answer is longer than such an answer may be.
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

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body of this media type.
    #[must_use]
    pub fn content(self, media_type: &str, body: impl Into<Bytes>) -> Self {
        let body = Body::Bytes(body.into());
        Self { body, ..self }.header("content-type", media_type)
    }

    /// The value of a header.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl HttpResponse {
    /// An answer that is there already, as tests and errors make them.
    #[must_use]
    pub fn new(status: u16, headers: Vec<(String, String)>, body: impl Into<Bytes>) -> Self {
        let body: Bytes = body.into();
        Self {
            status,
            headers,
            body: futures::stream::once(async move { Ok(body) }).boxed(),
        }
    }

    /// The value of a header.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The whole body, when it has at most `limit` bytes.
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

// Headers hold tokens and bodies hold patients: only the outline is printed.
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
