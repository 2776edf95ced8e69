//! The chat items of a sync request, in their order. Items about one case that follow each other are taken in one transaction.
//!
//! Invariant: no item overtakes one of its case that was not taken; and every item gets an outcome, whatever happens to others.

use std::collections::BTreeSet;
use std::time::Instant;

use mso_core::actor::Actor;
use mso_core::chat::{ChatFault, EntryKind, Payload, Signed};
use mso_core::ids::CaseId;
use mso_core::protocol::chat::{ChatItem, ChatItemKind, ChatOutcome};

use super::append::{Answer, Item, append, publish};
use crate::State;
use crate::database::DatabaseError;

/// Answer to an item of a kind that this server does not know.
const UNKNOWN_ITEM: &str = "unknown_chat_item";

/// Takes the items of the actor's phone. What is not begun within the time that a request has is left for the next one.
pub(crate) async fn push(
    state: &State,
    actor: &Actor,
    items: &[ChatItem],
    request_id: &str,
) -> Vec<ChatOutcome> {
    let begun = Instant::now();
    let mut outcomes = Vec::with_capacity(items.len());
    let mut held_up = BTreeSet::<CaseId>::new();
    for run in items.chunk_by(|one, next| one.case_id.is_some() && one.case_id == next.case_id) {
        let is_late = !outcomes.is_empty() && begun.elapsed() >= state.push_time;
        let case_id = run.first().and_then(|item| item.case_id);
        let taken = match case_id {
            _ if is_late => Vec::new(),
            Some(case_id) if held_up.contains(&case_id) => Vec::new(),
            Some(case_id) => take_run(state, actor, case_id, run, request_id).await,
            None => match run.first() {
                Some(item) => vec![take_certificate(state, actor, item, request_id).await],
                None => Vec::new(),
            },
        };
        let is_whole = taken.len() == run.len() && taken.iter().all(ChatOutcome::is_taken);
        held_up.extend(case_id.filter(|_| !is_whole));
        let missing = run.len().saturating_sub(taken.len());
        outcomes.extend(taken);
        outcomes.extend(std::iter::repeat_n(ChatOutcome::Retry, missing));
    }
    outcomes
}

/// Takes items of one case, up to the first that is not taken.
async fn take_run(
    state: &State,
    actor: &Actor,
    case_id: CaseId,
    run: &[ChatItem],
    request_id: &str,
) -> Vec<ChatOutcome> {
    let mut items = Vec::with_capacity(run.len());
    let mut refused = None;
    for item in run {
        match decode(item, case_id) {
            Ok(item) => items.push(item),
            Err(outcome) => {
                refused = Some(outcome);
                break;
            }
        }
    }
    let wanted = items.len();
    let answers = if wanted == 0 {
        Ok(Vec::new())
    } else {
        append(state, actor, case_id, items).await
    };
    match answers {
        Ok(answers) => {
            let mut outcomes: Vec<ChatOutcome> = answers.into_iter().map(outcome).collect();
            if outcomes.len() == wanted {
                outcomes.extend(refused);
            }
            outcomes
        }
        Err(error) => {
            log(&error, request_id);
            Vec::new()
        }
    }
}

async fn take_certificate(state: &State, actor: &Actor, item: &ChatItem, request_id: &str) -> ChatOutcome {
    if ChatItemKind::from_name(&item.kind) != Some(ChatItemKind::Certificate) {
        return unknown();
    }
    let certificate = match Signed::decode(&item.body) {
        Ok(certificate) => certificate,
        Err(fault) => return ChatOutcome::fault(fault),
    };
    match publish(state, actor, &certificate).await {
        Ok(Ok(())) => ChatOutcome::Stored,
        Ok(Err(fault)) => ChatOutcome::fault(fault),
        Err(error) => {
            log(&error, request_id);
            ChatOutcome::Retry
        }
    }
}

fn log(error: &DatabaseError, request_id: &str) {
    tracing::error!(%error, request_id, "a chat item was not taken");
}

fn unknown() -> ChatOutcome {
    ChatOutcome::Refused {
        code: UNKNOWN_ITEM.to_owned(),
    }
}

fn decode(item: &ChatItem, case_id: CaseId) -> Result<Item, ChatOutcome> {
    let kind = match ChatItemKind::from_name(&item.kind) {
        Some(ChatItemKind::Join) => return Ok(Item::Join(case_id)),
        Some(ChatItemKind::Roster) => EntryKind::Roster,
        Some(ChatItemKind::Epoch) => EntryKind::Epoch,
        Some(ChatItemKind::Envelope) => EntryKind::Envelope,
        Some(ChatItemKind::Certificate) | None => return Err(unknown()),
    };
    match Payload::decode(kind, &item.body).map_err(ChatOutcome::fault)? {
        Payload::Roster(row) => Ok(Item::Roster(row)),
        Payload::Epoch { record, wraps } => Ok(Item::Epoch { record, wraps }),
        Payload::Envelope(envelope) => Ok(Item::Envelope(envelope)),
        Payload::Device(_) | Payload::Removal(_) | Payload::Refused(_) => {
            Err(ChatOutcome::fault(ChatFault::Malformed))
        }
    }
}

fn outcome(answer: Answer) -> ChatOutcome {
    match answer {
        Answer::Appended { seq, at } => ChatOutcome::Appended { seq, at: Some(at) },
        Answer::Burnt { seq } => ChatOutcome::Burnt { seq },
        Answer::Known => ChatOutcome::Stored,
        Answer::Fault(fault) => ChatOutcome::fault(fault),
        Answer::Refused(refusal) => ChatOutcome::Refused {
            code: refusal.code().to_owned(),
        },
    }
}
