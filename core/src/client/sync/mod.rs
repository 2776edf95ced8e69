//! The sync protocol on the phone, as a state machine without I/O: `next_request` builds a request from the
//! store, `receive` turns the response into a plan, and [`apply`] carries it out.
//!
//! ```text
//!   store ─LocalState→ next_request ─SyncRequest→ (engine: network) ─SyncResponse→ receive ─Plan→ apply
//!     ▲                                                                                             │
//!     └───────────────────────────────── transactions of a page ──────────────────────────────────┘
//! ```
//!
//! A cycle pushes pending commands and pulls pages until the server has no more and every pushed command is
//! answered. Time, network and back-off are in `engine.rs`. The invariant: whatever is lost between two
//! steps, starting again from the store is correct, because requests may be repeated and pages applied twice.
//!
//! # A page
//!
//! A transaction stores, in this order: answers to commands, purge orders, grants, records, deletions
//! (`gone`), the sequence numbers of changes, and the cursor. Last, it rebuilds the overlay of everything
//! touched. A page of many records is stored in portions ([`portion`]), the cursor with the last. The cursor is the position in the feed, opaque to the phone; `None` asks for the feed from its
//! beginning. It is saved with the page, so after a lost response the same page is requested again.
//!
//! # Streams and sequence numbers
//!
//! A grant gives the phone a stream (for example a case) and its current number. From then on each change
//! must carry the next number. A lower number is ignored, a higher one is parked until the gap is filled.
//! Numbers only prove that nothing was skipped: the data is in the records, which are complete and versioned,
//! and an older version never replaces a newer one. At the end of the feed, parked numbers of streams without
//! a grant are dropped. If others remain three times in a row, the phone starts over.
//!
//! # Records and overlay
//!
//! Records are what the server sent. The overlay holds what pending commands make of them and can always be
//! rebuilt from records and outbox. An answered command leaves the outbox, so its overlay disappears with the
//! rebuild.
//!
//! # Purge orders
//!
//! An order deletes a stream: its records, its position, and the rows and keys of its files; the sealed files
//! follow after the commit ([`purge`]). Pending commands stay, and the server refuses them. Each request
//! confirms completed orders until a response arrives.
//!
//! # Chats
//!
//! Entries of a chat's log are records that go to `client/chat/receive.rs` instead of the records' table. What this phone adds
//! to chats follows from the store each time ([`super::chat::agenda`]), and goes only after a complete pull of a short time
//! ago ([`super::freshness`]), so that nothing is sealed for readers who are not those any more. A phone that is up to date and
//! sends nothing but envelopes asks for no page: with the answer it has their entries whole.
//!
//! # Unreadable records
//!
//! A record that the server holds but cannot read fails only itself. The phone keeps what it has of it, counts it in
//! `SyncStatus`, and asks for it once in each cycle until the server sends it or says that it is gone.
//!
//! # Reset
//!
//! The phone starts over when the server says so or when a gap stays. Cursor and positions are cleared and
//! all records marked stale; keys, outbox and files stay. Records that arrive again are confirmed, even with
//! a lower version. At the end of the feed, the records that are still stale are deleted.

pub(crate) mod apply;
pub(crate) mod downloads;
pub(crate) mod piece;
pub(crate) mod portion;
pub(crate) mod purge;
pub(crate) mod push;
mod transfers;
pub(crate) mod uploads;

use std::collections::BTreeMap;

use rusqlite::Connection;

use self::push::Unanswered;
use super::store::outbox::Waiting;
use super::store::{StoreError, outbox, records, settings, streams};
use crate::ids::{CaseId, CommandId, DeviceId, PurgeId};
use crate::protocol::PROTO;
use crate::protocol::chat::{ChatItem, ChatOutcome, MAX_CHAT_ITEMS};
use crate::protocol::sync::{
    Change, Cursor, Grant, HeldUp, MAX_PUSH, PurgeOrder, RecordKey, ResetReason, SettledOutcome, SyncRequest,
    SyncResponse, WireRecord,
};
use crate::time::Timestamp;

/// Records that are asked for again in one cycle. Each costs the server a few queries, so they take turns.
const MAX_MISSING: usize = 10;

/// Requests with something for chats in one exchange. What is left goes with the next.
const MAX_CHAT_ROUNDS: u32 = 64;

/// Approximate maximum size of a page's records, in bytes.
const PAGE_BYTES: u32 = 512 * 1024;

/// The part of the store from which a request is built.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LocalState {
    pub(crate) device: DeviceId,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) purged: Vec<PurgeId>,
    /// Records that the server could not read.
    pub(crate) missing: Vec<RecordKey>,
    /// What is to be added to chats.
    pub(crate) chat: Vec<ChatItem>,
}

impl LocalState {
    pub(crate) fn load(conn: &Connection, device: DeviceId) -> Result<Self, StoreError> {
        Ok(Self {
            device,
            cursor: settings::cursor(conn)?,
            waiting: outbox::to_push(conn, settings::server_time(conn)?, MAX_PUSH)?,
            purged: streams::unacknowledged(conn, MAX_PUSH)?,
            missing: records::missing(conn, MAX_MISSING)?,
            chat: Vec::new(),
        })
    }
}

/// The response does not fit the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SyncFault {
    /// There is no open request.
    #[error("an answer without a question")]
    Unasked,
    /// It announces more, but the cursor has not moved.
    #[error("the feed does not move on")]
    Stuck,
}

/// The open request.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    cursor: Option<Cursor>,
    pushed: Vec<(CommandId, RecordKey)>,
    purged: Vec<PurgeId>,
    chat: Vec<ChatItem>,
    push_only: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Machine {
    asked: Option<Asked>,
    /// There is nothing to fetch: the last response said so, or nothing may be new.
    level: bool,
    /// A request of this cycle has asked for the missing records.
    asked_missing: bool,
    /// Commands that the server did not answer in this cycle; later ones must not overtake them.
    held_up: HeldUp,
    /// The most commands in one request, once a request was too large for the line; 0: no limit.
    limit: usize,
    /// Entries of chats that the server has taken in this cycle and that may not have come back yet.
    awaited: BTreeMap<CaseId, u64>,
    /// The server left something for chats unanswered; nothing more is sent to them in this cycle.
    chats_wait: bool,
    /// Requests of this cycle that had something for chats.
    chat_rounds: u32,
}

/// What to do with a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) settled: Vec<(CommandId, SettledOutcome)>,
    pub(crate) unanswered: Vec<Unanswered>,
    pub(crate) acknowledged: Vec<PurgeId>,
    /// What was added to chats, and what became of it.
    pub(crate) chat: Vec<(ChatItem, ChatOutcome)>,
    pub(crate) step: Step,
    /// The server's clock. What is kept for a time is deleted by this clock, never by the phone's.
    pub(crate) server_time: Timestamp,
    pub(crate) next_after_ms: u32,
}

/// The next step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// The feed must be read from its start.
    Reset(ResetReason),
    /// The next page.
    Page(Page),
    /// There is none, as asked.
    PushOnly,
}

/// One page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    /// The feed is being read from its start.
    pub(crate) begins: bool,
    pub(crate) purge: Vec<PurgeOrder>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) changes: Vec<Change>,
    pub(crate) records: Vec<WireRecord>,
    pub(crate) gone: Vec<RecordKey>,
    pub(crate) unreadable: Vec<RecordKey>,
    /// `None`: further portions of the page follow.
    pub(crate) cursor: Option<Cursor>,
    /// With this page the phone is up to date with the server.
    pub(crate) ends: bool,
}

impl Machine {
    /// An exchange of a cycle in which the missing records were asked for, by a phone that may be up to date already.
    pub(crate) fn of_cycle(asked_missing: bool, level: bool) -> Self {
        Self {
            asked_missing,
            level,
            ..Self::default()
        }
    }

    /// The next request of this cycle; `None` when there is nothing left to push, fetch or confirm.
    pub(crate) fn next_request(&mut self, local: LocalState) -> Option<SyncRequest> {
        let limit = if self.limit == 0 { MAX_PUSH } else { self.limit };
        let aggregates: BTreeMap<CommandId, RecordKey> = local
            .waiting
            .iter()
            .map(|waiting| (waiting.item.id, waiting.aggregate.clone()))
            .collect();
        let push = push::choose(local.waiting, &self.held_up, limit);
        if self.level && push.is_empty() && local.purged.is_empty() && local.chat.is_empty() {
            return None;
        }
        let missing = if self.asked_missing {
            Vec::new()
        } else {
            local.missing
        };
        self.asked_missing = true;
        let push_only = self.level
            && local.cursor.is_some()
            && (push.is_empty() && local.purged.is_empty() && missing.is_empty())
            && local.chat.iter().all(ChatItem::is_known_by_answer);
        self.asked = Some(Asked {
            push_only,
            cursor: local.cursor.clone(),
            // In the order of pushing, in which the answers are applied too.
            pushed: push
                .iter()
                .filter_map(|item| Some((item.id, aggregates.get(&item.id)?.clone())))
                .collect(),
            purged: local.purged.clone(),
            chat: local.chat.clone(),
        });
        Some(SyncRequest {
            proto: PROTO,
            device: local.device,
            cursor: local.cursor,
            push,
            chat: local.chat,
            purged: local.purged,
            missing,
            max_bytes: PAGE_BYTES,
            push_only,
        })
    }

    /// Adds chat items to the request that was just built, behind those that it has.
    pub(crate) fn add_chat(&mut self, request: &mut SyncRequest, items: Vec<ChatItem>) {
        let room = MAX_CHAT_ITEMS.saturating_sub(request.chat.len());
        request.chat.extend(items.into_iter().take(room));
        if let Some(asked) = &mut self.asked {
            asked.chat.clone_from(&request.chat);
        }
    }

    /// Whether there is nothing to fetch: the last response said so, or nothing may be new.
    pub(crate) const fn is_level(&self) -> bool {
        self.level
    }

    /// There may be something to fetch.
    pub(crate) const fn pull_next(&mut self) {
        self.level = false;
    }

    /// Whether something may be added to chats, if the phone is up to date.
    pub(crate) const fn takes_chat(&self) -> bool {
        !self.chats_wait && self.chat_rounds < MAX_CHAT_ROUNDS
    }

    /// Entries of chats that the server has taken in this cycle, by the number of the newest.
    pub(crate) const fn awaited(&self) -> &BTreeMap<CaseId, u64> {
        &self.awaited
    }

    /// Interprets a response.
    pub(crate) fn receive(&mut self, response: SyncResponse) -> Result<Plan, SyncFault> {
        let asked = self.asked.take().ok_or(SyncFault::Unasked)?;
        let pushed: Vec<CommandId> = asked.pushed.iter().map(|(id, _)| *id).collect();
        let mut answers = push::sort(&pushed, &response.results);
        if response.cut {
            let settled = answers.settled.last().map(|(id, _)| *id);
            let tried = settled.and_then(|last| pushed.iter().position(|id| *id == last));
            if let Some(tried) = tried {
                // Nothing is wrong with the others. One was settled, so that this ends.
                let untried = pushed.get(tried + 1..).unwrap_or_default();
                answers
                    .unanswered
                    .retain(|unanswered| !untried.contains(&unanswered.id));
            }
        }
        for (id, aggregate) in &asked.pushed {
            if answers.unanswered.iter().any(|unanswered| unanswered.id == *id) {
                self.held_up.add(*id, Some(aggregate));
            }
        }
        let is_final = |outcome: &ChatOutcome| !matches!(outcome, ChatOutcome::Retry | ChatOutcome::Unknown);
        self.chat_rounds += u32::from(!asked.chat.is_empty());
        self.chats_wait |= response.chat.len() < asked.chat.len() || !response.chat.iter().all(is_final);
        let chat: Vec<(ChatItem, ChatOutcome)> = asked.chat.into_iter().zip(response.chat).collect();
        for (item, outcome) in &chat {
            if let (Some(case_id), ChatOutcome::Appended { seq, .. } | ChatOutcome::Burnt { seq }) =
                (item.case_id, outcome)
            {
                let awaited = self.awaited.entry(case_id).or_default();
                *awaited = (*awaited).max(*seq);
            }
        }
        let step = match response.reset {
            Some(_) if asked.cursor.is_none() => return Err(SyncFault::Stuck),
            Some(reason) => Step::Reset(reason),
            None if response.more && asked.cursor.as_ref() == Some(&response.cursor) => {
                return Err(SyncFault::Stuck);
            }
            None if response.push_only && !asked.push_only => return Err(SyncFault::Stuck),
            None if response.push_only => Step::PushOnly,
            None => Step::Page(Page {
                begins: asked.cursor.is_none(),
                purge: response.purge,
                grants: response.grants,
                changes: response.changes,
                records: response.records,
                gone: response.gone,
                unreadable: response.unreadable,
                cursor: Some(response.cursor),
                ends: !response.more,
            }),
        };
        self.level = match &step {
            Step::Page(page) => page.ends,
            Step::Reset(_) => false,
            Step::PushOnly => chat
                .iter()
                .all(|(_, outcome)| matches!(outcome, ChatOutcome::Appended { at: Some(_), .. })),
        };
        Ok(Plan {
            settled: answers.settled,
            unanswered: answers.unanswered,
            acknowledged: asked.purged,
            chat,
            step,
            server_time: response.server_time,
            next_after_ms: response.next_after_ms,
        })
    }

    /// The request was too large for the server or for something before it. If it had something for chats, it goes again
    /// without; else half as many commands are sent next time. Returns the command that was too large alone.
    pub(crate) fn too_large(&mut self) -> Option<CommandId> {
        let asked = self.asked.take()?;
        if !asked.chat.is_empty() {
            self.chats_wait = true;
            return None;
        }
        let (id, aggregate) = match asked.pushed.as_slice() {
            [] => return None,
            [only] => only.clone(),
            several => {
                self.limit = several.len() / 2;
                return None;
            }
        };
        self.held_up.add(id, Some(&aggregate));
        Some(id)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trouble_tests;
