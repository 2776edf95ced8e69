//! The production transport: reqwest over rustls with ring.
//!
//! The crypto provider is passed in the client's own TLS configuration, so nothing is installed
//! process-wide. The platform decides which certificates are trusted (`rustls-platform-verifier`:
//! Keychain, Android's trust store, the system's certificates on Linux). On Android the app must have
//! called that crate's initialisation first.
//!
//! Retries and redirects are off, and proxies from the environment are ignored. Invariant: plain HTTP
//! is allowed only to the local machine, for tests and demos; all other connections use TLS.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt, stream};
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::Verifier;

use super::{Body, HttpRequest, HttpResponse, Method, Transport, TransportError};

/// Connect timeout.
const CONNECT: Duration = Duration::from_secs(10);

/// Idle timeout: between two pieces of a body, or before the head of a response.
const IDLE: Duration = Duration::from_secs(40);

/// The lowest transfer rate that does not count as stalled. The time to send the request's body at this
/// rate is added to the response timeout, because the system's buffers accept the body long before it
/// has been transmitted.
const SLOWEST_BYTES_PER_SECOND: u64 = 8 * 1024;

/// Of a longer body only this much is waited for: the line carried more in two seconds just before (`sync/piece.rs`), so one
/// that now needs minutes for it is as good as dead.
const LONGEST_WAITED_FOR: u64 = 1024 * 1024;

/// Time between two probes of a connection on which nothing else is sent. They keep its place in the tables of the
/// network's devices.
const PROBE: Duration = Duration::from_secs(15);

/// Unanswered probes that end a connection, after four minutes: [`patience`], which is three at most, has ended before.
const PROBES: u32 = 16;

/// HTTP to one server.
pub struct HttpTransport {
    client: reqwest::Client,
    origin: String,
}

/// Why there can be no transport to this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportSetupError {
    /// Not of the form `https://host` (or, on this machine, `http://127.0.0.1:port`), or with
    /// additional parts.
    #[error("not the address of a server")]
    BadAddress,
    /// Plain HTTP to another machine.
    #[error("plain http is for this machine only")]
    Insecure,
    /// There are no trusted certificates, or no TLS at all.
    #[error("tls cannot be set up")]
    Tls,
}

impl HttpTransport {
    /// A transport to the server at this address.
    pub fn new(server_url: &str) -> Result<Self, TransportSetupError> {
        let url = reqwest::Url::parse(server_url).map_err(|_| TransportSetupError::BadAddress)?;
        let host = url.host_str().ok_or(TransportSetupError::BadAddress)?;
        let user = !url.username().is_empty() || url.password().is_some();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && !user;
        let tls = match url.scheme() {
            _ if !bare => return Err(TransportSetupError::BadAddress),
            "https" => secure()?,
            "http" if is_this_machine(host) => plain()?,
            "http" => return Err(TransportSetupError::Insecure),
            _ => return Err(TransportSetupError::BadAddress),
        };
        let client = without_hidden_limits(reqwest::Client::builder())
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .user_agent(concat!("mso/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| TransportSetupError::Tls)?;
        Ok(Self {
            client,
            origin: url.origin().ascii_serialization(),
        })
    }
}

/// Takes out the library's own time limits, which are shorter than ours: by default it ends a connection after 30 seconds
/// without an acknowledgement of what was sent (`TCP_USER_TIMEOUT`), and after 60 seconds without an answer to a probe. A
/// slow line through a forwarding box has such gaps. What stays is for connections that carry no request (the pool's 90
/// seconds).
fn without_hidden_limits(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(None);
    builder
        .tcp_keepalive(PROBE)
        .tcp_keepalive_interval(PROBE)
        .tcp_keepalive_retries(PROBES)
}

fn is_this_machine(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

type ConfigBuilder = rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier>;

fn builder(provider: Arc<CryptoProvider>) -> Result<ConfigBuilder, TransportSetupError> {
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TransportSetupError::Tls)
}

fn secure() -> Result<rustls::ClientConfig, TransportSetupError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider)).map_err(|_| TransportSetupError::Tls)?;
    let mut config = builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts no certificates: the client requires a configuration even if it never uses TLS, and a minimal
/// machine may have no certificates to load.
fn plain() -> Result<rustls::ClientConfig, TransportSetupError> {
    let builder = builder(Arc::new(ring::default_provider()))?;
    Ok(builder
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

impl Transport for HttpTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        async move {
            let mut builder = self
                .client
                .request(method(request.method), format!("{}{}", self.origin, request.path));
            for (name, value) in &request.headers {
                builder = builder.header(name, value);
            }
            let mut length = 0;
            if let Body::Bytes(bytes) = request.body {
                length = bytes.len() as u64;
                builder = builder.body(bytes);
            }
            let answer = tokio::time::timeout(patience(length), builder.send()).await;
            let response = answer
                .map_err(|_| TransportError::TimedOut)?
                .map_err(|error| classify(&error))?;
            let headers = response.headers().iter();
            let headers =
                headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
            Ok(HttpResponse {
                status: response.status().as_u16(),
                headers: headers.collect(),
                body: watched(response.bytes_stream()).boxed(),
            })
        }
        .boxed()
    }
}

/// How long an answer to a body of this many bytes is waited for.
fn patience(length: u64) -> Duration {
    IDLE + Duration::from_secs(length.min(LONGEST_WAITED_FOR) / SLOWEST_BYTES_PER_SECOND)
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// The body, aborted if nothing arrives for too long.
fn watched(
    body: impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static {
    stream::unfold(Some(body.boxed()), |body| async move {
        let mut body = body?;
        match tokio::time::timeout(IDLE, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(Some(Err(error))) => Some((Err(classify(&error)), None)),
            Err(_) => Some((Err(TransportError::TimedOut), None)),
        }
    })
}

fn classify(error: &reqwest::Error) -> TransportError {
    let kind = if is_tls(error) {
        TransportError::Tls
    } else if error.is_connect() {
        TransportError::Unreachable
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else {
        TransportError::Interrupted
    };
    tracing::debug!(kind = %kind, "a request failed");
    kind
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        // The `source` of an `io::Error` that wraps another error is the source of *that* error, so
        // look at the wrapped error first.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped
            .map(|wrapped| wrapped as &(dyn Error + 'static))
            .or_else(|| error.source());
    }
    false
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpTransport({})", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that reads the head and body of one request, sends these bytes and closes the
    /// connection.
    async fn answers(answer: &'static [u8]) -> (HttpTransport, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let transport = HttpTransport::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let count = socket.read(&mut request).await.unwrap();
            socket.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&request[..count]).into_owned()
        });
        (transport, served)
    }

    #[tokio::test]
    async fn a_request_reaches_a_plain_server_on_this_machine() {
        let (transport, served) =
            answers(b"HTTP/1.1 201 Created\r\nLocation: /v1/x\r\nContent-Length: 2\r\n\r\nok").await;
        let request = HttpRequest::new(Method::Post, "/v1/uploads").header("Tus-Resumable", "1.0.0");
        let response = transport.send(request).await.unwrap();
        assert_eq!(
            (response.status, response.header_value("location")),
            (201, Some("/v1/x"))
        );
        assert_eq!(response.bytes(10).await.unwrap(), "ok");
        let request = served.await.unwrap();
        assert!(request.starts_with("POST /v1/uploads HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("tus-resumable: 1.0.0"), "{request}");
    }

    /// Takes 34 seconds of real time, because the kernel keeps this limit: a receiver that reads nothing, as a forwarding
    /// box with a full buffer, and then everything.
    #[tokio::test]
    async fn a_line_that_stands_still_for_half_a_minute_is_not_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let transport = HttpTransport::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::time::sleep(Duration::from_secs(34)).await;
            let (mut piece, mut last) = (vec![0; 64 * 1024], 0);
            while last != b'!' {
                let count = socket.read(&mut piece).await.unwrap();
                assert!(count > 0, "the body is cut");
                last = piece[count - 1];
            }
            socket
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .unwrap();
        });
        // More than the buffers of both sides hold.
        let mut body = vec![0; 16 * 1024 * 1024];
        body.push(b'!');
        let request = HttpRequest::new(Method::Patch, "/").content("application/offset+octet-stream", body);
        assert_eq!(transport.send(request).await.unwrap().status, 204);
        served.await.unwrap();
    }

    #[test]
    fn a_dead_line_is_given_up_within_three_minutes_and_by_no_rule_but_ours() {
        assert_eq!(patience(0), Duration::from_secs(40));
        assert_eq!(patience(256 * 1024), Duration::from_secs(72));
        assert_eq!(patience(8 * 1024 * 1024), Duration::from_secs(168));
        assert!(PROBE * PROBES > patience(u64::MAX), "no probe ends it before");
    }

    #[tokio::test]
    async fn a_body_that_is_cut_is_an_interruption() {
        let (transport, _served) = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok").await;
        let response = transport.send(HttpRequest::new(Method::Get, "/")).await.unwrap();
        assert_eq!(response.bytes(10).await, Err(TransportError::Interrupted));
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable_and_a_redirect_is_not_followed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let transport = HttpTransport::new(&format!("http://{address}")).unwrap();
        let error = transport
            .send(HttpRequest::new(Method::Get, "/"))
            .await
            .unwrap_err();
        assert_eq!(error, TransportError::Unreachable);

        let (transport, _served) =
            answers(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n").await;
        assert_eq!(
            transport
                .send(HttpRequest::new(Method::Get, "/"))
                .await
                .unwrap()
                .status,
            302
        );
    }

    #[tokio::test]
    async fn who_does_not_speak_tls_is_not_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(plain().unwrap())
            .no_proxy()
            .build()
            .unwrap();
        let transport = HttpTransport {
            client,
            origin: format!("https://{address}"),
        };
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
            socket.read_to_end(&mut Vec::new()).await.unwrap();
        });
        let error = transport
            .send(HttpRequest::new(Method::Get, "/"))
            .await
            .unwrap_err();
        assert_eq!(error, TransportError::Tls);
    }

    #[test]
    fn addresses_that_are_no_server_are_refused() {
        for (address, error) in [
            ("http://example.org", TransportSetupError::Insecure),
            ("http://127.0.0.1.example.org", TransportSetupError::Insecure),
            ("ftp://127.0.0.1", TransportSetupError::BadAddress),
            ("http://127.0.0.1/prefix", TransportSetupError::BadAddress),
            ("http://user@127.0.0.1", TransportSetupError::BadAddress),
            ("127.0.0.1:80", TransportSetupError::BadAddress),
        ] {
            assert_eq!(HttpTransport::new(address).unwrap_err(), error, "{address}");
        }
        assert!(HttpTransport::new("http://localhost:8080/").is_ok());
    }
}
