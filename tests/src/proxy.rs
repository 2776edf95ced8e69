//! A TCP proxy between phone and server that cuts connections on command and counts the bytes it sees.
//!
//! It parses just enough HTTP/1.1 to know which bytes belong to an upload and at which offset. Nothing is
//! changed and nothing is delayed. It listens on loopback only.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// The number of connections cut.
    pub cuts: u32,
    /// Upload bytes forwarded more than once.
    pub bytes_resent: u64,
    /// Maximum bytes sent again after one interruption.
    pub most_resent_at_once: u64,
    /// Upload bytes forwarded, repeats included.
    pub upload_bytes: u64,
    /// All bytes from phones to the server.
    pub up_bytes: u64,
    /// All bytes from the server to phones.
    pub down_bytes: u64,
}

#[derive(Default)]
struct Shared {
    counts: Counts,
    /// Upload path → bytes forwarded so far, contiguous from the start.
    passed: HashMap<String, u64>,
    /// Requested cuts: upload path → offsets, ascending.
    upload_cuts: HashMap<String, Vec<u64>>,
    /// Requested cuts of responses: after this many bytes of one connection.
    download_cuts: Vec<u64>,
    /// Drops the next response to a request whose head starts with this.
    lose_answer_of: Option<String>,
    /// If recording: the bytes of each direction of each connection, as they were sent.
    recorded: Option<Vec<Vec<u8>>>,
}

impl Shared {
    /// A new recording, if there is one to make.
    fn begin_recording(&mut self) -> Option<usize> {
        let recorded = self.recorded.as_mut()?;
        recorded.push(Vec::new());
        Some(recorded.len() - 1)
    }

    fn record(&mut self, recording: Option<usize>, bytes: &[u8]) {
        let recorded = self.recorded.as_mut().zip(recording);
        if let Some(recording) = recorded.and_then(|(all, index)| all.get_mut(index)) {
            recording.extend_from_slice(bytes);
        }
    }
}

/// A running proxy. Stops with the runtime.
#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    refusing: watch::Sender<bool>,
}

impl Proxy {
    /// Listens on a free loopback port and forwards to `server`.
    pub async fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let refusing = watch::Sender::new(false);
        let proxy = Self {
            address: listener.local_addr()?,
            shared: Arc::default(),
            refusing,
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                let connection = accepting.clone();
                tokio::spawn(async move {
                    // A connection that ends with an error has ended; a proxy does not need to know more.
                    drop(connection.forward(phone, server).await);
                });
            }
        });
        Ok(proxy)
    }

    /// The URL that phones connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the connection that carries this upload once its bytes up to `offset` have been forwarded.
    pub fn cut_upload_at(&self, path: &str, offset: u64) {
        let mut shared = self.lock();
        let cuts = shared.upload_cuts.entry(path.to_owned()).or_default();
        cuts.push(offset);
        cuts.sort_unstable();
    }

    /// Cuts one connection after `bytes` of responses. Once for each call.
    pub fn cut_download_after(&self, bytes: u64) {
        self.lock().download_cuts.push(bytes);
    }

    /// Forwards the next request whose head starts with `head` (`POST /v1/sync`), and cuts before the
    /// response.
    pub fn lose_next_answer_of(&self, head: &str) {
        self.lock().lose_answer_of = Some(head.to_owned());
    }

    /// Simulates a lost network: new connections are refused, and open ones end.
    pub fn set_refusing(&self, refuse: bool) {
        self.refusing.send_replace(refuse);
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts.clone()
    }

    /// Records all bytes of the connections that are opened from now on.
    pub fn record(&self) {
        self.lock().recorded = Some(Vec::new());
    }

    /// What was recorded: the bytes of each direction of each connection.
    #[must_use]
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        self.lock().recorded.clone().unwrap_or_default()
    }

    async fn forward(&self, phone: TcpStream, server: SocketAddr) -> Result<()> {
        let mut refusing = self.refusing.subscribe();
        if *refusing.borrow_and_update() {
            return Ok(());
        }
        let server = TcpStream::connect(server).await?;
        phone.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (mut from_phone, mut to_phone) = phone.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let lose = Arc::new(Mutex::new(false));
        let (recording_up, recording_down) = {
            let mut shared = self.lock();
            (shared.begin_recording(), shared.begin_recording())
        };

        let up = {
            let (proxy, lose) = (self.clone(), Arc::clone(&lose));
            async move {
                let mut http = HttpReader::default();
                let mut buffer = vec![0; 16 * 1024];
                loop {
                    let read = from_phone.read(&mut buffer).await?;
                    let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                        to_server.shutdown().await?;
                        return anyhow::Ok(Ended::Closed);
                    };
                    proxy.lock().record(recording_up, bytes);
                    let (pass, cut) = proxy.inspect(&mut http, bytes, &lose);
                    to_server.write_all(bytes.get(..pass).unwrap_or(bytes)).await?;
                    if cut {
                        to_server.shutdown().await?;
                        return Ok(Ended::Cut);
                    }
                }
            }
        };
        let down = {
            let proxy = self.clone();
            async move {
                let mut buffer = vec![0; 16 * 1024];
                let mut passed = 0_u64;
                loop {
                    let read = from_server.read(&mut buffer).await?;
                    let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                        to_phone.shutdown().await?;
                        return anyhow::Ok(Ended::Closed);
                    };
                    if *lose.lock().unwrap_or_else(PoisonError::into_inner) {
                        proxy.lock().counts.cuts += 1;
                        return Ok(Ended::Cut);
                    }
                    passed += read as u64;
                    to_phone.write_all(bytes).await?;
                    let mut shared = proxy.lock();
                    shared.record(recording_down, bytes);
                    shared.counts.down_bytes += read as u64;
                    if let Some(index) = shared.download_cuts.iter().position(|limit| passed >= *limit) {
                        shared.download_cuts.swap_remove(index);
                        shared.counts.cuts += 1;
                        return Ok(Ended::Cut);
                    }
                }
            }
        };
        let refused = async move { drop(refusing.wait_for(|refusing| *refusing).await.map(drop)) };
        tokio::pin!(up, down);
        // A cut ends both directions at once; a clean end of one direction lets the other finish.
        tokio::select! {
            () = refused => {}
            ended = &mut up => if matches!(ended?, Ended::Closed) { down.await?; },
            ended = &mut down => if matches!(ended?, Ended::Closed) { up.await?; },
        }
        Ok(())
    }

    /// Inspects bytes from the phone: how many of them to forward, and whether to cut after those.
    fn inspect(&self, http: &mut HttpReader, bytes: &[u8], lose: &Mutex<bool>) -> (usize, bool) {
        let mut shared = self.lock();
        shared.counts.up_bytes += bytes.len() as u64;
        for (index, byte) in bytes.iter().enumerate() {
            match http.next(*byte) {
                Seen::Nothing => {}
                Seen::Head(head) => {
                    if shared
                        .lose_answer_of
                        .as_deref()
                        .is_some_and(|start| head.line.starts_with(start))
                    {
                        shared.lose_answer_of = None;
                        *lose.lock().unwrap_or_else(PoisonError::into_inner) = true;
                    }
                    if let Some(offset) = head.upload_offset {
                        let passed = shared.passed.get(&head.path).copied().unwrap_or(0);
                        let again = passed.saturating_sub(offset);
                        shared.counts.bytes_resent += again;
                        shared.counts.most_resent_at_once = shared.counts.most_resent_at_once.max(again);
                        shared.passed.insert(head.path, offset);
                    }
                }
                Seen::UploadByte(path) => {
                    shared.counts.upload_bytes += 1;
                    let passed = shared.passed.entry(path.clone()).or_default();
                    *passed += 1;
                    let passed = *passed;
                    let cuts = shared.upload_cuts.get_mut(&path);
                    if let Some(cuts) = cuts.filter(|cuts| cuts.first().is_some_and(|cut| passed >= *cut)) {
                        cuts.remove(0);
                        shared.counts.cuts += 1;
                        return (index + 1, true);
                    }
                }
            }
        }
        (bytes.len(), false)
    }
}

enum Ended {
    Closed,
    Cut,
}

/// Just enough HTTP/1.1 to follow the requests on one connection: heads, and bodies of a known length.
#[derive(Default)]
struct HttpReader {
    head: Vec<u8>,
    body_left: u64,
    upload: Option<String>,
}

struct Head {
    line: String,
    path: String,
    upload_offset: Option<u64>,
}

enum Seen {
    Nothing,
    Head(Head),
    UploadByte(String),
}

impl HttpReader {
    fn next(&mut self, byte: u8) -> Seen {
        if self.body_left > 0 {
            self.body_left -= 1;
            return self.upload.clone().map_or(Seen::Nothing, Seen::UploadByte);
        }
        self.head.push(byte);
        if !self.head.ends_with(b"\r\n\r\n") {
            return Seen::Nothing;
        }
        let text = String::from_utf8_lossy(&self.head).into_owned();
        self.head.clear();
        let line = text.lines().next().unwrap_or_default().to_owned();
        let field = |name: &str| {
            text.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        self.body_left = field("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let upload_offset = if line.starts_with("PATCH ") {
            field("upload-offset").and_then(|offset| offset.parse().ok())
        } else {
            None
        };
        self.upload = upload_offset.map(|_: u64| path.clone());
        Seen::Head(Head {
            line,
            path,
            upload_offset,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pair() -> (Proxy, TcpListener) {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(server.local_addr().unwrap()).await.unwrap();
        (proxy, server)
    }

    fn patch(path: &str, offset: u64, length: usize) -> Vec<u8> {
        let head =
            format!("PATCH {path} HTTP/1.1\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n");
        [head.into_bytes(), vec![7; length]].concat()
    }

    #[tokio::test]
    async fn an_upload_is_cut_at_the_byte_ordered_and_repeats_are_counted() {
        let (proxy, server) = pair().await;
        proxy.cut_upload_at("/v1/uploads/a", 600);
        let mut phone = TcpStream::connect(proxy.address).await.unwrap();
        phone.write_all(&patch("/v1/uploads/a", 0, 1000)).await.unwrap();
        let (mut at_server, _) = server.accept().await.unwrap();
        let mut got = Vec::new();
        at_server.read_to_end(&mut got).await.unwrap();
        let head = patch("/v1/uploads/a", 0, 1000).len() - 1000;
        assert_eq!(got.len(), head + 600, "what came before the cut arrives");
        assert_eq!(proxy.counts().cuts, 1);

        let mut phone = TcpStream::connect(proxy.address).await.unwrap();
        phone.write_all(&patch("/v1/uploads/a", 400, 600)).await.unwrap();
        phone.shutdown().await.unwrap();
        let (mut at_server, _) = server.accept().await.unwrap();
        at_server.read_to_end(&mut Vec::new()).await.unwrap();
        let counts = proxy.counts();
        assert_eq!(
            (
                counts.bytes_resent,
                counts.most_resent_at_once,
                counts.upload_bytes
            ),
            (200, 200, 1200)
        );
    }
}
