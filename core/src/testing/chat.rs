//! A chat's log as a server keeps it, and devices that write into it, without networks or stores.

use crate::chat::{
    Appended, ChatFault, Content, Entry, Envelope, Header, Log, LogHead, Payload, RosterRow, RowKind, Signed,
    VERSION,
};
use crate::client::chat::keys::{ChatKeys, EpochKey};
use crate::client::chat::sealing::{self, Inner};
use crate::crypto::{Sha256Hash, SigningKey};
use crate::ids::{AssignmentId, CaseId, DeviceId, UserId};
use crate::time::Timestamp;

/// A device that takes part in a chat.
#[derive(Debug)]
pub struct ChatDevice {
    pub user_id: UserId,
    pub device_id: DeviceId,
    pub keys: ChatKeys,
}

impl ChatDevice {
    /// The first device of a new user.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::of(UserId::generate(now), DeviceId::generate(now), now)
    }

    /// A device that has an id already, with new keys.
    #[must_use]
    pub fn of(user_id: UserId, device_id: DeviceId, now: Timestamp) -> Self {
        Self::with_keys(ChatKeys::generate(user_id, device_id, now).expect("random bytes"))
    }

    /// Another device of the same user.
    #[must_use]
    pub fn another(&self, now: Timestamp) -> Self {
        let device_id = DeviceId::generate(now);
        let identity = SigningKey::from_seed(&self.keys.identity.seed());
        Self::with_keys(ChatKeys::certified(identity, self.user_id, device_id, now).expect("random bytes"))
    }

    /// The device that the certificate of these keys names.
    fn with_keys(keys: ChatKeys) -> Self {
        let certificate = keys.certificate.value();
        Self {
            user_id: certificate.user_id,
            device_id: certificate.device_id,
            keys,
        }
    }
}

/// A case's log, as the server keeps it.
#[derive(Debug, Clone)]
pub struct ChatLog {
    pub now: Timestamp,
    pub log: Log,
    pub entries: Vec<Entry>,
}

impl ChatLog {
    #[must_use]
    pub fn new(case_id: CaseId, now: Timestamp) -> Self {
        Self {
            now,
            log: Log::new(case_id),
            entries: Vec::new(),
        }
    }

    /// The next entry, with this payload.
    #[must_use]
    pub fn entry(&self, payload: Payload) -> Entry {
        Entry {
            seq: self.log.head().seq + 1,
            at: self.now,
            payload,
        }
    }

    /// Appends an entry, if it is one that may be appended.
    pub fn push(&mut self, payload: Payload) -> Result<Appended, ChatFault> {
        let entry = self.entry(payload);
        let appended = self.log.append(&entry)?;
        self.entries.push(entry);
        Ok(appended)
    }

    pub fn certify(&mut self, device: &ChatDevice) -> Result<Appended, ChatFault> {
        self.push(Payload::Device(device.keys.certificate.clone()))
    }

    /// A row by one device about another's user.
    #[must_use]
    pub fn row(&self, kind: RowKind, by: &ChatDevice, about: &ChatDevice) -> Signed<RosterRow> {
        let is_expert = kind == RowKind::Expert;
        let row = RosterRow {
            version: VERSION,
            case_id: self.log.case_id(),
            kind,
            user_id: about.user_id,
            identity_key: about.keys.identity.public(),
            signer: by.keys.certificate.hash(),
            previous: (!is_expert).then(|| self.log.roster().hash()),
            assignment_id: is_expert.then(|| AssignmentId::generate(self.now)),
            created_at: self.now,
        };
        Signed::sign(row, &by.keys.signing)
    }

    pub fn change(
        &mut self,
        kind: RowKind,
        by: &ChatDevice,
        about: &ChatDevice,
    ) -> Result<Appended, ChatFault> {
        self.push(Payload::Roster(self.row(kind, by, about)))
    }

    /// The requester founds the chat, the expert joins and is admitted.
    pub fn begin(&mut self, requester: &ChatDevice, expert: &ChatDevice) -> Result<(), ChatFault> {
        self.certify(requester)?;
        self.change(RowKind::Found, requester, requester)?;
        self.certify(expert)?;
        self.change(RowKind::Expert, expert, expert)?;
        self.change(RowKind::Admit, requester, expert)?;
        Ok(())
    }

    /// A device makes a key for the readers as they are.
    pub fn rotate(&mut self, by: &ChatDevice) -> Result<EpochKey, ChatFault> {
        let (key, record, wraps) = by.keys.make_epoch(&self.log, self.now).expect("random bytes");
        self.push(Payload::Epoch { record, wraps })?;
        Ok(key)
    }

    /// The header of the device's next envelope under the newest epoch.
    #[must_use]
    pub fn header(&self, by: &ChatDevice) -> Header {
        let epoch = self.log.epoch().expect("an epoch");
        Header {
            version: VERSION,
            case_id: self.log.case_id(),
            segment_rev: self.log.roster().grown_at(),
            segment_number: 0,
            device_id: by.device_id,
            seq: self.log.chain(by.device_id, by.keys.certificate.hash()).seq + 1,
            member_rev: epoch.member_rev,
            epoch: epoch.number,
            epoch_hash: epoch.hash,
        }
    }

    /// Seals a change as the device's next envelope.
    #[must_use]
    pub fn seal(&self, by: &ChatDevice, key: &EpochKey, change: Vec<u8>) -> Envelope {
        self.seal_at(
            by,
            key,
            change,
            u64::try_from(self.now.unix_millis()).unwrap_or(0),
        )
    }

    /// The same, written at another time.
    #[must_use]
    pub fn seal_at(&self, by: &ChatDevice, key: &EpochKey, change: Vec<u8>, hlc: u64) -> Envelope {
        self.seal_having_seen(self.log.head(), by, key, change, hlc)
    }

    /// The same, by a device that has seen the log up to this head, which may be an older one or another log's.
    #[must_use]
    pub fn seal_having_seen(
        &self,
        seen: LogHead,
        by: &ChatDevice,
        key: &EpochKey,
        change: Vec<u8>,
        hlc: u64,
    ) -> Envelope {
        let inner = Inner {
            hlc,
            seen_seq: seen.seq,
            seen_head: seen.hash,
            tree_head: None,
            change,
        };
        let previous = self.log.chain(by.device_id, by.keys.certificate.hash()).link;
        sealing::seal(self.header(by), &inner, previous, key, &by.keys.signing).expect("random bytes")
    }

    /// An envelope whose text is never opened, for tests of the log.
    #[must_use]
    pub fn opaque(&self, by: &ChatDevice, header: Header) -> Envelope {
        let previous = self.log.chain(by.device_id, by.keys.certificate.hash()).link;
        let content = Content::Sealed {
            nonce: [7; 24],
            ciphertext: vec![1; 432],
        };
        Envelope::sign(
            header,
            Sha256Hash::of(b"a message"),
            content,
            previous,
            &by.keys.signing,
        )
    }
}
