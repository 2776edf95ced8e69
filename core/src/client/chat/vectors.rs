//! The test vectors of `docs/chat-encryption.md`: this build accepts and opens what they hold. Keys and nonces are random, so the
//! file is made once and kept: what an old build wrote must be read by every later one. `MSO_WRITE_VECTORS=1` makes it anew.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::change::{Accepted, ChatKey, Stamp, Writer, authorize};
use super::content::{Content, MessageText, ReactionText};
use super::keys::{ChatKeys, EpochKey};
use super::sealing;
use super::segment::Segment;
use crate::chat::certificate::safety_number;
use crate::chat::{Entry, Envelope, KemKeys, Log, Payload, Removal, RowKind, Signed, VERSION};
use crate::crypto::hpke::{X25519Secret, XWingSecret};
use crate::crypto::{Sha256Hash, SigningKey};
use crate::ids::{CaseId, DeviceId, UserId};
use crate::testing::Fixture;
use crate::testing::chat::{ChatDevice, ChatLog};
use crate::time::Timestamp;

#[derive(Debug, Serialize, Deserialize)]
struct Vectors {
    version: u8,
    case_id: CaseId,
    devices: Vec<Device>,
    safety_number: SafetyNumber,
    entries: Vec<LogEntry>,
    epochs: Vec<Epoch>,
    messages: Vec<Message>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Device {
    user_id: UserId,
    device_id: DeviceId,
    identity_seed: String,
    signing_seed: String,
    x25519_secret: Option<String>,
    xwing_secret: Option<String>,
    certificate: String,
    certificate_hash: Sha256Hash,
}

#[derive(Debug, Serialize, Deserialize)]
struct SafetyNumber {
    users: [UserId; 2],
    number: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct LogEntry {
    seq: u64,
    wire: String,
    head: Sha256Hash,
}

#[derive(Debug, Serialize, Deserialize)]
struct Epoch {
    epoch: u32,
    record_hash: Sha256Hash,
    key: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    seq: u64,
    device_id: DeviceId,
    franking_key: String,
    padded: String,
    key: String,
    content: Value,
}

#[derive(Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Value {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

impl From<Content> for Value {
    fn from(content: Content) -> Self {
        match content {
            Content::Message { text, reply_to } => Self {
                text: Some(text.as_str().to_owned()),
                reply_to: reply_to.map(|stamp| stamp.as_str().to_owned()),
                seq: None,
            },
            Content::Edit { text, .. } => Self {
                text: Some(text.as_str().to_owned()),
                ..Self::default()
            },
            Content::Withdrawal { .. } => Self::default(),
            Content::Reaction { reaction, .. } => Self {
                text: reaction.map(|reaction| reaction.as_str().to_owned()),
                ..Self::default()
            },
            Content::ReadMark { seq } => Self {
                seq: Some(seq),
                ..Self::default()
            },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn seed(hex: &str) -> [u8; 32] {
    bytes(hex).try_into().unwrap()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/chat-vectors.json")
}

/// A chat that is being written.
struct Writing {
    chat: ChatLog,
    epochs: Vec<Epoch>,
    messages: Vec<Message>,
    key: EpochKey,
    /// Every device writes into the same copy: what matters here is the form, not the merge.
    segment: Segment,
    hlc: u64,
}

impl Writing {
    fn rotate(&mut self, by: &ChatDevice) {
        self.key = self.chat.rotate(by).unwrap();
        let head = self.chat.log.epoch().unwrap();
        self.epochs.push(Epoch {
            epoch: head.number,
            record_hash: head.hash,
            key: hex(self.key.as_bytes()),
        });
    }

    fn seal(&mut self, by: &ChatDevice, content: &Content) -> (Stamp, Envelope) {
        self.hlc += 1000;
        self.chat.now = self.chat.now.plus_millis(1000);
        let stamp = Stamp::new(self.hlc, by.device_id, [0, 0, 0, 1]);
        let (key, value) = content.encode(stamp.clone());
        self.segment.write_as(by.device_id);
        let change = self.segment.put(&key, value).unwrap();
        (stamp, self.chat.seal_at(by, &self.key, change, self.hlc))
    }

    fn send(&mut self, by: &ChatDevice, content: Content) -> Stamp {
        let (stamp, envelope) = self.seal(by, &content);
        let link = envelope.link(self.chat.log.chain(by.device_id, by.keys.certificate.hash()).link);
        let opened = sealing::open(&envelope, link, &self.key).unwrap();
        self.chat.push(Payload::Envelope(envelope)).unwrap();
        self.messages.push(Message {
            seq: self.chat.log.head().seq,
            device_id: by.device_id,
            franking_key: hex(opened.franking_key.as_slice()),
            padded: hex(&opened.padded),
            key: content.encode(stamp.clone()).0.to_string(),
            content: content.into(),
        });
        stamp
    }
}

/// A device that can receive keys by X25519 only.
fn without_xwing(now: Timestamp) -> ChatDevice {
    let mut device = ChatDevice::new(now);
    let mut certificate = device.keys.certificate.value().clone();
    certificate.kem_keys = KemKeys {
        xwing: None,
        ..certificate.kem_keys
    };
    device.keys.certificate = Signed::sign(certificate, &device.keys.identity);
    device
}

fn write() -> Vectors {
    let now = Fixture::new().now;
    let (requester, colleague) = (ChatDevice::new(now), without_xwing(now));
    let (expert, successor) = (ChatDevice::new(now), ChatDevice::new(now));
    let case_id = CaseId::generate(now);
    let mut chat = ChatLog::new(case_id, now);
    chat.certify(&requester).unwrap();
    chat.change(RowKind::Found, &requester, &requester).unwrap();
    chat.certify(&expert).unwrap();
    chat.change(RowKind::Expert, &expert, &expert).unwrap();
    let mut writing = Writing {
        chat,
        epochs: Vec::new(),
        messages: Vec::new(),
        key: EpochKey::from_bytes(&[0; 32]).unwrap(),
        segment: Segment::new(expert.device_id),
        hlc: u64::try_from(now.unix_millis()).unwrap(),
    };
    let text = |text: &str| MessageText::new(text).unwrap();
    let message = |words: &str, reply_to: Option<Stamp>| Content::Message {
        text: text(words),
        reply_to,
    };
    // The expert writes first; the team answers once it has admitted the expert.
    writing.rotate(&expert);
    let first = writing.send(&expert, message("Good morning. Which drugs does she take?", None));
    writing.chat.change(RowKind::Admit, &requester, &expert).unwrap();
    writing.rotate(&requester);
    let answer = writing.send(&requester, message("Ramipril since 2009.", Some(first.clone())));
    writing.send(
        &requester,
        Content::Edit {
            message: answer.clone(),
            text: text("Ramipril, 5 mg, since 2009."),
        },
    );
    let reaction = Some(ReactionText::new("👍").unwrap());
    writing.send(
        &expert,
        Content::Reaction {
            message: answer.clone(),
            reaction,
        },
    );
    let seq = writing.chat.log.head().seq;
    writing.send(&expert, Content::ReadMark { seq });
    writing.send(
        &expert,
        Content::Reaction {
            message: answer.clone(),
            reaction: None,
        },
    );
    writing.send(&expert, Content::Withdrawal { message: first });
    writing.send(&requester, message(&"A long text. ".repeat(60), None));
    // A colleague with an older phone joins while a message is on its way: its slot is burnt, and it is written anew.
    let (_, late) = writing.seal(&expert, &message("Thank you.", None));
    writing.chat.certify(&colleague).unwrap();
    writing.chat.change(RowKind::Add, &requester, &colleague).unwrap();
    writing
        .chat
        .push(Payload::Refused(late.without_content()))
        .unwrap();
    writing.rotate(&expert);
    writing.segment = Segment::new(expert.device_id);
    let thanks = writing.send(&expert, message("Thank you.", None));
    writing.send(&colleague, message("I have her old ECG.", Some(thanks)));
    // The case goes to another expert.
    let removal = Removal {
        version: VERSION,
        case_id,
        user_id: expert.user_id,
        device_id: None,
    };
    writing.chat.push(Payload::Removal(removal)).unwrap();
    writing.chat.certify(&successor).unwrap();
    writing
        .chat
        .change(RowKind::Expert, &successor, &successor)
        .unwrap();
    writing
        .chat
        .change(RowKind::Admit, &colleague, &successor)
        .unwrap();
    writing.rotate(&colleague);
    writing.segment = Segment::new(colleague.device_id);
    writing.send(&colleague, message("Welcome.", None));
    writing
        .chat
        .change(RowKind::Remove, &requester, &colleague)
        .unwrap();

    let mut log = Log::new(case_id);
    let entries = writing.chat.entries.iter().map(|entry| {
        log.append(entry).unwrap();
        LogEntry {
            seq: entry.seq,
            wire: hex(&entry.encode()),
            head: log.head().hash,
        }
    });
    let (one, other) = (requester.keys.identity.public(), expert.keys.identity.public());
    Vectors {
        version: VERSION,
        case_id,
        entries: entries.collect(),
        devices: [&requester, &colleague, &expert, &successor]
            .into_iter()
            .map(device)
            .collect(),
        safety_number: SafetyNumber {
            users: [requester.user_id, expert.user_id],
            number: safety_number((requester.user_id, &one), (expert.user_id, &other)),
        },
        epochs: writing.epochs,
        messages: writing.messages,
    }
}

fn device(of: &ChatDevice) -> Device {
    let keys = &of.keys;
    let listed = &keys.certificate.value().kem_keys;
    Device {
        user_id: of.user_id,
        device_id: of.device_id,
        identity_seed: hex(keys.identity.seed().as_slice()),
        signing_seed: hex(keys.signing.seed().as_slice()),
        x25519_secret: listed.x25519.as_ref().map(|_| hex(keys.x25519.as_bytes())),
        xwing_secret: listed.xwing.as_ref().map(|_| hex(keys.xwing.as_bytes())),
        certificate: hex(&keys.certificate.encode()),
        certificate_hash: keys.certificate.hash(),
    }
}

/// Whatever the document, the deep checks of a change are those of `tests.rs`; here it must only be read.
struct Anything(UserId);

impl Accepted for Anything {
    fn author_of(&self, _: &Stamp) -> Option<UserId> {
        Some(self.0)
    }
    fn is_used(&self, _: &Stamp) -> bool {
        false
    }
    fn changes(&self) -> u64 {
        1000
    }
    fn changes_of(&self, _: DeviceId) -> u64 {
        0
    }
    fn has_change(&self, _: &automerge::ChangeHash) -> bool {
        true
    }
}

#[test]
fn what_the_vectors_hold_is_accepted_and_opened_by_this_build() {
    if std::env::var_os("MSO_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&write()).unwrap();
        std::fs::write(path(), text + "\n").unwrap();
    }
    let text = std::fs::read_to_string(path()).unwrap();
    let vectors: Vectors = serde_json::from_str(&text).unwrap();
    let devices: Vec<ChatKeys> = vectors.devices.iter().map(keys).collect();
    let secret = |hex: &Option<String>| hex.as_deref().map(seed);
    for (device, keys) in vectors.devices.iter().zip(&devices) {
        assert_eq!(keys.certificate.hash(), device.certificate_hash);
        keys.certificate.verify_identity().unwrap();
        let listed = keys.certificate.value();
        assert_eq!(listed.signing_key, keys.signing.public());
        assert_eq!(listed.identity_key, keys.identity.public());
        let xwing = secret(&device.xwing_secret)
            .map(|secret| XWingSecret::from_bytes(&secret).unwrap().public().unwrap());
        assert_eq!(listed.kem_keys.xwing, xwing);
    }
    let identity = |user| {
        devices
            .iter()
            .map(|keys| keys.certificate.value())
            .find(|of| of.user_id == user)
            .unwrap()
    };
    let [one, other] = vectors.safety_number.users.map(identity);
    let number = safety_number(
        (one.user_id, &one.identity_key),
        (other.user_id, &other.identity_key),
    );
    assert_eq!(number, vectors.safety_number.number);

    let mut log = Log::new(vectors.case_id);
    let mut messages = vectors.messages.iter();
    let (mut opened_wraps, mut burnt) = (0, 0);
    for entry in &vectors.entries {
        let received = Entry::decode(&bytes(&entry.wire)).unwrap();
        assert_eq!(received.seq, entry.seq);
        let before = log.clone();
        log.append(&received).unwrap();
        assert_eq!(log.head().hash, entry.head, "entry {}", entry.seq);
        match &received.payload {
            Payload::Epoch { record, wraps } => {
                let known = vectors
                    .epochs
                    .iter()
                    .find(|epoch| epoch.record_hash == record.hash())
                    .unwrap();
                for keys in &devices {
                    if record.value().recipient(keys.certificate.hash()).is_some() {
                        let key = keys.open_epoch(record.value(), wraps).unwrap();
                        assert_eq!(hex(key.as_bytes()), known.key);
                        opened_wraps += 1;
                    }
                }
            }
            Payload::Envelope(envelope) => {
                let message = messages.next().unwrap();
                assert_eq!(
                    (message.seq, message.device_id),
                    (entry.seq, envelope.header().device_id)
                );
                let (certificate, device) = before.roster().certificate_of(message.device_id).unwrap();
                let link = envelope.link(before.chain(message.device_id, certificate).link);
                let header = envelope.header();
                let key = vectors
                    .epochs
                    .iter()
                    .find(|epoch| epoch.record_hash == header.epoch_hash)
                    .unwrap();
                let opened =
                    sealing::open(envelope, link, &EpochKey::from_bytes(&bytes(&key.key)).unwrap()).unwrap();
                assert_eq!(hex(&opened.padded), message.padded);
                assert_eq!(hex(opened.franking_key.as_slice()), message.franking_key);
                let change = &opened.inner.change;
                let seq = automerge::Change::from_bytes(change.clone()).unwrap().seq();
                let writer = Writer {
                    device_id: message.device_id,
                    user_id: device.user_id,
                    hlc: opened.inner.hlc,
                };
                let accepted = Numbered(seq - 1, Anything(device.user_id));
                let written = authorize(change, writer, &accepted).unwrap();
                assert_eq!(written.key.to_string(), message.key);
                let content =
                    Content::decode(&ChatKey::parse(&message.key).unwrap(), &written.value).unwrap();
                assert_eq!(Value::from(content), message.content);
            }
            Payload::Refused(_) => burnt += 1,
            Payload::Device(_) | Payload::Roster(_) | Payload::Removal(_) => {}
        }
    }
    assert!(messages.next().is_none());
    assert_eq!((opened_wraps, burnt), (10, 1));
}

/// What the requester's device of the vectors received, with its keys, and the transcript that follows from it.
pub(super) struct Received {
    pub(super) case_id: CaseId,
    pub(super) keys: ChatKeys,
    pub(super) wires: Vec<(u64, Vec<u8>)>,
    /// As hexadecimal: the entries; `seq`, `franking_key` and `padded` of what can be opened; the last head.
    pub(super) entries: Vec<String>,
    pub(super) opened: Vec<(u64, String, String)>,
    pub(super) head: Sha256Hash,
}

pub(super) fn received() -> Received {
    let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let opened = vectors.messages.into_iter();
    Received {
        case_id: vectors.case_id,
        keys: keys(&vectors.devices[0]),
        wires: vectors
            .entries
            .iter()
            .map(|entry| (entry.seq, bytes(&entry.wire)))
            .collect(),
        head: vectors.entries.last().unwrap().head,
        entries: vectors.entries.into_iter().map(|entry| entry.wire).collect(),
        opened: opened
            .map(|message| (message.seq, message.franking_key, message.padded))
            .collect(),
    }
}

struct Numbered(u64, Anything);

impl Accepted for Numbered {
    fn author_of(&self, message: &Stamp) -> Option<UserId> {
        self.1.author_of(message)
    }
    fn is_used(&self, stamp: &Stamp) -> bool {
        self.1.is_used(stamp)
    }
    fn changes(&self) -> u64 {
        self.1.changes()
    }
    fn changes_of(&self, _: DeviceId) -> u64 {
        self.0
    }
    fn has_change(&self, hash: &automerge::ChangeHash) -> bool {
        self.1.has_change(hash)
    }
}

fn keys(device: &Device) -> ChatKeys {
    let unused = [0; 32];
    let secret = |hex: &Option<String>| hex.as_deref().map_or(unused, seed);
    ChatKeys {
        identity: SigningKey::from_seed(&seed(&device.identity_seed)),
        signing: SigningKey::from_seed(&seed(&device.signing_seed)),
        x25519: X25519Secret::from_bytes(&secret(&device.x25519_secret)).unwrap(),
        xwing: XWingSecret::from_bytes(&secret(&device.xwing_secret)).unwrap(),
        certificate: Signed::decode(&bytes(&device.certificate)).unwrap(),
    }
}
