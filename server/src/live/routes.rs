//! `GET /v1/live`.

use std::convert::Infallible;

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::stream::{self, Stream};
use mso_core::protocol::live::{AFTER, CHANGED, ENTRY, READY};
use mso_core::protocol::sync::Cursor;
use mso_core::refusal::Refusal;
use serde_bytes::ByteBuf;

use super::hub::{Listening, Waiting};
use crate::State;
use crate::feed::cursor::Position;
use crate::feed::{read as feed, scope};
use crate::http::auth::single;
use crate::http::error::ApiError;
use crate::sessions::SignedIn;

/// A stream for one phone.
struct Live {
    state: State,
    listening: Listening,
    signed_in: SignedIn,
}

pub async fn live(
    Shared(state): Shared<State>,
    signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let device = signed_in.actor.device().ok_or(Refusal::Forbidden)?;
    let parties = scope::parties(&signed_in.actor);
    // First listens, then looks, so that nothing falls in between.
    let listening = state.live.listen(device, parties);
    let is_level = is_level(&state, &signed_in, single(&headers, AFTER)).await?;
    let live = Live {
        listening,
        state,
        signed_in,
    };
    let begun = if is_level { READY } else { CHANGED };
    let begun = vec![Event::default().event(begun).data("")];
    let events = stream::unfold((live, begun), |(live, mut events)| async move {
        if events.is_empty() {
            events = live.next().await?;
        }
        let event = events.pop()?;
        Some((Ok(event), (live, events)))
    });
    Ok(Sse::new(events))
}

/// Whether nothing is new for the caller since this cursor.
async fn is_level(state: &State, signed_in: &SignedIn, after: Option<&str>) -> Result<bool, ApiError> {
    let after = after.and_then(|after| STANDARD.decode(after).ok());
    let position = after.and_then(|after| Position::decode(&Cursor(ByteBuf::from(after))).ok());
    let Some(position) = position.filter(|position| position.boot.is_none()) else {
        return Ok(false);
    };
    let mut tx = state.database.begin_snapshot(&signed_in.actor).await?;
    let moment = feed::moment(&mut tx).await?;
    let is_level = moment.generation == position.generation
        && feed::held_back_ms(&mut tx, &signed_in.actor, &position)
            .await?
            .is_none();
    tx.commit().await?;
    Ok(is_level)
}

impl Live {
    /// The next events, last first; `None` ends the stream.
    async fn next(&self) -> Option<Vec<Event>> {
        match tokio::time::timeout(self.state.heartbeat, self.listening.next()).await {
            Ok(waiting) => waiting.map(events),
            Err(_) if self.may_go_on().await => Some(vec![Event::default().comment("")]),
            Err(_) => None,
        }
    }

    /// Whether the phone and its user may still act. If that cannot be found out, the stream ends.
    async fn may_go_on(&self) -> bool {
        let asked = crate::sessions::is_open(&self.state, self.signed_in.session).await;
        asked.unwrap_or(false)
    }
}

/// Entries first: a phone that has them has less to ask for.
fn events(waiting: Waiting) -> Vec<Event> {
    let mut events = Vec::new();
    if waiting.changed {
        events.push(Event::default().event(CHANGED).data(""));
    }
    let entries = waiting.entries.iter().rev();
    events.extend(entries.map(|entry| Event::default().event(ENTRY).data(entry)));
    events
}
