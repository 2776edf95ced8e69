//! Follows the server's live stream (`protocol::live`) while the engine is online: syncs at once when something changed, and
//! reads a chat's new message when it arrives.
//!
//! Invariant: a phone without the stream, or with one that loses events, shows the same a little later: sync delivers
//! everything again, and receiving it again changes nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt;

use super::chat::agenda;
use super::chat::receive::receive;
use super::error::WorkspaceError;
use super::observe::Changed;
use super::session::{self, CallError};
use super::shared::{Cancel, Shared};
use super::store::chat::{log_rows, outbox_rows};
use super::store::settings;
use super::transport::{HttpRequest, HttpResponse, Method, TransportError};
use crate::chat::{Appended, Entry};
use crate::protocol::live::{AFTER, CHANGED, ENTRY, MEDIA_TYPE, PATH, decode_entry};

/// Bytes of one event that is still read; several times an entry's.
const MAX_EVENT: usize = 64 * 1024;

/// Follows the stream until it is cancelled, from one connection to the next.
pub(crate) async fn follow(shared: &Shared, cancel: &Cancel) {
    shared.progress().freshness.follows = false;
    // First everything that is there, by sync.
    while !shared.progress().freshness.has_pulled() {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            () = shared.pulled.notified() => {}
        }
    }
    let mut failures = 0_u32;
    while !cancel.is_cancelled() {
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            ended = follow_once(shared, &mut failures) => ended,
        };
        if std::mem::take(&mut shared.progress().freshness.follows) {
            shared.soon.on_its_own();
        }
        failures = failures.saturating_add(1);
        let rest = match ended {
            // Nobody is signed in, or this server has no such stream, or the phone may not follow it.
            Err(CallError::SignInNeeded | CallError::UpdateNeeded | CallError::Problem { .. }) => {
                shared.pace.longest_rest
            }
            Ok(()) | Err(_) => shared
                .pace
                .back_off(failures, getrandom::u64().unwrap_or(u64::MAX)),
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            () = shared.signed_in.notified() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

async fn follow_once(shared: &Shared, failures: &mut u32) -> Result<(), CallError> {
    let mut request = HttpRequest::new(Method::Get, PATH).header("accept", MEDIA_TYPE);
    if let Some(cursor) = shared.store().read(settings::cursor)? {
        request = request.header(AFTER, STANDARD.encode(&cursor.0));
    }
    let response = session::signed_send(shared, request).await?;
    let mut events = Events::of(response);
    while let Some(event) = events.next().await? {
        *failures = 0;
        shared.progress().freshness.follows = true;
        match event.name.as_str() {
            CHANGED => shared.pull_now(),
            ENTRY if read_entry(shared, &event.data).unwrap_or(false) => {}
            ENTRY => shared.pull_now(),
            // The beginning, and what a newer server says.
            _ => {}
        }
    }
    Ok(())
}

/// Receives an entry of a chat. `false`: it cannot be read yet, and what is before it is to be asked for.
fn read_entry(shared: &Shared, data: &str) -> Result<bool, WorkspaceError> {
    let Some(record) = decode_entry(data) else {
        return Ok(false);
    };
    let Ok(entry) = Entry::decode(&record.entry) else {
        return Ok(false);
    };
    let (case_id, now) = (record.case_id, shared.now());
    // What waited for a key that came.
    let mut can_send = false;
    let is_read = shared.store().transaction(|tx| {
        // The user may have signed out, or the case gone, while it was on its way.
        let Some(session) = session::current(tx)? else {
            return Ok::<_, WorkspaceError>(false);
        };
        if !log_rows::is_known(tx, case_id)? {
            return Ok(false);
        }
        let keys = agenda::keys(tx, session.actor, now)?.map(|(keys, _)| keys);
        let wire = record.entry.to_vec();
        let received = receive(tx, keys.as_ref(), case_id, &[(entry.seq, wire)])?;
        let has_key = |(_, appended): &(u64, Appended)| matches!(appended, Appended::Epoch(_));
        can_send = received.checked.iter().any(has_key) && outbox_rows::is_any(tx, case_id)?;
        Ok(!received.checked.is_empty() && received.stopped.is_none())
    })?;
    if is_read {
        shared.observers.notify([Changed::Chat(case_id)]);
    }
    if can_send {
        shared.wake.notify_one();
    }
    Ok(is_read)
}

/// An event of a stream, with the last of its data lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    name: String,
    data: String,
}

/// The events of a response (WHATWG HTML, 9.2.6; one data line each, lines ended by a line feed).
struct Events {
    response: HttpResponse,
    buffer: Vec<u8>,
}

impl Events {
    const fn of(response: HttpResponse) -> Self {
        Self {
            response,
            buffer: Vec::new(),
        }
    }

    /// The next event; `None` at the end. Comments are passed over.
    async fn next(&mut self) -> Result<Option<Event>, TransportError> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let text: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let event = event(&String::from_utf8_lossy(&text));
                if event != Event::default() {
                    return Ok(Some(event));
                }
            }
            let Some(piece) = self.response.body.try_next().await? else {
                return Ok(None);
            };
            if self.buffer.len().saturating_add(piece.len()) > MAX_EVENT {
                return Err(TransportError::TooLong);
            }
            self.buffer.extend_from_slice(&piece);
        }
    }
}

fn event(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(':') {
            Some(("event", name)) => name.trim().clone_into(&mut event.name),
            Some(("data", data)) => data.trim().clone_into(&mut event.data),
            Some(_) | None => {}
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::StreamExt;
    use futures::executor::block_on;

    use super::*;

    fn events(pieces: Vec<&'static [u8]>) -> Events {
        let pieces = pieces.into_iter().map(|piece| Ok(Bytes::from_static(piece)));
        Events::of(HttpResponse {
            status: 200,
            headers: Vec::new(),
            body: futures::stream::iter(pieces).boxed(),
        })
    }

    #[test]
    fn events_are_read_however_they_are_cut_and_comments_are_passed_over() {
        let mut events = events(vec![
            b": \n\nevent: rea",
            b"dy\ndata:\n",
            b"\n:\n\n",
            b"event: entry\ndata: AAEC\n\n",
        ]);
        let mut read = Vec::new();
        while let Some(event) = block_on(events.next()).unwrap() {
            read.push((event.name, event.data));
        }
        let owned = |name: &str, data: &str| (name.to_owned(), data.to_owned());
        assert_eq!(read, [owned("ready", ""), owned("entry", "AAEC")]);
    }

    #[test]
    fn an_event_without_end_is_not_collected() {
        static PIECE: [u8; 40_000] = [b'x'; 40_000];
        let mut events = events(vec![&PIECE, &PIECE]);
        assert_eq!(block_on(events.next()), Err(TransportError::TooLong));
    }
}
