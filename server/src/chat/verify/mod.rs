//! Verifies every chat as it is stored, for `mso audit verify`.
//!
//! Each log is appended to an empty one, entry by entry, by the rules of `mso_core::chat`, as a phone does: certificates, rows,
//! epochs, envelopes, their signatures and chains. Then what the database says beside the log is compared with it: heads,
//! columns, hashes of texts and wraps, what the next entry would be checked against, and who reads the chat.
//!
//! Invariant: no text and no wrap is read, and nothing of a message is reported. In memory are one page of entries and one
//! log's state (roster, burnt slots, newest envelopes), never a whole log.

mod fault;
mod store;

use std::collections::BTreeMap;

use mso_core::chat::{Appended, ChainHead, Change, ChatFault, Entry, EntryKind, Log, Payload};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{CaseId, DeviceId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::fault::StoredFault;
use self::store::{ChatRow, ENTRIES, EntryRow, ReaderRow, WrapRow};
use crate::database::{DatabaseError, Scoped, to_timestamp};

/// Faults beside the entries of one chat that are listed at most.
const LISTED: usize = 100;

/// A chat that fails verification, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenChat {
    pub case_id: CaseId,
    /// The place in the log: the number that the entry has, or should have. Of a fault of the chat as a whole, its newest.
    pub seq: u64,
    pub fault: StoredFault,
}

/// Result of verifying all chats.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifiedChats {
    /// Number of chats read.
    pub chats: u64,
    /// Number of entries that the rules took.
    pub entries: u64,
    /// The first fault of each log, behind which nothing of that log can be checked; of what stands beside
    /// its entries up to 100; and what is wrong with a chat as a whole.
    pub broken: Vec<BrokenChat>,
}

/// Reads and verifies all chats. Runs in a snapshot of the server itself; every statement is short.
pub async fn verify(tx: &mut Scoped) -> Result<VerifiedChats, DatabaseError> {
    let mut verified = VerifiedChats::default();
    for case_id in store::without_head(tx.conn()).await? {
        verified.broken.push(BrokenChat {
            case_id,
            seq: 1,
            fault: StoredFault::WithoutHead,
        });
    }
    let mut after = Uuid::nil();
    loop {
        let chats = store::chats(tx.conn(), after).await?;
        let Some(last) = chats.last() else {
            return Ok(verified);
        };
        after = last.case_id;
        for chat in &chats {
            let checked = check(tx.conn(), chat).await?;
            verified.chats += 1;
            verified.entries += checked.log.head().seq;
            verified.broken.extend(checked.broken);
        }
    }
}

async fn check(connection: &mut PgConnection, chat: &ChatRow) -> Result<Checked, DatabaseError> {
    let mut checked = Checked::new(CaseId::from_uuid(chat.case_id));
    // No entry is passed over, whatever its number.
    let mut after = i64::MIN;
    loop {
        let entries = store::entries(connection, chat.case_id, after).await?;
        let wraps = store::wraps(connection, &entries).await?;
        for entry in &entries {
            let seq = checked.log.head().seq.saturating_add(1);
            let beside = wraps.get(&entry.id).map(Vec::as_slice);
            let payload = match checked.take(entry, beside.unwrap_or_default()) {
                Ok(payload) => payload,
                Err(fault) => {
                    checked.note(seq, fault);
                    return Ok(checked);
                }
            };
            if let Payload::Device(certificate) = payload {
                let device_id = certificate.value().device_id.as_uuid();
                if !store::is_published(connection, device_id, &entry.signed).await? {
                    checked.note_beside(seq, StoredFault::Unpublished);
                }
            }
            after = entry.seq;
        }
        let is_last = i64::try_from(entries.len()).is_ok_and(|read| read < ENTRIES);
        if is_last {
            break;
        }
    }
    if checked.is_whole(chat) {
        checked.compare_state(chat);
        checked.compare_chains(&store::chains(connection, chat.case_id).await?);
        checked.compare_readers(&store::readers(connection, chat.stream).await?);
    }
    Ok(checked)
}

/// A log as far as it was taken, and what was found.
struct Checked {
    log: Log,
    /// The newest envelope of each device.
    chains: BTreeMap<DeviceId, ChainHead>,
    /// The entry with which each member joined.
    joined: BTreeMap<UserId, u64>,
    broken: Vec<BrokenChat>,
}

impl Checked {
    fn new(case_id: CaseId) -> Self {
        Self {
            log: Log::new(case_id),
            chains: BTreeMap::new(),
            joined: BTreeMap::new(),
            broken: Vec::new(),
        }
    }

    fn note(&mut self, seq: u64, fault: StoredFault) {
        self.broken.push(BrokenChat {
            case_id: self.log.case_id(),
            seq,
            fault,
        });
    }

    /// Notes what does not fit beside an entry, unless there is much of it. What the whole chat has is always noted.
    fn note_beside(&mut self, seq: u64, fault: StoredFault) {
        if self.broken.len() < LISTED {
            self.note(seq, fault);
        }
    }

    /// Appends the entry, and notes what does not fit beside it. Fails if the log cannot go on behind it.
    fn take(&mut self, row: &EntryRow, wraps: &[WrapRow]) -> Result<Payload, StoredFault> {
        let seq = u64::try_from(row.seq).map_err(|_| StoredFault::Rule(ChatFault::Replayed))?;
        let kind = EntryKind::from_name(&row.kind).ok_or(StoredFault::Rule(ChatFault::Malformed))?;
        let payload = Payload::decode(kind, &row.signed).map_err(StoredFault::Rule)?;
        if !is(payload.digest(), &row.digest) {
            return Err(StoredFault::Digest);
        }
        let entry = Entry {
            seq,
            at: to_timestamp(row.at),
            payload,
        };
        let appended = self.log.append(&entry).map_err(StoredFault::Rule)?;
        if !is(self.log.head().hash, &row.head) {
            return Err(StoredFault::Chain);
        }
        if (row.device_id, row.device_seq) != self.apply(seq, appended) {
            self.note_beside(seq, StoredFault::Columns);
        }
        if let Some(fault) = text_fault(&entry.payload, row.content_hash.as_deref()) {
            self.note_beside(seq, fault);
        }
        for wrap in wraps {
            if let Some(fault) = self.wrap_fault(&entry.payload, wrap) {
                self.note_beside(seq, fault);
            }
        }
        Ok(entry.payload)
    }

    /// Remembers what the entry did. Returns the device that sent it and its number among the device's, of an envelope.
    fn apply(&mut self, seq: u64, appended: Appended) -> (Option<Uuid>, Option<i64>) {
        match appended {
            Appended::Envelope { device_id, chain } | Appended::Burnt { device_id, chain } => {
                self.chains.insert(device_id, chain);
                (Some(device_id.as_uuid()), i64::try_from(chain.seq).ok())
            }
            Appended::Readers(change) => {
                match change {
                    Change::Founded(user) | Change::Added { user, .. } | Change::ExpertJoined(user) => {
                        self.joined.insert(user, seq);
                    }
                    Change::Removed { user, .. } => {
                        self.joined.remove(&user);
                    }
                    Change::ExpertAdmitted { .. }
                    | Change::DeviceAdded { .. }
                    | Change::DeviceRemoved { .. }
                    | Change::DeviceKnown { .. } => {}
                }
                (None, None)
            }
            Appended::Epoch(_) => (None, None),
        }
    }

    fn wrap_fault(&self, payload: &Payload, wrap: &WrapRow) -> Option<StoredFault> {
        let Payload::Epoch { record, .. } = payload else {
            return Some(StoredFault::Misplaced);
        };
        let Ok(certificate) = Sha256Hash::try_from(wrap.certificate.as_slice()) else {
            return Some(StoredFault::Rule(ChatFault::ExtraRecipient));
        };
        let Ok(hash) = Sha256Hash::try_from(wrap.hash.as_slice()) else {
            return Some(StoredFault::Rule(ChatFault::BadWrap));
        };
        if let Err(fault) = record.value().check_wrap(certificate, hash) {
            return Some(StoredFault::Rule(fault));
        }
        let device = self.log.roster().certificate(certificate);
        let is_theirs = device.is_some_and(|device| device.user_id.as_uuid() == wrap.user_id);
        (!is_theirs).then_some(StoredFault::WrapOfAnother)
    }

    /// Whether the log ends where the chat's head says. If not, nothing else can be compared with it.
    fn is_whole(&mut self, chat: &ChatRow) -> bool {
        let head = self.log.head();
        match u64::try_from(chat.seq) {
            Ok(seq) if seq == head.seq => {
                if !is(head.hash, &chat.head) {
                    self.note(head.seq, StoredFault::Head);
                }
                true
            }
            Ok(seq) if seq > head.seq => {
                self.note(head.seq.saturating_add(1), StoredFault::Cut);
                false
            }
            Ok(_) | Err(_) => {
                self.note(head.seq, StoredFault::Head);
                false
            }
        }
    }

    /// What the next entry would be checked against.
    fn compare_state(&mut self, chat: &ChatRow) {
        let state = self.log.state();
        let epoch = match (chat.epoch, chat.epoch_hash.as_deref(), chat.epoch_rev) {
            (None, None, None) => state.epoch.is_none(),
            (Some(number), Some(hash), Some(member_rev)) => state.epoch.is_some_and(|epoch| {
                i64::from(epoch.number) == i64::from(number)
                    && is(epoch.hash, hash)
                    && i64::from(epoch.member_rev) == i64::from(member_rev)
            }),
            _ => false,
        };
        if !epoch || state.roster != chat.roster {
            self.note(state.head.seq, StoredFault::State);
        }
    }

    fn compare_chains(&mut self, stored: &BTreeMap<Uuid, (i64, Vec<u8>)>) {
        let is_same = stored.len() == self.chains.len()
            && self.chains.iter().all(|(device_id, chain)| {
                stored
                    .get(&device_id.as_uuid())
                    .is_some_and(|(seq, link)| u64::try_from(*seq) == Ok(chain.seq) && is(chain.link, link))
            });
        if !is_same {
            self.note(self.log.head().seq, StoredFault::Link);
        }
    }

    /// Every reader of the stream is a member by the log, and is shown no text from before joining.
    fn compare_readers(&mut self, readers: &[ReaderRow]) {
        for reader in readers {
            let user = UserId::from_uuid(reader.party);
            let is_member = self.log.roster().member(user).is_some();
            match self.joined.get(&user).copied().filter(|_| is_member) {
                None => self.note(self.log.head().seq, StoredFault::UnknownReader),
                Some(joined) => {
                    let reads_from = u64::try_from(reader.from_seq).map_or(0, |from| from.saturating_add(1));
                    if reads_from < joined {
                        self.note(joined, StoredFault::ReaderTooEarly);
                    }
                }
            }
        }
    }
}

/// What is wrong with the text beside an entry, given the SHA-256 of its nonce and ciphertext; and with a text or wraps among
/// what is signed. A text that is not there was erased.
fn text_fault(payload: &Payload, stored: Option<&[u8]>) -> Option<StoredFault> {
    match payload {
        Payload::Envelope(envelope) if envelope.has_text() => Some(StoredFault::Misplaced),
        Payload::Envelope(envelope) => stored
            .is_some_and(|stored| !is(envelope.content.hash(), stored))
            .then_some(StoredFault::Text),
        Payload::Refused(_) => stored.map(|_| StoredFault::Rule(ChatFault::RefusedSlotFilled)),
        Payload::Epoch { wraps, .. } => {
            (stored.is_some() || !wraps.is_empty()).then_some(StoredFault::Misplaced)
        }
        Payload::Device(_) | Payload::Roster(_) | Payload::Removal(_) => {
            stored.map(|_| StoredFault::Misplaced)
        }
    }
}

fn is(hash: Sha256Hash, stored: &[u8]) -> bool {
    hash.as_bytes().as_slice() == stored
}
