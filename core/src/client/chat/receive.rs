//! Receives a case's log: checks it entry by entry, opens what is addressed to this phone, and shows it.
//!
//! Two kinds of faults. An entry that does not continue the log stays the next one, and nothing behind it is read, until the
//! server sends another in its place. An envelope in its place whose text is wrong takes that place, and its text is set
//! aside. Invariant: receiving entries again, or in another order, leaves the store as receiving each once in order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rusqlite::Connection;

use super::change::{Writer, authorize};
use super::content::Content;
use super::keys::{ChatKeys, EpochKey};
use super::sealing::{self, Inner};
use crate::chat::{Appended, ChatFault, Entry, Header, Log, LogHead, Payload};
use crate::client::store::StoreError;
use crate::client::store::chat::log_rows::{self, Moved};
use crate::client::store::chat::message_rows::{self, InSegment, Source};
use crate::client::store::chat::{outbox_rows, task_rows};
use crate::crypto::Sha256Hash;
use crate::ids::CaseId;

/// What receiving changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Received {
    /// Entries that were checked now, by number.
    pub(crate) checked: Vec<(u64, Appended)>,
    /// Texts that were set aside now.
    pub(crate) set_aside: Vec<(u64, ChatFault)>,
    /// Why the log does not go on, although its next entry is here.
    pub(crate) stopped: Option<ChatFault>,
    /// An entry is another one now than the one that was checked before.
    pub(crate) forked: bool,
}

/// Stores these entries of a case's log, by number, and reads on as far as there is no gap.
pub(crate) fn receive(
    tx: &Connection,
    keys: Option<&ChatKeys>,
    case_id: CaseId,
    entries: &[(u64, Vec<u8>)],
) -> Result<Received, StoreError> {
    let mut received = Received::default();
    let mut log = log_rows::log(tx, case_id)?;
    let mut epoch_place = None;
    let mut new = BTreeMap::new();
    for (seq, wire) in entries {
        if *seq > log.head().seq {
            new.insert(*seq, wire);
        } else if is_other(tx, &log, *seq, wire)? {
            received.forked = true;
        }
    }
    let mut opened = Opened::default();
    let mut moved = Moved::from(&log);
    loop {
        let (before, seq) = (log.head(), log.head().seq.saturating_add(1));
        let stored;
        let wire = match new.remove(&seq) {
            Some(wire) => wire,
            None => match log_rows::entry(tx, case_id, seq)? {
                Some(wire) => {
                    stored = wire;
                    &stored
                }
                None => break,
            },
        };
        let appended = Entry::decode(wire).and_then(|entry| Ok((log.append(&entry)?, entry)));
        let (appended, entry) = match appended {
            Ok(appended) => appended,
            Err(fault) => {
                log_rows::put_entry(tx, case_id, seq, wire)?;
                received.stopped = Some(fault);
                break;
            }
        };
        let fault = match keys {
            Some(keys) => read(tx, keys, &mut opened, &log, before, &entry, &appended)?.err(),
            None => None,
        };
        log_rows::put_checked(tx, case_id, log.head(), wire, fault)?;
        note_own(tx, keys, case_id, &appended, fault)?;
        moved.by(&appended);
        if matches!(appended, Appended::Epoch(_)) {
            epoch_place = Some((entry.seq, entry.at));
        }
        received.set_aside.extend(fault.map(|fault| (entry.seq, fault)));
        received.checked.push((entry.seq, appended));
    }
    for (seq, wire) in new {
        log_rows::put_entry(tx, case_id, seq, wire)?;
    }
    log_rows::put_log(tx, &log, &moved, received.stopped)?;
    if received.forked {
        log_rows::put_fork(tx, case_id)?;
    }
    if let Some((seq, at)) = epoch_place {
        log_rows::put_epoch_place(tx, case_id, seq, at)?;
    }
    Ok(received)
}

/// The key that was used last: messages that follow each other are under the same.
#[derive(Default)]
struct Opened(Option<(Sha256Hash, EpochKey)>);

impl Opened {
    fn key(
        &mut self,
        tx: &Connection,
        case_id: CaseId,
        epoch_hash: Sha256Hash,
    ) -> Result<Option<&EpochKey>, StoreError> {
        if self.0.as_ref().is_none_or(|(of, _)| *of != epoch_hash) {
            self.0 = log_rows::key(tx, case_id, epoch_hash)?.map(|key| (epoch_hash, key));
        }
        Ok(self.0.as_ref().map(|(_, key)| key))
    }
}

/// What an entry means for what waits on this phone.
fn note_own(
    tx: &Connection,
    keys: Option<&ChatKeys>,
    case_id: CaseId,
    appended: &Appended,
    fault: Option<ChatFault>,
) -> Result<(), StoreError> {
    let own = keys.map(|keys| keys.certificate.value().device_id);
    match appended {
        Appended::Readers(_) | Appended::Epoch(_) => task_rows::note(tx, case_id),
        Appended::Envelope { device_id, chain } if own == Some(*device_id) => {
            outbox_rows::landed(tx, case_id, chain.seq, fault)
        }
        Appended::Burnt { device_id, chain } if own == Some(*device_id) => {
            outbox_rows::burnt(tx, case_id, chain.seq)?;
            task_rows::note(tx, case_id)
        }
        Appended::Envelope { .. } | Appended::Burnt { .. } => Ok(()),
    }
}

/// Whether an entry that was checked before is another one now: the server shows two logs.
fn is_other(tx: &Connection, log: &Log, seq: u64, wire: &[u8]) -> Result<bool, StoreError> {
    let case_id = log.case_id();
    let before = match seq.checked_sub(1) {
        Some(0) => Some(Log::new(case_id).head().hash),
        Some(before) => log_rows::head_at(tx, case_id, before)?,
        None => None,
    };
    let now = log_rows::head_at(tx, case_id, seq)?;
    let (Some(before), Some(now)) = (before, now) else {
        return Ok(true);
    };
    Ok(!Entry::decode(wire).is_ok_and(|entry| entry.seq == seq && entry.head(case_id, before) == now))
}

/// Opens what an entry holds for this phone, after it was appended to the log whose head was `before`. The inner result is
/// the fault for which it is set aside.
fn read(
    tx: &Connection,
    keys: &ChatKeys,
    opened: &mut Opened,
    log: &Log,
    before: LogHead,
    entry: &Entry,
    appended: &Appended,
) -> Result<Result<(), ChatFault>, StoreError> {
    match (&entry.payload, appended) {
        (Payload::Epoch { record, wraps }, _) => {
            if record.value().recipient(keys.certificate.hash()).is_none() {
                return Ok(Ok(()));
            }
            match keys.open_epoch(record.value(), wraps) {
                Ok(key) => Ok(Ok(log_rows::put_key(tx, log.case_id(), record.hash(), &key)?)),
                Err(fault) => Ok(Err(fault)),
            }
        }
        (Payload::Envelope(envelope), Appended::Envelope { chain, .. }) => {
            let case_id = log.case_id();
            let Some(key) = opened.key(tx, case_id, envelope.header().epoch_hash)? else {
                // From before this phone came: not addressed to it, and shown as a gap.
                return Ok(Ok(()));
            };
            if !envelope.has_text() && !is_theirs(log, keys, envelope.header()) {
                // From an earlier time of this user in the chat, which is not shown again.
                return Ok(Ok(()));
            }
            let inner = match sealing::open(envelope, chain.link, key) {
                Ok(opened) => opened.inner,
                Err(fault) => return Ok(Err(fault)),
            };
            let own = match inner.seen_seq.cmp(&before.seq) {
                Ordering::Equal => Some(before.hash),
                Ordering::Less => log_rows::head_at(tx, case_id, inner.seen_seq)?,
                // Nobody has seen what comes behind the message.
                Ordering::Greater => None,
            };
            if own != Some(inner.seen_head) {
                return Ok(Err(ChatFault::LogForked));
            }
            write(tx, log, entry, envelope.header(), &inner)
        }
        // A log that is written to its end holds nothing else for this phone.
        _ => Ok(Ok(())),
    }
}

/// Whether an envelope is for the readers of whom this phone's user is one.
fn is_theirs(log: &Log, keys: &ChatKeys, header: &Header) -> bool {
    let member = log.roster().member(keys.certificate.value().user_id);
    member.is_some_and(|member| header.member_rev >= member.since)
}

/// Stores the change and what it says, if its author may make it.
fn write(
    tx: &Connection,
    log: &Log,
    entry: &Entry,
    header: &Header,
    inner: &Inner,
) -> Result<Result<(), ChatFault>, StoreError> {
    let (case_id, device_id) = (log.case_id(), header.device_id);
    // Documents of the same readers follow each other: none is left out to the end of all numbers.
    let newest = message_rows::newest_segment(tx, case_id, header.segment_rev)?;
    if header.segment_number > newest.saturating_add(1) {
        return Ok(Err(ChatFault::ForbiddenChange));
    }
    let Some((_, device)) = log.roster().certificate_of(device_id) else {
        return Ok(Err(ChatFault::UnknownCertificate));
    };
    let accepted = InSegment::new(tx, case_id, header.segment());
    let writer = Writer {
        device_id,
        user_id: device.user_id,
        hlc: inner.hlc,
    };
    let authorized = authorize(&inner.change, writer, &accepted);
    accepted.check()?;
    let read = authorized.and_then(|written| Ok((Content::decode(&written.key, &written.value)?, written)));
    let (content, written) = match read {
        Ok(read) => read,
        Err(fault) => return Ok(Err(fault)),
    };
    accepted.put(device_id, &written)?;
    let source = Source {
        case_id,
        user_id: device.user_id,
        device_id,
        seq: entry.seq,
        at: entry.at,
    };
    message_rows::put_content(tx, source, written.key.stamp(), &content)?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests;
