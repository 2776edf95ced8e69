//! Sealing and opening, and what a change may hold.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{AutoCommit, Change, ChangeHash, ExpandedChange, ObjType, ROOT, ScalarValue, legacy};

use super::change::{Accepted, ChatKey, Stamp, Writer, Written, actor, authorize};
use super::content::{Content, MessageText, ReactionText};
use super::keys::EpochKey;
use super::sealing;
use super::segment::Segment;
use crate::chat::{self, ChatFault, Entry, Envelope, Payload, Wrap};
use crate::crypto::Sha256Hash;
use crate::ids::{CaseId, DeviceId, UserId};
use crate::testing::Fixture;
use crate::testing::chat::{ChatDevice, ChatLog};

struct World {
    chat: ChatLog,
    requester: ChatDevice,
    expert: ChatDevice,
    key: EpochKey,
}

fn world() -> World {
    let now = Fixture::new().now;
    let (requester, expert) = (ChatDevice::new(now), ChatDevice::new(now));
    let mut chat = ChatLog::new(CaseId::generate(now), now);
    chat.begin(&requester, &expert).unwrap();
    let key = chat.rotate(&requester).unwrap();
    World {
        chat,
        requester,
        expert,
        key,
    }
}

impl World {
    fn link(&self, envelope: &Envelope, by: &ChatDevice) -> Sha256Hash {
        envelope.link(self.chat.log.chain(by.device_id, by.keys.certificate.hash()).link)
    }
}

const HLC: u64 = 1_795_000_000_000;

fn stamp(device: &ChatDevice, random: u8) -> Stamp {
    Stamp::new(HLC, device.device_id, [0, 0, 0, random])
}

/// Changes that were accepted in one document.
#[derive(Default)]
struct Seen {
    messages: BTreeMap<Stamp, UserId>,
    used: BTreeSet<Stamp>,
    changes: Vec<(DeviceId, ChangeHash)>,
}

impl Accepted for Seen {
    fn author_of(&self, message: &Stamp) -> Option<UserId> {
        self.messages.get(message).copied()
    }
    fn is_used(&self, stamp: &Stamp) -> bool {
        self.used.contains(stamp)
    }
    fn changes(&self) -> u64 {
        self.changes.len() as u64
    }
    fn changes_of(&self, device_id: DeviceId) -> u64 {
        self.changes.iter().filter(|(of, _)| *of == device_id).count() as u64
    }
    fn has_change(&self, hash: &ChangeHash) -> bool {
        self.changes.iter().any(|(_, known)| known == hash)
    }
}

impl Seen {
    fn check(&self, bytes: &[u8], device: &ChatDevice) -> Result<Written, ChatFault> {
        let writer = Writer {
            device_id: device.device_id,
            user_id: device.user_id,
            hlc: HLC,
        };
        authorize(bytes, writer, self)
    }

    fn accept(&mut self, bytes: &[u8], device: &ChatDevice) -> Change {
        let Written { key, change, .. } = self.check(bytes, device).unwrap();
        self.used.insert(key.stamp().clone());
        self.changes.push((device.device_id, change.hash()));
        if let ChatKey::Message(message) = key {
            self.messages.insert(message, device.user_id);
        }
        change
    }
}

#[test]
fn a_message_reaches_the_other_side_and_only_those_the_key_was_addressed_to() {
    let mut world = world();
    let Some(Entry {
        payload: Payload::Epoch { record, wraps },
        ..
    }) = world.chat.entries.last().cloned()
    else {
        panic!()
    };
    let opened = world.expert.keys.open_epoch(record.value(), &wraps).unwrap();
    assert_eq!(opened, world.key);
    let mut segment = Segment::new(world.requester.device_id);
    let change = segment
        .put(
            &ChatKey::Message(stamp(&world.requester, 1)),
            b"Good morning".to_vec(),
        )
        .unwrap();
    let envelope = world.chat.seal(&world.requester, &world.key, change.clone());
    let link = world.link(&envelope, &world.requester);
    let received = Envelope::decode(&envelope.encode()).unwrap();
    let inner = sealing::open(&received, link, &opened).unwrap().inner;
    assert_eq!(inner.change, change);
    assert_eq!(inner.seen(), world.chat.log.head());
    world.chat.push(Payload::Envelope(envelope)).unwrap();

    let stranger = ChatDevice::new(world.chat.now);
    assert_eq!(
        stranger.keys.open_epoch(record.value(), &wraps).unwrap_err(),
        ChatFault::NoWrap
    );
    let theirs: Vec<Wrap> = wraps
        .iter()
        .filter(|wrap| wrap.certificate != world.expert.keys.certificate.hash())
        .cloned()
        .collect();
    assert_eq!(
        world.expert.keys.open_epoch(record.value(), &theirs).unwrap_err(),
        ChatFault::NoWrap
    );
    // The requester's wrap under the expert's name does not open.
    let crossed = vec![Wrap {
        certificate: world.expert.keys.certificate.hash(),
        ..theirs[0].clone()
    }];
    assert_eq!(
        world
            .expert
            .keys
            .open_epoch(record.value(), &crossed)
            .unwrap_err(),
        ChatFault::BadWrap
    );
    let other = EpochKey::from_bytes(&[5; 32]).unwrap();
    assert_eq!(
        sealing::open(&received, link, &other).unwrap_err(),
        ChatFault::Undecryptable
    );
}

#[test]
fn a_sealed_text_opens_only_in_its_slot_and_as_committed_to() {
    let world = world();
    let mut segment = Segment::new(world.requester.device_id);
    let change = segment
        .put(&ChatKey::Message(stamp(&world.requester, 1)), vec![b'x'; 160])
        .unwrap();
    let envelope = world.chat.seal(&world.requester, &world.key, change);
    let chat::Content::Sealed { ciphertext, .. } = &envelope.content else {
        panic!()
    };
    // kf, the smallest padded size, and the tag: a message of 160 bytes does not need more.
    assert_eq!(ciphertext.len(), 32 + 384 + 16);
    let link = world.link(&envelope, &world.requester);
    let elsewhere = Sha256Hash::of(b"another slot");
    assert_eq!(
        sealing::open(&envelope, elsewhere, &world.key).unwrap_err(),
        ChatFault::Undecryptable
    );
    let mut recommitted = envelope.clone();
    recommitted.commitment = elsewhere;
    assert_eq!(
        sealing::open(&recommitted, link, &world.key).unwrap_err(),
        ChatFault::WrongCommitment
    );
    let stripped = envelope.without_content();
    assert_eq!(
        sealing::open(&stripped, link, &world.key).unwrap_err(),
        ChatFault::Undecryptable
    );
}

#[test]
fn a_change_may_put_one_value_under_a_new_key_of_its_author() {
    let now = Fixture::new().now;
    let (device, other) = (ChatDevice::new(now), ChatDevice::new(now));
    let (own, theirs) = (stamp(&device, 1), stamp(&other, 1));
    let (mut seen, mut document) = (Seen::default(), Segment::new(device.device_id));
    let first = document
        .put(&ChatKey::Message(own.clone()), b"one".to_vec())
        .unwrap();
    seen.accept(&first, &device);
    let mut copy = Segment::new(other.device_id);
    copy.apply(vec![Change::from_bytes(first.clone()).unwrap()])
        .unwrap();
    let reply = copy
        .put(&ChatKey::Message(theirs.clone()), b"two".to_vec())
        .unwrap();
    let reply = seen.accept(&reply, &other);
    document.apply(vec![reply]).unwrap();

    let saved = document.save();
    let put = |key: &ChatKey| {
        Segment::load(&saved, device.device_id)
            .unwrap()
            .put(key, b"value".to_vec())
            .unwrap()
    };
    let new = || stamp(&device, 2);
    for key in [
        ChatKey::Message(new()),
        ChatKey::Edit(own.clone(), new()),
        ChatKey::Withdrawal(own.clone(), new()),
        ChatKey::Reaction(theirs.clone(), new()),
        ChatKey::ReadMark(new()),
    ] {
        let written = seen.check(&put(&key), &device).unwrap();
        assert_eq!(
            (written.key, written.value.as_slice()),
            (key, b"value".as_slice())
        );
    }
    let unknown = stamp(&device, 9);
    let later = Stamp::new(HLC + 1, device.device_id, [0; 4]);
    for key in [
        ChatKey::Message(stamp(&other, 2)),
        ChatKey::Message(later),
        // The same key again, or one that was used for something else.
        ChatKey::Message(own.clone()),
        ChatKey::ReadMark(own.clone()),
        ChatKey::Edit(theirs.clone(), new()),
        ChatKey::Withdrawal(theirs, new()),
        ChatKey::Edit(unknown.clone(), new()),
        ChatKey::Reaction(unknown, new()),
    ] {
        assert_eq!(
            seen.check(&put(&key), &device).unwrap_err(),
            ChatFault::ForbiddenChange,
            "{key}"
        );
    }
    // In another's name, again, out of turn, and on changes that nobody has.
    let mark = put(&ChatKey::ReadMark(new()));
    assert_eq!(seen.check(&mark, &other).unwrap_err(), ChatFault::ForbiddenChange);
    assert_eq!(
        seen.check(&first, &device).unwrap_err(),
        ChatFault::ForbiddenChange
    );
    assert_eq!(
        Seen::default().check(&mark, &device).unwrap_err(),
        ChatFault::ForbiddenChange
    );
    let mut ahead = Segment::load(&saved, device.device_id).unwrap();
    ahead
        .put(&ChatKey::ReadMark(stamp(&device, 3)), Vec::new())
        .unwrap();
    let second = ahead.put(&ChatKey::ReadMark(new()), Vec::new()).unwrap();
    assert_eq!(
        seen.check(&second, &device).unwrap_err(),
        ChatFault::ForbiddenChange
    );
}

/// What `write` makes of an empty document.
fn made(device: &ChatDevice, write: impl Fn(&mut AutoCommit), options: CommitOptions) -> Vec<u8> {
    let mut document = AutoCommit::new().with_actor(actor(device.device_id));
    write(&mut document);
    document.commit_with(options);
    document.get_last_local_change().unwrap().raw_bytes().to_vec()
}

#[test]
fn any_other_shape_of_a_change_is_refused() {
    let device = ChatDevice::new(Fixture::new().now);
    let mark = ChatKey::ReadMark(stamp(&device, 1)).to_string();
    let plain = || CommitOptions::default().with_time(0);
    let bytes = || ScalarValue::Bytes(vec![1]);
    let check = |what: &str, change: Vec<u8>| {
        assert_eq!(
            Seen::default().check(&change, &device).unwrap_err(),
            ChatFault::ForbiddenChange,
            "{what}"
        );
    };
    let refused = |what: &str, write: &dyn Fn(&mut AutoCommit)| check(what, made(&device, write, plain()));
    let put = |d: &mut AutoCommit| d.put(ROOT, &mark, bytes()).unwrap();
    let good = made(&device, put, plain());
    Seen::default().check(&good, &device).unwrap();
    check(
        "a time",
        made(&device, put, CommitOptions::default().with_time(1)),
    );
    check("a message", made(&device, put, plain().with_message("hello")));
    refused("text", &|d| d.put(ROOT, &mark, "text").unwrap());
    refused("an object", &|d| {
        drop(d.put_object(ROOT, &mark, ObjType::Map).unwrap())
    });
    refused("a counter", &|d| {
        d.put(ROOT, &mark, ScalarValue::counter(1)).unwrap()
    });
    refused("an unknown key", &|d| d.put(ROOT, "z/1", bytes()).unwrap());
    refused("a key in capitals", &|d| {
        d.put(ROOT, mark.to_uppercase(), bytes()).unwrap()
    });
    refused("two puts", &|d| {
        put(d);
        d.put(ROOT, "other", bytes()).unwrap();
    });
    let mut compressed = made(
        &device,
        |d| d.put(ROOT, &mark, ScalarValue::Bytes(vec![1; 4000])).unwrap(),
        plain(),
    );
    compressed = Change::from_bytes(compressed).unwrap().bytes().into_owned();
    assert!(compressed.len() < 1000);
    check("a compressed change", compressed);
    check("no change at all", b"no change at all".to_vec());
    for length in 0..good.len() {
        check("cut short", good[..length].to_vec());
    }
    // Any bit altered: refused, with a checksum to fit as well, unless it is the value, the one thing the author is free in.
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut altered = good.clone();
            altered[at] ^= 1 << bit;
            check("altered", altered.clone());
            let checksum = Sha256Hash::of(&altered[8..]);
            altered[4..8].copy_from_slice(&checksum.as_bytes()[..4]);
            if altered != good
                && let Ok(written) = Seen::default().check(&altered, &device)
            {
                assert!(
                    written.key.to_string() != mark || written.value != [1],
                    "byte {at}, bit {bit}"
                );
            }
        }
    }
}

#[test]
fn a_put_that_names_another_operation_as_its_predecessor_is_refused() {
    // automerge would take the predecessor away, whatever its key: a read mark could hide a message.
    let now = Fixture::new().now;
    let (device, victim) = (ChatDevice::new(now), ChatDevice::new(now));
    let mut seen = Seen::default();
    let message = Segment::new(victim.device_id)
        .put(&ChatKey::Message(stamp(&victim, 1)), b"hear me".to_vec())
        .unwrap();
    let message = seen.accept(&message, &victim);
    let hiding = |pred: Vec<legacy::OpId>, start_op: u64| -> Vec<u8> {
        let put = legacy::Op {
            action: legacy::OpType::Put(ScalarValue::Bytes(vec![1])),
            obj: legacy::ObjectId::Root,
            key: legacy::Key::Map(ChatKey::ReadMark(stamp(&device, 1)).to_string().into()),
            pred: pred.into(),
            insert: false,
        };
        let change: Change = ExpandedChange {
            operations: vec![put],
            actor_id: actor(device.device_id),
            author: None,
            hash: None,
            seq: 1,
            start_op: NonZeroU64::new(start_op).unwrap(),
            time: 0,
            message: None,
            deps: vec![message.hash()],
            extra_bytes: Vec::new(),
        }
        .into();
        change.raw_bytes().to_vec()
    };
    seen.check(&hiding(Vec::new(), 2), &device).unwrap();
    let pred = legacy::OpId::new(1, &actor(victim.device_id));
    assert_eq!(
        seen.check(&hiding(vec![pred], 2), &device).unwrap_err(),
        ChatFault::ForbiddenChange
    );
    // So far ahead that the next operation would have no number.
    assert_eq!(
        seen.check(&hiding(Vec::new(), u64::from(u32::MAX)), &device)
            .unwrap_err(),
        ChatFault::ForbiddenChange
    );
}

#[test]
fn every_kind_of_content_is_read_as_written_and_only_under_its_own_key() {
    let device = ChatDevice::new(Fixture::new().now);
    let (message, own) = (stamp(&device, 1), stamp(&device, 2));
    let text = || MessageText::new("Since when does she take it?").unwrap();
    let contents = [
        Content::Message {
            text: text(),
            reply_to: Some(message.clone()),
        },
        Content::Message {
            text: text(),
            reply_to: None,
        },
        Content::Edit {
            message: message.clone(),
            text: text(),
        },
        Content::Withdrawal {
            message: message.clone(),
        },
        Content::Reaction {
            message: message.clone(),
            reaction: Some(ReactionText::new("👍").unwrap()),
        },
        Content::Reaction {
            message: message.clone(),
            reaction: None,
        },
        Content::ReadMark { seq: 300 },
    ];
    for content in &contents {
        let (key, value) = content.encode(own.clone());
        assert_eq!(ChatKey::parse(&key.to_string()).unwrap(), key);
        assert_eq!(Content::decode(&key, &value).unwrap(), *content);
        let longer = [value.as_slice(), &[0]].concat();
        assert_eq!(
            Content::decode(&key, &longer).unwrap_err(),
            ChatFault::ForbiddenChange
        );
    }
    let refused = |key: &ChatKey, value: &[u8]| {
        assert_eq!(Content::decode(key, value), Err(ChatFault::ForbiddenChange))
    };
    let key = ChatKey::Message(own.clone());
    // No text; an empty one; one that is not in its canonical form; a reply to something that is no stamp.
    refused(&key, &[0xa0]);
    refused(&key, &[0xa1, 0x00, 0x60]);
    refused(&key, &[0xa1, 0x00, 0x63, b'e', 0xcc, 0x81]);
    refused(&key, &[0xa2, 0x00, 0x61, b'a', 0x01, 0x61, b'b']);
    refused(&ChatKey::Withdrawal(message, own), &[0xa1, 0x00, 0x61, b'a']);
}
