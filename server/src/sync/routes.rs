//! `POST /v1/sync`.
//!
//! First the pushed commands, each in a transaction of its own, in the order given; then the chat items; then the completed
//! purge orders; then one page, read in one snapshot, so that records and cursor agree. The invariant: no command overtakes one
//! on the same record, or one that it depends on; all others are answered, whatever happens to one. A revoked phone gets
//! none of this: its clinical texts are kept, and it is told what to delete.

use std::time::Instant;

use axum::extract::{Extension, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use mso_core::actor::Actor;
use mso_core::ids::{DeviceId, PurgeId};
use mso_core::protocol::PROTO;
use mso_core::protocol::cbor;
use mso_core::protocol::chat::{ChatOutcome, MAX_CHAT_ITEMS};
use mso_core::protocol::sync::{
    HeldUp, IDLE_MILLIS, MAX_PUSH, Outcome, PurgeOrder, PurgesOwed, PushItem, PushResult, RecordKey,
    SyncRequest, SyncResponse,
};
use mso_core::refusal::{Refusal, RefusalRecord};
use mso_core::time::Timestamp;
use uuid::Uuid;

use super::page::{self, Page};
use super::purges;
use crate::State;
use crate::chat;
use crate::commands::decode_pushed;
use crate::commands::execute::execute;
use crate::commands::{Request, late};
use crate::database::DatabaseError;
use crate::feed::cursor::Position;
use crate::feed::read as feed;
use crate::feed::scope;
use crate::http::auth::SyncCaller;
use crate::http::body::{Cbor, cbor_response};
use crate::http::error::ApiError;
use crate::http::request_id::RequestId;

/// Answer to a command of an operation that this server does not know.
const UNKNOWN_COMMAND: &str = "unknown_command";
/// Answer to a command on which this server fails until an operator has mended something.
const FAULT: &str = "fault";
/// How exact the time is at which a phone was last here.
const NOTED_MILLIS: i64 = 60_000;
/// Upper limit on `max_bytes`, whatever the phone asks for.
const MOST_BYTES: u32 = 4 * 1024 * 1024;
/// Shortest and longest poll delay while a slower transaction holds back committed changes.
const HELD_BACK_MILLIS: (u64, u64) = (250, 15_000);

pub async fn sync(
    Shared(state): Shared<State>,
    SyncCaller {
        actor,
        revoked,
        last_sync_at,
    }: SyncCaller,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    Cbor(request): Cbor<SyncRequest>,
) -> Result<Response, ApiError> {
    let device = admit(&actor, &request)?;
    if revoked {
        late::keep(&state, &actor, &request.push, &request_id).await?;
        let purge = owed(&state, &actor, device, &request.purged, &request_id).await?;
        return Err(ApiError::Revoked(PurgesOwed { purge }));
    }
    let position = request.cursor.as_ref().map(Position::decode).transpose();
    let position = position.map_err(|_| ApiError::BadRequest("not a cursor of this server"))?;
    let pushed = push(&state, &actor, &request.push, &request_id).await;
    let chat = chat::push(&state, &actor, &request.chat, &request_id).await;
    confirm(&state, &actor, device, &request.purged, &request_id).await?;
    let is_anew = position.as_ref().is_none_or(|position| position.boot.is_some());
    let noted = last_sync_at.filter(|_| !is_anew && request.purged.is_empty());
    note_sync(&state, device, noted).await?;
    let page = match &position {
        Some(position) if needs_no_page(&request) => Page::none(position.clone()),
        _ => read(&state, &actor, position, &pushed.touched, &request).await?,
    };
    let response = answer(&state, pushed, chat, page)?;
    let body = cbor::encode(&response).map_err(|_| ApiError::Internal)?;
    Ok(cbor_response(&headers, body))
}

/// Only a phone may sync, only as itself, and only with a protocol version that the server supports.
fn admit(actor: &Actor, request: &SyncRequest) -> Result<DeviceId, ApiError> {
    if request.proto != PROTO {
        return Err(Refusal::UpgradeRequired.into());
    }
    let counts = [request.push.len(), request.purged.len(), request.missing.len()];
    if counts.iter().any(|count| *count > MAX_PUSH) || request.chat.len() > MAX_CHAT_ITEMS {
        return Err(ApiError::BadRequest("too many items"));
    }
    let device = actor.device().ok_or(Refusal::Forbidden)?;
    if request.device == device {
        Ok(device)
    } else {
        Err(Refusal::Forbidden.into())
    }
}

/// Whether the phone asks for no page, and what it sends needs none: what commands change comes with their answers.
const fn needs_no_page(request: &SyncRequest) -> bool {
    request.push_only && request.push.is_empty() && request.purged.is_empty() && request.missing.is_empty()
}

/// The answers to the pushed commands.
#[derive(Debug, Default)]
struct Pushed {
    results: Vec<PushResult>,
    /// The records that they changed.
    touched: Vec<RecordKey>,
    /// The time ran out before the last one: the phone is to come again at once.
    cut: bool,
}

async fn push(state: &State, actor: &Actor, items: &[PushItem], request_id: &str) -> Pushed {
    let begun = Instant::now();
    let mut pushed = Pushed::default();
    let mut held_up = HeldUp::default();
    for item in items {
        // The first is always answered, so that every request gets somewhere.
        pushed.cut |= !pushed.results.is_empty() && begun.elapsed() >= state.push_time;
        let outcome = match decode_pushed(item) {
            Ok(request) => {
                let aggregate = request.envelope.command.aggregate().key();
                let outcome =
                    if pushed.cut || held_up.contains(item.id, &aggregate, &request.envelope.depends_on) {
                        Outcome::Retry
                    } else {
                        answer_one(state, actor, request, request_id, &mut pushed.touched).await
                    };
                if outcome.settled().is_none() {
                    held_up.add(item.id, Some(&aggregate));
                }
                outcome
            }
            Err(refusal) => {
                let outcome = undecoded(&refusal, request_id);
                held_up.add(
                    item.id,
                    item.aggregate.as_ref().filter(|_| outcome.settled().is_none()),
                );
                outcome
            }
        };
        pushed.results.push(PushResult { id: item.id, outcome });
    }
    pushed
}

/// The delay before a phone asks again for changes that have been held back for this long, in milliseconds: half as long
/// again, within limits, and not the same for all phones, which would otherwise come all at once.
fn held_back_delay(since_ms: u64) -> u32 {
    let (least, most) = HELD_BACK_MILLIS;
    let delay = (since_ms / 2).clamp(least, most);
    let spread = getrandom::u64().map_or(0, |random| random % (delay / 2));
    u32::try_from(delay * 3 / 4 + spread).unwrap_or(IDLE_MILLIS)
}

/// The answer to a command that was not decoded. One of an operation that this server does not know is not refused: a
/// newer server will know it.
fn undecoded(refusal: &Refusal, request_id: &str) -> Outcome {
    if *refusal == Refusal::UpgradeRequired {
        return Outcome::Held {
            code: UNKNOWN_COMMAND.to_owned(),
            reference: request_id.to_owned(),
        };
    }
    Outcome::Refused {
        refusal: RefusalRecord::from(refusal),
    }
}

async fn answer_one(
    state: &State,
    actor: &Actor,
    mut request: Request,
    request_id: &str,
    touched: &mut Vec<RecordKey>,
) -> Outcome {
    request.request_id = Some(request_id.to_owned());
    match execute(state, actor, request).await {
        Ok(executed) => {
            touched.extend(executed.touched);
            executed.outcome
        }
        // The error is already in the log, with this reference.
        Err(error) if error.is_permanent() => Outcome::Held {
            code: FAULT.to_owned(),
            reference: request_id.to_owned(),
        },
        Err(_) => Outcome::Retry,
    }
}

async fn confirm(
    state: &State,
    actor: &Actor,
    device: DeviceId,
    purged: &[PurgeId],
    request_id: &str,
) -> Result<(), DatabaseError> {
    let now = state.clock.now();
    if !purged.is_empty() {
        let ids: Vec<Uuid> = purged.iter().map(|id| id.as_uuid()).collect();
        purges::confirm(&state.database, actor, device, &ids, now, request_id).await?;
    }
    Ok(())
}

/// Notes when the phone was here, unless that was done within the last minute: it would cost each message a write. What a
/// phone owes depends on whether it was given anything since it last deleted everything, so a phone that begins anew, or has
/// deleted something, is always noted.
async fn note_sync(state: &State, device: DeviceId, noted: Option<Timestamp>) -> Result<(), DatabaseError> {
    let now = state.clock.now();
    let is_noted = noted.is_some_and(|noted| (0..NOTED_MILLIS).contains(&now.millis_since(noted)));
    if is_noted {
        return Ok(());
    }
    scope::note_sync(&state.database, device, now).await
}

/// What a revoked phone has yet to delete, after what it reports as deleted.
async fn owed(
    state: &State,
    actor: &Actor,
    device: DeviceId,
    purged: &[PurgeId],
    request_id: &str,
) -> Result<Vec<PurgeOrder>, DatabaseError> {
    let now = state.clock.now();
    if !purged.is_empty() {
        let ids: Vec<Uuid> = purged.iter().map(|id| id.as_uuid()).collect();
        purges::confirm(&state.database, actor, device, &ids, now, request_id).await?;
    }
    purges::owed(&state.database, actor, device, now).await
}

async fn read(
    state: &State,
    actor: &Actor,
    position: Option<Position>,
    touched: &[RecordKey],
    request: &SyncRequest,
) -> Result<Page, DatabaseError> {
    let max_bytes = usize::try_from(request.max_bytes.min(MOST_BYTES)).unwrap_or(usize::MAX);
    let mut tx = state.database.begin_snapshot(actor).await?;
    let moment = feed::moment(&mut tx).await?;
    state.watermark.observe(moment);
    let page = page::read(
        &mut tx,
        actor,
        moment,
        position,
        touched,
        &request.missing,
        max_bytes,
    )
    .await?;
    tx.commit().await?;
    Ok(page)
}

fn answer(
    state: &State,
    pushed: Pushed,
    chat: Vec<ChatOutcome>,
    page: Page,
) -> Result<SyncResponse, ApiError> {
    let goes_on = pushed.cut
        && pushed
            .results
            .iter()
            .any(|result| result.outcome.settled().is_some());
    let next_after_ms = match (page.more || goes_on, page.held_back_ms) {
        (true, _) => 0,
        (false, None) if pushed.cut => held_back_delay(0),
        (false, Some(since)) => held_back_delay(since),
        (false, None) => IDLE_MILLIS,
    };
    Ok(SyncResponse {
        results: pushed.results,
        chat,
        reset: page.reset,
        purge: page.purge,
        grants: page.grants,
        changes: page.changes,
        records: page.records,
        gone: page.gone,
        unreadable: page.unreadable,
        cut: pushed.cut,
        push_only: page.push_only,
        cursor: page.position.encode().map_err(|_| ApiError::Internal)?,
        more: page.more,
        server_time: state.clock.now(),
        next_after_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_asks_seldom_while_its_changes_are_held_back_for_long() {
        let (mut since_ms, mut asked) = (0, 0);
        while since_ms < 20_000 {
            let delay = u64::from(held_back_delay(since_ms));
            let (least, most) = HELD_BACK_MILLIS;
            assert!((least * 3 / 4..=most * 5 / 4).contains(&delay), "{delay} ms");
            since_ms += delay;
            asked += 1;
        }
        assert!(asked <= 20, "{asked} times in 20 s");
        let delays: std::collections::BTreeSet<u32> = (0..20).map(|_| held_back_delay(10_000)).collect();
        assert!(delays.len() > 1, "all phones come at once");
        assert!(held_back_delay(u64::MAX) < IDLE_MILLIS);
    }
}
