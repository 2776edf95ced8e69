//! What phone and server say to each other, as a state machine without I/O: `next_request` makes a request out of what
//! the store holds, `receive` makes a plan out of the answer, and [`apply`] carries it out in one transaction.
//!
//! ```text
//!   store ──LocalState──▶ next_request ──SyncRequest──▶ (engine: network) ──SyncResponse──▶ receive ──Plan──▶ apply
//!     ▲                                                                                                        │
//!     └────────────────────────────────────── one transaction a page ──────────────────────────────────────────┘
//! ```
//!
//! A cycle pushes what waits and pulls pages until the server has no more and everything pushed is answered. Not here:
//! time, network, back-off (`engine.rs`). The invariant: whatever is lost between two steps, beginning again from the
//! store is right: requests may be repeated, and pages applied twice.

pub(crate) mod apply;
pub(crate) mod downloads;
pub(crate) mod purge;
pub(crate) mod push;
mod transfers;
pub(crate) mod uploads;

use rusqlite::Connection;

use super::store::{StoreError, outbox, settings, streams};
use crate::ids::{CommandId, DeviceId, PurgeId};
use crate::protocol::PROTO;
use crate::protocol::sync::{
    Change, Cursor, Grant, MAX_PUSH, PurgeOrder, PushItem, RecordKey, ResetReason, SettledOutcome,
    SyncRequest, SyncResponse, WireRecord,
};

/// About how many bytes of records a page may hold.
const PAGE_BYTES: u32 = 512 * 1024;

/// What of the store a request is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LocalState {
    pub(crate) device: DeviceId,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) waiting: Vec<PushItem>,
    pub(crate) purged: Vec<PurgeId>,
}

impl LocalState {
    pub(crate) fn load(conn: &Connection, device: DeviceId) -> Result<Self, StoreError> {
        Ok(Self {
            device,
            cursor: settings::cursor(conn)?,
            waiting: outbox::to_push(conn, MAX_PUSH)?,
            purged: streams::unacknowledged(conn, MAX_PUSH)?,
        })
    }
}

/// The answer cannot be one to what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SyncFault {
    /// Nothing was asked.
    #[error("an answer without a question")]
    Unasked,
    /// More is promised, but the cursor stays where it is.
    #[error("the feed does not move on")]
    Stuck,
}

/// What was asked and not answered yet.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    cursor: Option<Cursor>,
    pushed: Vec<CommandId>,
    purged: Vec<PurgeId>,
}

/// One cycle.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    asked: Option<Asked>,
    /// Nothing more to fetch, as of the last answer.
    level: bool,
    /// The server asked to wait with a command; what comes after it must not overtake it.
    postponed: bool,
}

/// What to do with an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) settled: Vec<(CommandId, SettledOutcome)>,
    pub(crate) acknowledged: Vec<PurgeId>,
    pub(crate) step: Step,
    pub(crate) next_after_ms: u32,
}

/// Where the answer leads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// The records must be fetched anew.
    Reset(ResetReason),
    /// The next page.
    Page(Page),
}

/// One page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    /// The feed was asked from its beginning.
    pub(crate) begins: bool,
    pub(crate) purge: Vec<PurgeOrder>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) changes: Vec<Change>,
    pub(crate) records: Vec<WireRecord>,
    pub(crate) gone: Vec<RecordKey>,
    pub(crate) cursor: Cursor,
    /// With this page the phone is level with the server.
    pub(crate) ends: bool,
}

impl Machine {
    /// The next request of this cycle; `None` when there is nothing left to push, fetch or confirm.
    pub(crate) fn next_request(&mut self, local: LocalState) -> Option<SyncRequest> {
        let push = if self.postponed {
            Vec::new()
        } else {
            push::choose(local.waiting)
        };
        if self.level && push.is_empty() && local.purged.is_empty() {
            return None;
        }
        self.asked = Some(Asked {
            cursor: local.cursor.clone(),
            pushed: push.iter().map(|item| item.id).collect(),
            purged: local.purged.clone(),
        });
        Some(SyncRequest {
            proto: PROTO,
            device: local.device,
            cursor: local.cursor,
            push,
            purged: local.purged,
            max_bytes: PAGE_BYTES,
        })
    }

    /// What the answer means.
    pub(crate) fn receive(&mut self, response: SyncResponse) -> Result<Plan, SyncFault> {
        let asked = self.asked.take().ok_or(SyncFault::Unasked)?;
        let answers = push::sort(&asked.pushed, response.results);
        self.postponed |= answers.postponed;
        let step = match response.reset {
            Some(_) if asked.cursor.is_none() => return Err(SyncFault::Stuck),
            Some(reason) => Step::Reset(reason),
            None if response.more && asked.cursor.as_ref() == Some(&response.cursor) => {
                return Err(SyncFault::Stuck);
            }
            None => Step::Page(Page {
                begins: asked.cursor.is_none(),
                purge: response.purge,
                grants: response.grants,
                changes: response.changes,
                records: response.records,
                gone: response.gone,
                cursor: response.cursor,
                ends: !response.more,
            }),
        };
        self.level = matches!(&step, Step::Page(page) if page.ends);
        Ok(Plan {
            settled: answers.settled,
            acknowledged: asked.purged,
            step,
            next_after_ms: response.next_after_ms,
        })
    }
}

#[cfg(test)]
mod tests;
