//! What this phone adds to chats in the next request: changes of the readers that its user consented to, a
//! key where one is missing, and what was written.
//!
//! Of this only sealed envelopes and consents are stored: each time the rest follows anew from the log, the case and the
//! outbox, so a lost answer needs no repair. Invariants: nobody is let in whom this user did not let in; and nothing is sealed that was
//! written for another expert than the one who would read it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::keys::ChatKeys;
use super::seal_waiting::{self, Waiting};
use crate::actor::Actor;
use crate::cases::{AcceptCase, Case, SubmitCase};
use crate::chat::{ChatFault, Log, Payload, Roster, RosterRow, RowKind, Signed, VERSION};
use crate::client::store::chat::device_rows::{self, Published};
use crate::client::store::chat::task_rows::{self, Consent, Task};
use crate::client::store::chat::{log_rows, outbox_rows};
use crate::client::store::{StoreError, records};
use crate::command::CommandEnvelope;
use crate::crypto::{PublicKey, Sha256Hash};
use crate::ids::{AssignmentId, CaseId, DeviceId, UserId};
use crate::protocol::cbor;
use crate::protocol::chat::{ChatItem, ChatItemKind, MAX_CHAT_ITEMS};
use crate::protocol::records::{Record, RecordKind};
use crate::protocol::sync::PushItem;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Approximate maximum bytes of chat items in one request, while no line has refused a request of that size.
pub(crate) const MAX_BYTES: usize = 128 * 1024;

/// When a certificate that the server refused is offered again: the other phone may be gone by then.
const CERTIFICATE_AGAIN_HOURS: i64 = 1;

/// A key is replaced after so many entries of the log, or days.
const KEY_ENTRIES: u64 = 500;
const KEY_DAYS: i64 = 30;

/// Cases looked at for one request.
const MAX_CASES: u32 = 50;

/// Who sends, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender {
    pub(crate) actor: Actor,
    /// By the phone's clock.
    pub(crate) now: Timestamp,
    pub(crate) server_time: Timestamp,
    /// Bytes that one request may have.
    pub(crate) bytes: usize,
}

/// What to send, and the chats that were looked at for it.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    pub(crate) items: Vec<ChatItem>,
    pub(crate) looked_at: BTreeSet<CaseId>,
}

/// The keys of this phone, made if there are none. `None` for a user who takes part in no chat.
pub(crate) fn keys(
    conn: &Connection,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<(ChatKeys, Published)>, StoreError> {
    match make_keys(conn, actor, now)? {
        Some(_) => device_rows::keys(conn),
        None => Ok(None),
    }
}

/// Makes the keys of this phone if there are none. Returns whose they are, and whether the server has their certificate.
pub(crate) fn make_keys(
    conn: &Connection,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<(DeviceId, Published)>, StoreError> {
    let Some(device_id) = actor.device() else {
        return Ok(None);
    };
    if device_rows::device_id(conn)? != Some(device_id) {
        let keys = ChatKeys::generate(actor.user, device_id, now);
        device_rows::put(conn, &keys.map_err(|_| StoreError::Unreadable("random bytes"))?)?;
    }
    Ok(device_rows::published(conn)?.map(|published| (device_id, published)))
}

/// This phone's certificate, until the server has it. It is for nobody in particular, so it needs no pull before it.
pub(crate) fn certificate(conn: &Connection, sender: Sender) -> Result<Option<ChatItem>, StoreError> {
    let since = sender.server_time.plus_hours(-CERTIFICATE_AGAIN_HOURS);
    if device_rows::is_answered(conn, sender.actor.device(), since)? {
        return Ok(None);
    }
    let keys = keys(conn, sender.actor, sender.now)?;
    Ok(keys.map(|(keys, _)| ChatItem::certificate(keys.certificate.encode())))
}

/// The items of the next request, after a pull that is complete. A chat in `awaited` has an entry with this number or a later
/// one that has not come yet.
pub(crate) fn next(
    conn: &Connection,
    sender: Sender,
    awaited: &BTreeMap<CaseId, u64>,
) -> Result<Agenda, StoreError> {
    let mut agenda = Agenda::default();
    if task_rows::due(conn, None, sender.server_time, 1)?.is_empty() {
        return Ok(agenda);
    }
    let keys = match keys(conn, sender.actor, sender.now)? {
        Some((keys, Published::Stored)) => keys,
        // The server does not have it yet, or another phone has the user's identity.
        Some((_, Published::New | Published::Refused(_))) | None => return Ok(agenda),
    };
    let mut after = None;
    loop {
        let tasks = task_rows::due(conn, after, sender.server_time, MAX_CASES)?;
        let Some(last) = tasks.last() else { break };
        after = Some(last.case_id);
        for task in tasks {
            let sent: usize = agenda.items.iter().map(|item| item.body.len()).sum();
            let room = Room {
                items: MAX_CHAT_ITEMS.saturating_sub(agenda.items.len()),
                bytes: sender.bytes.saturating_sub(sent),
            };
            if room.items == 0 || room.bytes == 0 {
                return Ok(agenda);
            }
            let log = log_rows::log(conn, task.case_id)?;
            let head = log.head().seq;
            let is_behind = awaited.get(&task.case_id).is_some_and(|seq| *seq > head);
            if is_behind || log_rows::has_gap(conn, task.case_id, head)? {
                continue;
            }
            agenda.looked_at.insert(task.case_id);
            let of_case = ChatOfCase {
                conn,
                sender,
                keys: &keys,
                log,
                task,
            };
            agenda.items.extend(of_case.items(room)?);
        }
    }
    Ok(agenda)
}

/// The rows that travel behind the commands which submit or accept a case.
pub(crate) fn behind(
    conn: &Connection,
    sender: Sender,
    pushed: &[PushItem],
) -> Result<Vec<ChatItem>, StoreError> {
    let mut items = Vec::new();
    for item in pushed {
        let Ok(envelope) = cbor::decode::<CommandEnvelope>(&item.envelope) else {
            continue;
        };
        let submitted = envelope.command.as_operation::<SubmitCase>();
        let accepted = envelope.command.as_operation::<AcceptCase>();
        let (case_id, kind) = match (submitted, accepted) {
            (Some(submitted), _) => (submitted.case_id, RowKind::Found),
            (None, Some(accepted)) => (accepted.case_id, RowKind::Expert),
            (None, None) => continue,
        };
        // A certificate that is new goes in the same request, before.
        let keys = match keys(conn, sender.actor, sender.now)? {
            Some((keys, Published::Stored | Published::New)) => keys,
            Some((_, Published::Refused(_))) | None => return Ok(items),
        };
        let signing = Signing {
            keys: &keys,
            now: sender.now,
            case_id,
        };
        items.push(match kind {
            RowKind::Expert => signing.expert(envelope.assignment_id),
            RowKind::Found | RowKind::Add | RowKind::Admit | RowKind::Remove => {
                signing.found(Roster::new(case_id).hash())
            }
        });
    }
    items.truncate(MAX_CHAT_ITEMS);
    Ok(items)
}

/// What fits into a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) items: usize,
    pub(super) bytes: usize,
}

/// Signs rows about a case.
struct Signing<'a> {
    keys: &'a ChatKeys,
    now: Timestamp,
    case_id: CaseId,
}

impl Signing<'_> {
    fn found(&self, previous: Sha256Hash) -> ChatItem {
        let own = self.keys.certificate.value();
        self.row(
            RowKind::Found,
            (own.user_id, own.identity_key),
            Some(previous),
            None,
        )
    }

    fn expert(&self, assignment_id: Option<AssignmentId>) -> ChatItem {
        let own = self.keys.certificate.value();
        self.row(
            RowKind::Expert,
            (own.user_id, own.identity_key),
            None,
            assignment_id,
        )
    }

    fn row(
        &self,
        kind: RowKind,
        (user_id, identity_key): (UserId, PublicKey),
        previous: Option<Sha256Hash>,
        assignment_id: Option<AssignmentId>,
    ) -> ChatItem {
        let row = RosterRow {
            version: VERSION,
            case_id: self.case_id,
            kind,
            user_id,
            identity_key,
            signer: self.keys.certificate.hash(),
            previous,
            assignment_id,
            created_at: self.now,
        };
        let row = Signed::sign(row, &self.keys.signing);
        ChatItem::of_case(ChatItemKind::Roster, self.case_id, Payload::Roster(row).encode())
    }
}

struct ChatOfCase<'a> {
    conn: &'a Connection,
    sender: Sender,
    keys: &'a ChatKeys,
    log: Log,
    task: Task,
}

impl ChatOfCase<'_> {
    /// The items of this case; without any, the task ends until something changes.
    fn items(self, room: Room) -> Result<Vec<ChatItem>, StoreError> {
        let items = match records::server(self.conn, RecordKind::Case, self.task.case_id.as_uuid())? {
            Some(Record::Case(record)) => self.of(&record.case, room)?,
            Some(_) | None => Vec::new(),
        };
        if items.is_empty() {
            task_rows::done(self.conn, self.task.case_id)?;
        }
        Ok(items)
    }

    fn of(&self, case: &Case, room: Room) -> Result<Vec<ChatItem>, StoreError> {
        let me = self.sender.actor.user;
        let roster = self.log.roster();
        if let Some(fault) = log_rows::fault(self.conn, case.id)? {
            outbox_rows::explain_all(self.conn, case.id, fault.code())?;
            return Ok(Vec::new());
        }
        if case.is_over() {
            outbox_rows::explain_all(self.conn, case.id, Refusal::CaseClosed.code())?;
            return Ok(Vec::new());
        }
        if roster.reader(self.keys.certificate.hash()).is_err() {
            let enters = self.enter(case);
            if enters.is_none() {
                outbox_rows::explain_all(self.conn, case.id, ChatFault::NotAMember.code())?;
            }
            return Ok(enters.into_iter().collect());
        }
        if let Some(row) = self.consented(case)? {
            return Ok(vec![row]);
        }
        let Some(member) = roster.member(me) else {
            return Ok(Vec::new());
        };
        let waiting = Waiting::load(self.conn, &self.log, me, room)?;
        if !waiting.is_any() {
            return Ok(Vec::new());
        }
        // What is on its way under another key is answered first: nothing may build on a change that nobody has.
        if let Some(sent_before) = waiting.under_another_key(&self.log, room) {
            return Ok(sent_before);
        }
        if !roster.may_write(member) {
            waiting.explain(self.conn, ChatFault::ExpertNotAdmitted)?;
            return Ok(Vec::new());
        }
        let epoch = self
            .log
            .current_epoch()
            .filter(|_| !self.is_key_old().unwrap_or(true));
        let Some(epoch) = epoch else {
            return Ok(self.make_key().into_iter().collect());
        };
        let Some(key) = log_rows::key(self.conn, case.id, epoch.hash)? else {
            waiting.explain(self.conn, ChatFault::NoWrap)?;
            return Ok(Vec::new());
        };
        seal_waiting::seal(self.conn, self.keys, &self.log, &key, waiting, room)
    }

    /// How a user who takes part by the case becomes a member.
    fn enter(&self, case: &Case) -> Option<ChatItem> {
        let actor = self.sender.actor;
        let own = self.keys.certificate.value();
        let signing = Signing {
            keys: self.keys,
            now: self.sender.now,
            case_id: case.id,
        };
        if let Some(provider) = actor.provider() {
            let assignment = case.assignment.filter(|current| current.provider_id == provider);
            let assignment = assignment.filter(|_| case.is_accepted())?;
            return Some(signing.expert(Some(assignment.id)));
        }
        if !case.team.contains(&actor.user) {
            return None;
        }
        let roster = self.log.roster();
        if roster.certificate_of(own.device_id).is_some() {
            return None;
        }
        // Only members are told whether there is a chat: if the one is refused, the other is tried.
        let founds = match self.task.code.as_deref() {
            None => case.requester_id == actor.user,
            Some(code) => code == ChatFault::RosterMoved.code(),
        };
        if founds && roster.revision() == 0 && self.task.wanted {
            return Some(signing.found(roster.hash()));
        }
        Some(ChatItem::of_case(ChatItemKind::Join, case.id, Vec::new()))
    }

    /// The next change of the readers that this user consented to.
    fn consented(&self, case: &Case) -> Result<Option<ChatItem>, StoreError> {
        let roster = self.log.roster();
        let signing = Signing {
            keys: self.keys,
            now: self.sender.now,
            case_id: case.id,
        };
        for consent in task_rows::consents(self.conn, case.id)? {
            let Consent {
                user_id,
                assignment_id,
                identity_key,
            } = consent;
            let member = roster.member(user_id);
            let kind = match (member, assignment_id) {
                (None, None)
                    if case.team.contains(&user_id) && roster.identity_of(user_id) == Some(identity_key) =>
                {
                    RowKind::Add
                }
                (Some(expert), Some(_))
                    if expert.assignment_id == assignment_id
                        && expert.identity_key == identity_key
                        && !expert.admitted =>
                {
                    RowKind::Admit
                }
                // In already, or not the one who was shown to the user.
                (None | Some(_), _) => {
                    task_rows::withdraw_consent(self.conn, case.id, user_id)?;
                    continue;
                }
            };
            let about = (user_id, identity_key);
            return Ok(Some(signing.row(kind, about, Some(roster.hash()), None)));
        }
        Ok(None)
    }

    fn is_key_old(&self) -> Result<bool, StoreError> {
        let Some((seq, at)) = log_rows::epoch_place(self.conn, self.log.case_id())? else {
            return Ok(true);
        };
        let since = self.log.head().seq.saturating_sub(seq);
        let expires = at.plus_hours(24 * KEY_DAYS);
        // A key under which nothing was sealed is as good as a new one.
        Ok(since >= KEY_ENTRIES || since > 0 && self.sender.server_time >= expires)
    }

    fn make_key(&self) -> Option<ChatItem> {
        let (_, record, wraps) = self.keys.make_epoch(&self.log, self.sender.now).ok()?;
        let payload = Payload::Epoch { record, wraps };
        Some(ChatItem::of_case(
            ChatItemKind::Epoch,
            self.log.case_id(),
            payload.encode(),
        ))
    }
}

#[cfg(test)]
mod tests;
