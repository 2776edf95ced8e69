//! Seals what waits in a case's chat, as the next envelopes of this phone.
//!
//! A row is sealed in the transaction that decides to send it, and its bytes are stored before they leave the phone: from
//! then on they stay the same. Changes are made on the document as the log has it, with this phone's own changes that are on
//! their way; those are all under the same key, so either all of them come to be or none.

use rusqlite::Connection;

use super::change::{Accepted, ChatKey, Stamp};
use super::keys::{ChatKeys, EpochKey};
use super::sealing::{self, Inner};
use super::segment::{MAX_MESSAGES, Segment};
use crate::chat::{ChainHead, ChatFault, Envelope, EpochHead, Header, Log, SegmentId, VERSION};
use crate::client::chat::agenda::Room;
use crate::client::store::StoreError;
use crate::client::store::chat::message_rows::{self, InSegment};
use crate::client::store::chat::outbox_rows::{self, ChatOutboxRow, SealedRow};
use crate::crypto::Sha256Hash;
use crate::ids::{CaseId, UserId};
use crate::protocol::chat::{ChatItem, ChatItemKind};

/// Code of what was written for another expert than the one who would read it now.
pub(crate) const EXPERT_CHANGED: &str = "chat_expert_changed";

/// How often a slot may be burnt before its row is held: then something is wrong with this phone or with the server.
const MOST_BURNT: u32 = 8;

/// Names the expert who reads a chat now: the assignment, and the identity under which the expert is known.
pub(super) fn address(log: &Log) -> Option<String> {
    let (_, expert) = log.roster().expert()?;
    let identity = Sha256Hash::of(expert.identity_key.as_bytes());
    Some(format!("{} {identity}", expert.assignment_id?))
}

/// What waits in a chat and may go.
pub(super) struct Waiting {
    case_id: CaseId,
    /// Sealed before, and not in the log yet.
    sealed: Vec<(SealedRow, Envelope)>,
    fresh: Vec<ChatOutboxRow>,
    /// Messages that are on their way, to which later rows may refer.
    on_their_way: Vec<Stamp>,
}

impl Waiting {
    /// Reads what waits, without what is held. What was written for another expert is held from now on.
    pub(super) fn load(conn: &Connection, log: &Log, me: UserId, room: Room) -> Result<Self, StoreError> {
        let case_id = log.case_id();
        let mut waiting = Self {
            case_id,
            sealed: Vec::new(),
            fresh: Vec::new(),
            on_their_way: Vec::new(),
        };
        for row in outbox_rows::sealed(conn, case_id)? {
            let Some(sealed) = row.sealed else { continue };
            let envelope = Envelope::decode(&sealed.wire).map_err(|_| StoreError::Unreadable("envelope"))?;
            waiting.sealed.push((sealed, envelope));
            if let ChatKey::Message(stamp) = row.key {
                waiting.on_their_way.push(stamp);
            }
        }
        let reader = address(log);
        let is_expert = log.roster().expert().is_some_and(|(user, _)| user == me);
        loop {
            let rows = outbox_rows::fresh(conn, case_id, room.items)?;
            let mut turned_away = 0;
            for row in rows {
                // An expert writes to the institution, whoever of it reads.
                let is_same = row.addressed == reader || (is_expert && row.addressed.is_none());
                if is_same || matches!(row.key, ChatKey::ReadMark(_)) {
                    waiting.fresh.push(row);
                } else {
                    outbox_rows::hold(conn, row.number, EXPERT_CHANGED)?;
                    turned_away += 1;
                }
            }
            if turned_away == 0 || !waiting.fresh.is_empty() {
                return Ok(waiting);
            }
        }
    }

    pub(super) const fn is_any(&self) -> bool {
        !self.sealed.is_empty() || !self.fresh.is_empty()
    }

    /// What was sealed for a key that is not the one to use now: it is offered as it is, and its slots are burnt.
    pub(super) fn under_another_key(&self, log: &Log, room: Room) -> Option<Vec<ChatItem>> {
        let current = log.current_epoch().map(|epoch| epoch.hash);
        let is_other = |(_, envelope): &(SealedRow, Envelope)| Some(envelope.header().epoch_hash) != current;
        self.sealed.iter().any(is_other).then(|| self.sent_before(room))
    }

    /// As much as fits of what was sealed before, oldest first.
    fn sent_before(&self, room: Room) -> Vec<ChatItem> {
        let mut bytes = 0_usize;
        let wires = self.sealed.iter().map(|(sealed, _)| sealed.wire.clone());
        let fitting = wires.take(room.items).take_while(|wire| {
            let is_first = bytes == 0;
            bytes = bytes.saturating_add(wire.len());
            is_first || bytes <= room.bytes
        });
        fitting
            .map(|wire| ChatItem::of_case(ChatItemKind::Envelope, self.case_id, wire))
            .collect()
    }

    /// Notes why nothing of it goes now.
    pub(super) fn explain(&self, conn: &Connection, fault: ChatFault) -> Result<(), StoreError> {
        for row in &self.fresh {
            outbox_rows::explain(conn, row.number, fault.code())?;
        }
        Ok(())
    }
}

/// Seals what waits, as far as there is room, and returns it behind what was sealed before.
pub(super) fn seal(
    conn: &Connection,
    keys: &ChatKeys,
    log: &Log,
    key: &EpochKey,
    waiting: Waiting,
    room: Room,
) -> Result<Vec<ChatItem>, StoreError> {
    let mut items = waiting.sent_before(room);
    if items.len() < waiting.sealed.len() {
        return Ok(items);
    }
    let Some(epoch) = log.current_epoch() else {
        return Ok(items);
    };
    let mut bytes: usize = items.iter().map(|item| item.body.len()).sum();
    let mut sealer = Sealer::new(conn, keys, log, key, *epoch, &waiting)?;
    for row in &waiting.fresh {
        if items.len() >= room.items || bytes >= room.bytes {
            break;
        }
        if let Some(sealed) = sealer.seal(conn, row)? {
            bytes += sealed.wire.len();
            items.push(ChatItem::of_case(
                ChatItemKind::Envelope,
                log.case_id(),
                sealed.wire,
            ));
        }
    }
    Ok(items)
}

struct Sealer<'a> {
    keys: &'a ChatKeys,
    log: &'a Log,
    key: &'a EpochKey,
    epoch: EpochHead,
    segment: SegmentId,
    document: Segment,
    /// Changes in the document.
    changes: usize,
    chain: ChainHead,
    on_their_way: Vec<Stamp>,
}

impl<'a> Sealer<'a> {
    fn new(
        conn: &Connection,
        keys: &'a ChatKeys,
        log: &'a Log,
        key: &'a EpochKey,
        epoch: EpochHead,
        waiting: &Waiting,
    ) -> Result<Self, StoreError> {
        let own = keys.certificate.value().device_id;
        let newest = waiting.sealed.last();
        let member_rev = log.roster().grown_at();
        let number = match newest {
            Some((_, envelope)) => envelope.header().segment_number,
            None => message_rows::newest_segment(conn, log.case_id(), member_rev)?,
        };
        let chain = match newest {
            Some((sealed, _)) => sealed.chain,
            None => log.chain(own, keys.certificate.hash()),
        };
        let segment = SegmentId { member_rev, number };
        let mut sealer = Self {
            keys,
            log,
            key,
            epoch,
            segment,
            document: Segment::new(own),
            changes: 0,
            chain,
            on_their_way: waiting.on_their_way.clone(),
        };
        sealer.open(conn, segment)?;
        for (sealed, envelope) in &waiting.sealed {
            if envelope.header().segment() == segment {
                let change = automerge::Change::from_bytes(sealed.change.clone());
                let change = change.map_err(|_| StoreError::Unreadable("chat change"))?;
                sealer.apply(vec![change])?;
            }
        }
        Ok(sealer)
    }

    fn open(&mut self, conn: &Connection, segment: SegmentId) -> Result<(), StoreError> {
        let changes = message_rows::changes(conn, self.log.case_id(), segment)?;
        let changes = changes.into_iter().map(automerge::Change::from_bytes);
        let changes = changes
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| StoreError::Unreadable("chat change"))?;
        self.segment = segment;
        self.document = Segment::new(self.keys.certificate.value().device_id);
        self.changes = 0;
        self.apply(changes)
    }

    fn apply(&mut self, changes: Vec<automerge::Change>) -> Result<(), StoreError> {
        self.changes += changes.len();
        self.document
            .apply(changes)
            .map_err(|_| StoreError::Unreadable("chat document"))
    }

    /// Seals a row and stores it; `None` if it is about a message that the readers as they are do not have.
    fn seal(&mut self, conn: &Connection, row: &ChatOutboxRow) -> Result<Option<SealedRow>, StoreError> {
        if row.burnt >= MOST_BURNT {
            outbox_rows::hold(conn, row.number, ChatFault::EpochNotAdmitted.code())?;
            return Ok(None);
        }
        if self.changes >= MAX_MESSAGES {
            let next = SegmentId {
                number: self.segment.number.saturating_add(1),
                ..self.segment
            };
            self.open(conn, next)?;
        }
        if let Some(message) = row.key.about()
            && !self.on_their_way.contains(message)
        {
            let accepted = InSegment::new(conn, self.log.case_id(), self.segment);
            let is_here = accepted.author_of(message).is_some();
            accepted.check()?;
            if !is_here {
                outbox_rows::hold(conn, row.number, ChatFault::SegmentClosed.code())?;
                return Ok(None);
            }
        }
        let device_id = self.keys.certificate.value().device_id;
        let change = self.document.put(&row.key, row.value.clone());
        let change = change.map_err(|_| StoreError::Unreadable("chat document"))?;
        self.changes += 1;
        let seq = self.chain.seq.saturating_add(1);
        let header = Header {
            version: VERSION,
            case_id: self.log.case_id(),
            segment_rev: self.segment.member_rev,
            segment_number: self.segment.number,
            device_id,
            seq,
            member_rev: self.log.roster().revision(),
            epoch: self.epoch.number,
            epoch_hash: self.epoch.hash,
        };
        let seen = self.log.head();
        let inner = Inner {
            hlc: row.key.stamp().hlc(),
            seen_seq: seen.seq,
            seen_head: seen.hash,
            tree_head: None,
            change: change.clone(),
        };
        let envelope = sealing::seal(header, &inner, self.chain.link, self.key, &self.keys.signing);
        let envelope = envelope.map_err(|_| StoreError::Unreadable("random bytes"))?;
        self.chain = ChainHead {
            seq,
            link: envelope.link(self.chain.link),
        };
        let sealed = SealedRow {
            chain: self.chain,
            change,
            wire: envelope.encode(),
        };
        outbox_rows::seal(conn, row.number, &sealed)?;
        if let ChatKey::Message(stamp) = &row.key {
            self.on_their_way.push(stamp.clone());
        }
        Ok(Some(sealed))
    }
}
