//! The order of everything in a case's chat, hashed into a chain. The server appends; everybody checks.
//!
//! Invariant: whoever has appended the same entries has the same roster, the same epoch, the same links and the same head.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::certificate::Certificate;
use super::envelope::{Content, Envelope, first_link};
use super::epoch::{self, EpochHead, EpochRecord, Wrap};
use super::fault::ChatFault;
use super::roster::{Change, Removal, Roster, RosterRow};
use super::signed::Signed;
use super::{VERSION, canonical, labels};
use crate::crypto::Sha256Hash;
use crate::ids::{CaseId, DeviceId, UserId};
use crate::time::Timestamp;

named! {
    /// What an entry is.
    #[derive(Encode, Decode)]
    #[cbor(index_only)]
    pub enum EntryKind {
        /// A device of a member, or of somebody who is about to be one.
        #[n(1)]
        Device = "device",
        /// A signed change of the readers.
        #[n(2)]
        Roster = "roster",
        /// A removal by the server.
        #[n(3)]
        Removal = "removal",
        #[n(4)]
        Epoch = "epoch",
        #[n(5)]
        Envelope = "envelope",
        /// An envelope that came too late for its epoch: its slot is burnt, its text was not kept.
        #[n(6)]
        Refused = "refused",
    }
}

/// An entry's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    Device(Certificate),
    Roster(Signed<RosterRow>),
    Removal(Removal),
    /// With those of its wraps that the reader is shown.
    Epoch {
        record: Signed<EpochRecord>,
        wraps: Vec<Wrap>,
    },
    Envelope(Envelope),
    Refused(Envelope),
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct EpochWire {
    #[cbor(n(0), with = "minicbor::bytes")]
    record: Vec<u8>,
    #[n(1)]
    wraps: Vec<Wrap>,
}

impl Payload {
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        match self {
            Self::Device(_) => EntryKind::Device,
            Self::Roster(_) => EntryKind::Roster,
            Self::Removal(_) => EntryKind::Removal,
            Self::Epoch { .. } => EntryKind::Epoch,
            Self::Envelope(_) => EntryKind::Envelope,
            Self::Refused(_) => EntryKind::Refused,
        }
    }

    /// The payload without what only participants can open: texts and wraps. Its digest is the same.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        match self {
            Self::Epoch { record, .. } => Self::Epoch {
                record: record.clone(),
                wraps: Vec::new(),
            },
            Self::Envelope(envelope) => Self::Envelope(envelope.without_content()),
            other @ (Self::Device(_) | Self::Roster(_) | Self::Removal(_) | Self::Refused(_)) => {
                other.clone()
            }
        }
    }

    /// The payload as one user is shown it: of the wraps those for the user's own devices. Its digest is the same.
    #[must_use]
    pub fn shown_to(&self, user: UserId, roster: &Roster) -> Self {
        let is_own = |wrap: &&Wrap| {
            let device = roster.certificate(wrap.certificate);
            device.is_some_and(|device| device.user_id == user)
        };
        match self {
            Self::Epoch { record, wraps } => Self::Epoch {
                record: record.clone(),
                wraps: wraps.iter().filter(is_own).cloned().collect(),
            },
            other @ (Self::Device(_)
            | Self::Roster(_)
            | Self::Removal(_)
            | Self::Envelope(_)
            | Self::Refused(_)) => other.clone(),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Device(certificate) => certificate.encode(),
            Self::Roster(row) => row.encode(),
            Self::Removal(removal) => canonical::encode(removal),
            Self::Epoch { record, wraps } => canonical::encode(&EpochWire {
                record: record.encode(),
                wraps: wraps.clone(),
            }),
            Self::Envelope(envelope) | Self::Refused(envelope) => envelope.encode(),
        }
    }

    pub fn decode(kind: EntryKind, wire: &[u8]) -> Result<Self, ChatFault> {
        Ok(match kind {
            EntryKind::Device => Self::Device(Signed::decode(wire)?),
            EntryKind::Roster => Self::Roster(Signed::decode(wire)?),
            EntryKind::Removal => Self::Removal(canonical::decode_versioned(wire)?),
            EntryKind::Epoch => {
                let EpochWire { record, wraps } = canonical::decode(wire)?;
                Self::Epoch {
                    record: Signed::decode(&record)?,
                    wraps,
                }
            }
            EntryKind::Envelope => Self::Envelope(Envelope::decode(wire)?),
            EntryKind::Refused => Self::Refused(Envelope::decode(wire)?),
        })
    }

    /// What the chain covers of it: all that is signed, and not what may be deleted later (texts and wraps, which are covered
    /// by their hashes).
    #[must_use]
    pub fn digest(&self) -> Sha256Hash {
        match self {
            Self::Device(certificate) => Sha256Hash::of(&certificate.encode()),
            Self::Roster(row) => Sha256Hash::of(&row.encode()),
            Self::Removal(removal) => Sha256Hash::of(&canonical::encode(removal)),
            Self::Epoch { record, .. } => Sha256Hash::of(&record.encode()),
            Self::Envelope(envelope) | Self::Refused(envelope) => envelope.digest(),
        }
    }
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// When the server stored it, by its clock.
    pub at: Timestamp,
    pub payload: Payload,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct EntryWire {
    #[n(0)]
    version: u8,
    #[n(1)]
    seq: u64,
    #[n(2)]
    kind: EntryKind,
    #[n(3)]
    at: Timestamp,
    #[cbor(n(4), with = "minicbor::bytes")]
    payload: Vec<u8>,
}

/// What the chain hashes of an entry.
#[derive(Encode, Decode)]
#[cbor(map)]
struct EntryBody {
    #[n(0)]
    version: u8,
    #[n(1)]
    case_id: CaseId,
    #[n(2)]
    seq: u64,
    #[n(3)]
    kind: EntryKind,
    #[n(4)]
    digest: Sha256Hash,
    #[n(5)]
    at: Timestamp,
}

impl Entry {
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(&EntryWire {
            version: VERSION,
            seq: self.seq,
            kind: self.payload.kind(),
            at: self.at,
            payload: self.payload.encode(),
        })
    }

    pub fn decode(wire: &[u8]) -> Result<Self, ChatFault> {
        let EntryWire {
            version: _,
            seq,
            kind,
            at,
            payload,
        } = canonical::decode_versioned(wire)?;
        Ok(Self {
            seq,
            at,
            payload: Payload::decode(kind, &payload)?,
        })
    }

    /// The head of the log after this entry: `SHA-256("mso/log/1" ‖ head before ‖ SHA-256(body))`
    #[must_use]
    pub fn head(&self, case_id: CaseId, before: Sha256Hash) -> Sha256Hash {
        let body = canonical::encode(&EntryBody {
            version: VERSION,
            case_id,
            seq: self.seq,
            kind: self.payload.kind(),
            digest: self.payload.digest(),
            at: self.at,
        });
        let body = Sha256Hash::of(&body);
        Sha256Hash::of(&[labels::LOG, before.as_bytes(), body.as_bytes()].concat())
    }
}

/// A position in the log and the hash of everything up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    pub seq: u64,
    pub hash: Sha256Hash,
}

/// The newest envelope of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    pub seq: u64,
    pub link: Sha256Hash,
}

/// What an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It changed the readers, or made a device known.
    Readers(Change),
    Epoch(EpochHead),
    /// An envelope took its slot.
    Envelope {
        device_id: DeviceId,
        chain: ChainHead,
    },
    /// A slot was burnt.
    Burnt {
        device_id: DeviceId,
        chain: ChainHead,
    },
}

/// A case's chat as of one entry: all that is needed to check the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    case_id: CaseId,
    head: LogHead,
    roster: Roster,
    epoch: Option<EpochHead>,
    chains: BTreeMap<DeviceId, ChainHead>,
    burnt: BTreeSet<(DeviceId, u64)>,
}

impl Log {
    /// The log before its first entry.
    #[must_use]
    pub fn new(case_id: CaseId) -> Self {
        let hash = Sha256Hash::of(&[labels::EMPTY_LOG, case_id.as_uuid().as_bytes()].concat());
        Self {
            case_id,
            head: LogHead { seq: 0, hash },
            roster: Roster::new(case_id),
            epoch: None,
            chains: BTreeMap::new(),
            burnt: BTreeSet::new(),
        }
    }

    pub(super) const fn from_parts(
        case_id: CaseId,
        head: LogHead,
        roster: Roster,
        epoch: Option<EpochHead>,
        chains: BTreeMap<DeviceId, ChainHead>,
        burnt: BTreeSet<(DeviceId, u64)>,
    ) -> Self {
        Self {
            case_id,
            head,
            roster,
            epoch,
            chains,
            burnt,
        }
    }

    #[must_use]
    pub const fn case_id(&self) -> CaseId {
        self.case_id
    }

    #[must_use]
    pub const fn head(&self) -> LogHead {
        self.head
    }

    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The newest epoch, whether its readers are still those of the roster or not.
    #[must_use]
    pub const fn epoch(&self) -> Option<&EpochHead> {
        self.epoch.as_ref()
    }

    /// The epoch under which messages may be sealed now: the newest, if the readers have not changed since.
    #[must_use]
    pub fn current_epoch(&self) -> Option<&EpochHead> {
        self.epoch
            .as_ref()
            .filter(|epoch| epoch.member_rev == self.roster.revision())
    }

    /// Where the device's chain stands: its newest envelope, or the beginning that its certificate gives.
    pub fn chain(&self, device_id: DeviceId, certificate: Sha256Hash) -> ChainHead {
        let begin = || ChainHead {
            seq: 0,
            link: first_link(self.case_id, certificate),
        };
        self.chains.get(&device_id).copied().unwrap_or_else(begin)
    }

    /// Checks an entry and appends it. Nothing changes if there is a fault.
    pub fn append(&mut self, entry: &Entry) -> Result<Appended, ChatFault> {
        if entry.seq <= self.head.seq {
            return Err(ChatFault::Replayed);
        }
        if Some(entry.seq) != self.head.seq.checked_add(1) {
            return Err(ChatFault::LogGap);
        }
        let appended = match &entry.payload {
            Payload::Device(certificate) => Appended::Readers(self.roster.certify(certificate)?),
            Payload::Roster(row) => Appended::Readers(self.roster.apply(row)?),
            Payload::Removal(removal) => {
                Appended::Readers(self.roster.remove(removal, entry.payload.digest())?)
            }
            Payload::Epoch { record, wraps } => {
                let head = epoch::check(record, wraps, &self.roster, self.epoch.as_ref(), self.case_id)?;
                self.epoch = Some(head);
                Appended::Epoch(head)
            }
            Payload::Envelope(envelope) => {
                let (device_id, chain) = self.check_slot(envelope)?;
                self.check_admitted(envelope)?;
                self.chains.insert(device_id, chain);
                Appended::Envelope { device_id, chain }
            }
            Payload::Refused(envelope) => {
                if matches!(envelope.content, Content::Sealed { .. }) {
                    return Err(ChatFault::RefusedSlotFilled);
                }
                let (device_id, chain) = self.check_slot(envelope)?;
                self.chains.insert(device_id, chain);
                self.burnt.insert((device_id, chain.seq));
                Appended::Burnt { device_id, chain }
            }
        };
        self.head = LogHead {
            seq: entry.seq,
            hash: entry.head(self.case_id, self.head.hash),
        };
        Ok(appended)
    }

    /// Checks that the envelope is the next of its device, chained and signed as one.
    fn check_slot(&self, envelope: &Envelope) -> Result<(DeviceId, ChainHead), ChatFault> {
        let header = envelope.header();
        if header.case_id != self.case_id {
            return Err(ChatFault::OtherCase);
        }
        let (hash, certificate) = self
            .roster
            .certificate_of(header.device_id)
            .ok_or(ChatFault::UnknownCertificate)?;
        let before = self.chain(header.device_id, hash);
        if header.seq <= before.seq {
            let burnt = self.burnt.contains(&(header.device_id, header.seq));
            return Err(if burnt {
                ChatFault::RefusedSlotFilled
            } else {
                ChatFault::Replayed
            });
        }
        if Some(header.seq) != before.seq.checked_add(1) {
            return Err(ChatFault::SequenceGap);
        }
        let link = envelope.link(before.link);
        envelope.verify(link, &certificate.signing_key)?;
        Ok((
            header.device_id,
            ChainHead {
                seq: header.seq,
                link,
            },
        ))
    }

    /// Checks that the envelope is for the readers as they are now, and from one of them.
    pub fn check_admitted(&self, envelope: &Envelope) -> Result<(), ChatFault> {
        let header = envelope.header();
        let epoch = self.current_epoch().ok_or(ChatFault::EpochNotAdmitted)?;
        if header.epoch != epoch.number
            || header.epoch_hash != epoch.hash
            || header.member_rev != epoch.member_rev
        {
            return Err(ChatFault::EpochNotAdmitted);
        }
        let (hash, _) = self
            .roster
            .certificate_of(header.device_id)
            .ok_or(ChatFault::UnknownCertificate)?;
        let (_, member) = self.roster.reader(hash)?;
        if header.segment_rev != self.roster.grown_at() {
            return Err(ChatFault::SegmentClosed);
        }
        if self.roster.may_write(member) {
            Ok(())
        } else {
            Err(ChatFault::ExpertNotAdmitted)
        }
    }
}
