//! One HTTP request, byte by byte: a test must be able to send what a library would refuse to send.

use std::net::SocketAddr;

use mso_core::crypto::SigningKey;
use mso_core::ids::DeviceId;
use mso_core::protocol::problem::Problem;
use mso_core::protocol::signature::{SignedParts, content_digest, is_upload};
use mso_core::protocol::uploads::METHOD_OVERRIDE;
use mso_core::time::Timestamp;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone)]
pub(crate) struct Call {
    address: SocketAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self {
            address,
            method,
            path,
            headers: Vec::new(),
            body: Vec::new(),
            length: None,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self
    }

    pub(crate) fn json(self, value: &impl Serialize) -> Self {
        self.header("content-type", "application/json")
            .body(serde_json::to_vec(value).unwrap())
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Announces a length other than the body's.
    pub(crate) fn announced(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    pub(crate) fn path(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// Signs the request as built so far, as a phone does.
    pub(crate) fn signed(mut self, device: DeviceId, key: &SigningKey, now: Timestamp) -> Self {
        let method_override = self.headers.iter().find(|(given, _)| given == METHOD_OVERRIDE);
        let method_override = method_override.map(|(_, value)| value.clone());
        let upload = is_upload(&self.method, method_override.as_deref());
        if !upload && !self.body.is_empty() {
            let digest = content_digest(&self.body);
            self = self.header("content-digest", digest);
        }
        let value = |name: &str| {
            self.headers
                .iter()
                .find(|(given, _)| given == name)
                .map(|(_, value)| value.as_str())
        };
        let parts = SignedParts {
            method: &self.method,
            path: &self.path,
            method_override: method_override.as_deref(),
            content_digest: if upload { None } else { value("content-digest") },
            upload_offset: if upload { value("upload-offset") } else { None },
            authorization: value("authorization"),
        };
        let fields = parts.sign(device, key, now);
        self.header("signature-input", fields.signature_input)
            .header("signature", fields.signature)
    }

    /// Sends the head and the body given so far, and leaves the connection open.
    pub(crate) async fn open(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: mso\r\nconnection: close\r\n",
            self.method, self.path
        );
        let length = self.length.unwrap_or(self.body.len());
        let chunked = self.headers.iter().any(|(name, _)| name == "transfer-encoding");
        if !chunked && (length > 0 || self.method == "POST" || self.method == "PATCH") {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // A server that has already refused may have closed the connection; its response says why.
        let _ = stream.write_all(&self.body).await;
        stream
    }

    pub(crate) async fn send(&self) -> Answer {
        Answer::read(self.open().await).await
    }
}

impl Answer {
    /// Reads the whole response on this connection.
    pub(crate) async fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("no head in the answer");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "{error} in {} {}",
                self.status,
                String::from_utf8_lossy(&self.body)
            )
        })
    }

    /// The response as a problem with this status and code, whose reference is the request's id.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Problem {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem: Problem = self.json();
        assert_eq!(
            (self.status, problem.code.as_str()),
            (status, code),
            "{problem:?}"
        );
        assert_eq!(problem.status, status);
        assert_eq!(Some(problem.reference.as_str()), self.header("x-request-id"));
        problem
    }

    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert!(self.header("x-request-id").is_some());
        self
    }

    pub(crate) fn offset(&self) -> u64 {
        self.header("upload-offset")
            .expect("no upload-offset")
            .parse()
            .unwrap()
    }
}
