//! `GET /v1/live`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::protocol::chat::ChatEntryRecord;
use mso_core::protocol::live::{AFTER, ENTRY, decode_entry};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::harness::{Server, User};
use crate::sync::Replica;

/// A phone's open stream, and what has arrived on it.
pub(crate) struct Stream {
    socket: TcpStream,
    seen: String,
}

impl Stream {
    pub(crate) async fn of(user: &User<'_>, cursor: Option<&[u8]>) -> Self {
        let mut call = user.unsigned("GET", "/v1/live");
        if let Some(cursor) = cursor {
            call = call.header(AFTER, STANDARD.encode(cursor));
        }
        Self {
            socket: user.sign(call).open().await,
            seen: String::new(),
        }
    }

    /// Waits until this stands in what arrived since the last call. `false`: the stream ended, or nothing came.
    pub(crate) async fn says(&mut self, wanted: &str) -> bool {
        self.up_to(wanted).await.is_some()
    }

    /// The next entry of a chat.
    pub(crate) async fn entry(&mut self) -> Option<ChatEntryRecord> {
        self.up_to(&format!("event: {ENTRY}\ndata: ")).await?;
        decode_entry(&self.up_to("\n\n").await?)
    }

    /// What arrives before this, up to which all is taken.
    async fn up_to(&mut self, wanted: &str) -> Option<String> {
        let mut piece = [0; 4096];
        loop {
            if let Some(at) = self.seen.find(wanted) {
                let before = self.seen[..at].to_owned();
                self.seen.drain(..at + wanted.len());
                return Some(before);
            }
            let read = tokio::time::timeout(Duration::from_secs(2), self.socket.read(&mut piece));
            match read.await {
                Ok(Ok(count)) if count > 0 => {
                    self.seen.push_str(&String::from_utf8_lossy(&piece[..count]));
                }
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// Waits for the end of the stream.
    async fn ends(&mut self) -> bool {
        let mut piece = [0; 4096];
        for _ in 0..100 {
            match tokio::time::timeout(Duration::from_secs(2), self.socket.read(&mut piece)).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return false,
            }
        }
        false
    }
}

#[tokio::test]
async fn a_stream_begins_at_the_phones_cursor_and_tells_what_changes_then() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let mut without = Stream::of(&amal.user, None).await;
    assert!(without.says("200 OK").await);
    assert!(
        without.says("event: changed").await,
        "nothing is known of its place"
    );
    amal.catches_up().await;
    let cursor = amal.request().cursor.unwrap();
    let mut live = Stream::of(&amal.user, Some(&cursor.0)).await;
    assert!(live.says("event: ready").await);
    assert!(without.ends().await, "a phone has one stream");

    // What the phone itself does it is answered; what others do it is told.
    let case = amal.user.submits(Vec::new()).await;
    assert!(!live.says("event: ").await);
    server.admin().await.assigns(&case, "noor").await;
    assert!(live.says("event: changed").await);

    let mut late = Stream::of(&amal.user, Some(&cursor.0)).await;
    assert!(late.says("event: changed").await, "it missed something");
}

#[tokio::test]
async fn only_a_phone_follows_and_only_as_long_as_it_may() {
    let server = Server::start_with(|state| state.heartbeat = Duration::from_millis(100)).await;
    let amal = server.requester("amal").await;
    amal.unsigned("GET", "/v1/live")
        .send()
        .await
        .refused(401, "signature_invalid");
    server
        .call("GET", "/v1/live")
        .send()
        .await
        .refused(401, "sign_in_needed");
    let browser = User::in_session(&server, "amal").await;
    browser.get("/v1/live").await.refused(403, "forbidden");

    let mut live = Stream::of(&amal, None).await;
    assert!(live.says("event: changed").await);
    for _ in 0..3 {
        assert!(live.says("\n:").await, "a heartbeat");
    }
    let device = amal.phone.as_ref().unwrap().id;
    let other = server.requester("amal").await;
    other
        .send(other.unsigned("DELETE", &format!("/v1/devices/{device}")))
        .await
        .ok(204);
    assert!(live.ends().await, "the phone was given up");
}
