//! What the log and the roster take, and that everything else is a fault with a code of its own.

use super::*;
use crate::crypto::Sha256Hash;
use crate::ids::CaseId;
use crate::testing::Fixture;
use crate::testing::chat::{ChatDevice, ChatLog};

struct World {
    chat: ChatLog,
    requester: ChatDevice,
    expert: ChatDevice,
    fixture: Fixture,
}

/// A chat with a requester and an admitted expert, under an epoch of the requester's.
fn world() -> World {
    let fixture = Fixture::new();
    let (requester, expert) = (ChatDevice::new(fixture.now), ChatDevice::new(fixture.now));
    let mut chat = ChatLog::new(CaseId::generate(fixture.now), fixture.now);
    chat.begin(&requester, &expert).unwrap();
    chat.rotate(&requester).unwrap();
    World {
        chat,
        requester,
        expert,
        fixture,
    }
}

impl World {
    /// What the log says to this payload, and that it changes nothing when it is a fault.
    fn refused(&self, payload: Payload) -> ChatFault {
        let mut chat = self.chat.clone();
        let fault = chat.push(payload).unwrap_err();
        assert_eq!(chat.log, self.chat.log, "{fault} changed something");
        fault
    }

    fn send(&mut self, by: fn(&World) -> &ChatDevice) -> Result<Appended, ChatFault> {
        let device = by(self);
        let envelope = self.chat.opaque(device, self.chat.header(device));
        self.chat.push(Payload::Envelope(envelope))
    }
}

#[test]
fn everyone_who_appends_the_same_entries_as_sent_has_the_same_log() {
    let mut world = world();
    world.send(|world| &world.requester).unwrap();
    world.send(|world| &world.expert).unwrap();
    world.send(|world| &world.expert).unwrap();
    let mut other = Log::new(world.chat.log.case_id());
    for entry in &world.chat.entries {
        let received = Entry::decode(&entry.encode()).unwrap();
        assert_eq!(received, *entry);
        other.append(&received).unwrap();
    }
    assert_eq!(other, world.chat.log);
    let of_another_case = Log::new(CaseId::generate(world.fixture.now));
    assert_ne!(of_another_case.head(), Log::new(world.chat.log.case_id()).head());
}

#[test]
fn a_text_that_was_left_out_changes_neither_chain_nor_head() {
    let mut world = world();
    world.send(|world| &world.requester).unwrap();
    let mut other = Log::new(world.chat.log.case_id());
    for entry in &world.chat.entries {
        let payload = entry.payload.without_secrets();
        let stripped = Entry {
            payload,
            ..entry.clone()
        };
        other.append(&Entry::decode(&stripped.encode()).unwrap()).unwrap();
    }
    assert_eq!(other, world.chat.log);
}

#[test]
fn entries_that_are_missing_repeated_or_exchanged_are_noticed() {
    let mut world = world();
    let before = world.chat.log.clone();
    for _ in 0..3 {
        world.send(|world| &world.expert).unwrap();
    }
    let [.., first, second, third] = world.chat.entries.as_slice() else {
        panic!()
    };
    let mut log = before;
    assert_eq!(log.append(second), Err(ChatFault::LogGap));
    log.append(first).unwrap();
    assert_eq!(log.append(first), Err(ChatFault::Replayed));
    // The server shows the third where the second stood.
    let exchanged = Entry {
        seq: second.seq,
        ..third.clone()
    };
    assert_eq!(log.append(&exchanged), Err(ChatFault::SequenceGap));
    let repeated = Entry {
        seq: second.seq,
        ..first.clone()
    };
    assert_eq!(log.append(&repeated), Err(ChatFault::Replayed));
    // The time is the server's to say, but only once: it changes the head.
    let other_time = Entry {
        at: second.at.plus_millis(1),
        ..second.clone()
    };
    let mut other = log.clone();
    other.append(&other_time).unwrap();
    log.append(second).unwrap();
    assert_ne!(log.head(), other.head());
}

#[test]
fn an_envelope_counts_only_as_its_device_signed_it_for_the_readers_of_now() {
    let world = world();
    let (chat, requester, expert) = (&world.chat, &world.requester, &world.expert);
    let header = || chat.header(requester);
    let sent = |header| world.refused(Payload::Envelope(chat.opaque(requester, header)));
    let case = CaseId::generate(world.fixture.now);
    assert_eq!(
        sent(Header {
            case_id: case,
            ..header()
        }),
        ChatFault::OtherCase
    );
    assert_eq!(sent(Header { seq: 2, ..header() }), ChatFault::SequenceGap);
    assert_eq!(sent(Header { seq: 0, ..header() }), ChatFault::Replayed);
    assert_eq!(sent(Header { epoch: 2, ..header() }), ChatFault::EpochNotAdmitted);
    let other = Sha256Hash::of(b"another epoch");
    assert_eq!(
        sent(Header {
            epoch_hash: other,
            ..header()
        }),
        ChatFault::EpochNotAdmitted
    );
    let rev = header().member_rev;
    assert_eq!(
        sent(Header {
            member_rev: rev - 1,
            ..header()
        }),
        ChatFault::EpochNotAdmitted
    );
    assert_eq!(
        sent(Header {
            segment_rev: 0,
            ..header()
        }),
        ChatFault::SegmentClosed
    );
    assert_eq!(
        sent(Header {
            segment_rev: rev + 1,
            ..header()
        }),
        ChatFault::SegmentClosed
    );
    // In the expert's name, and by somebody whom nobody knows.
    let name = Header {
        device_id: expert.device_id,
        ..header()
    };
    assert_eq!(sent(name), ChatFault::BadSignature);
    let stranger = ChatDevice::new(world.fixture.now);
    let header = Header {
        device_id: stranger.device_id,
        ..header()
    };
    let envelope = chat.opaque(&stranger, header);
    assert_eq!(
        world.refused(Payload::Envelope(envelope)),
        ChatFault::UnknownCertificate
    );
}

#[test]
fn an_envelope_that_was_altered_after_its_signature_is_noticed() {
    let world = world();
    let envelope = world
        .chat
        .opaque(&world.requester, world.chat.header(&world.requester));
    let mut swapped = envelope.clone();
    swapped.content = Content::Sealed {
        nonce: [7; 24],
        ciphertext: vec![2; 432],
    };
    assert_eq!(world.refused(Payload::Envelope(swapped)), ChatFault::BadSignature);
    let commitment = Sha256Hash::of(b"another message");
    let mut recommitted = envelope.clone();
    recommitted.commitment = commitment;
    assert_eq!(
        world.refused(Payload::Envelope(recommitted)),
        ChatFault::BadSignature
    );
    // Its header cannot be spelled in another way: one byte more, or an integer in its long form.
    let wire = envelope.encode();
    for at in 0..wire.len() {
        let mut altered = wire.clone();
        altered[at] ^= 1;
        if let Ok(altered) = Envelope::decode(&altered) {
            assert_ne!(altered, envelope);
            world.refused(Payload::Envelope(altered));
        }
    }
    let longer = [wire.as_slice(), &[0]].concat();
    assert_eq!(Envelope::decode(&longer).unwrap_err(), ChatFault::Malformed);
}

#[test]
fn the_chain_of_a_device_cannot_be_continued_twice() {
    let mut world = world();
    let header = world.chat.header(&world.requester);
    let (one, other) = (world.chat.opaque(&world.requester, header.clone()), {
        let content = Content::Sealed {
            nonce: [8; 24],
            ciphertext: vec![3; 432],
        };
        let chain = world
            .chat
            .log
            .chain(world.requester.device_id, world.requester.keys.certificate.hash());
        Envelope::sign(
            header,
            Sha256Hash::of(b"other"),
            content,
            chain.link,
            &world.requester.keys.signing,
        )
    });
    world.chat.push(Payload::Envelope(one)).unwrap();
    assert_eq!(
        world.refused(Payload::Envelope(other.clone())),
        ChatFault::Replayed
    );
    // A next one that was chained to the text which the server withheld.
    let next = Header {
        seq: 2,
        ..world.chat.header(&world.requester)
    };
    let link = other.link(
        world
            .chat
            .log
            .chain(world.requester.device_id, world.requester.keys.certificate.hash())
            .link,
    );
    let content = Content::Sealed {
        nonce: [9; 24],
        ciphertext: vec![4; 432],
    };
    let next = Envelope::sign(
        next,
        Sha256Hash::of(b"next"),
        content,
        link,
        &world.requester.keys.signing,
    );
    assert_eq!(world.refused(Payload::Envelope(next)), ChatFault::BadSignature);
}

#[test]
fn a_burnt_slot_stays_burnt() {
    let mut world = world();
    let late = world
        .chat
        .opaque(&world.requester, world.chat.header(&world.requester));
    world.chat.rotate(&world.expert).unwrap();
    assert_eq!(
        world.refused(Payload::Envelope(late.clone())),
        ChatFault::EpochNotAdmitted
    );
    // Its text is not kept.
    assert_eq!(
        world.refused(Payload::Refused(late.clone())),
        ChatFault::RefusedSlotFilled
    );
    let burnt = world.chat.push(Payload::Refused(late.without_content())).unwrap();
    assert!(matches!(burnt, Appended::Burnt { device_id, .. } if device_id == world.requester.device_id));
    assert_eq!(
        world.refused(Payload::Envelope(late)),
        ChatFault::RefusedSlotFilled
    );
    // The chain goes on from the burnt one.
    let header = world.chat.header(&world.requester);
    assert_eq!(header.seq, 2);
    world.send(|world| &world.requester).unwrap();
}

#[test]
fn nobody_becomes_a_reader_without_the_signature_of_one() {
    let world = world();
    let chat = &world.chat;
    let (requester, expert) = (&world.requester, &world.expert);
    let admin = ChatDevice::new(world.fixture.now);
    let mut with_admin = World {
        chat: chat.clone(),
        ..self::world()
    };
    with_admin.chat.certify(&admin).unwrap();
    let refused = |row| with_admin.refused(Payload::Roster(row));
    let chat = &with_admin.chat;
    // By the admin: as founder, colleague, second expert, or with the requester's name and another key.
    assert_eq!(
        refused(chat.row(RowKind::Found, &admin, &admin)),
        ChatFault::NotAMember
    );
    assert_eq!(
        refused(chat.row(RowKind::Add, &admin, &admin)),
        ChatFault::NotAMember
    );
    assert_eq!(
        refused(chat.row(RowKind::Expert, &admin, &admin)),
        ChatFault::NotAMember
    );
    assert_eq!(
        refused(chat.row(RowKind::Admit, &admin, &admin)),
        ChatFault::NotAMember
    );
    // The expert may not add anybody.
    assert_eq!(
        refused(chat.row(RowKind::Add, expert, &admin)),
        ChatFault::NotAMember
    );
    assert_eq!(
        refused(chat.row(RowKind::Remove, expert, requester)),
        ChatFault::NotAMember
    );
    // A row in the requester's name that the requester did not sign.
    let forged = RosterRow {
        signer: requester.keys.certificate.hash(),
        ..chat.row(RowKind::Add, &admin, &admin).value().clone()
    };
    assert_eq!(
        refused(Signed::sign(forged, &admin.keys.signing)),
        ChatFault::BadSignature
    );
    // A second identity under the expert's name.
    let mut restarted = ChatDevice::new(world.fixture.now);
    restarted.user_id = expert.user_id;
    restarted.keys =
        crate::client::chat::keys::ChatKeys::generate(expert.user_id, restarted.device_id, world.fixture.now)
            .unwrap();
    let certificate = Payload::Device(restarted.keys.certificate.clone());
    assert_eq!(with_admin.refused(certificate), ChatFault::IdentityChanged);
    // A certificate that another identity signed.
    let mut of_another = requester.keys.certificate.value().clone();
    of_another.device_id = admin.device_id;
    let of_another = Signed::sign(of_another, &admin.keys.identity);
    assert_eq!(
        self::world().refused(Payload::Device(of_another)),
        ChatFault::BadSignature
    );
}

#[test]
fn a_row_counts_once_and_only_for_the_state_that_it_was_signed_for() {
    let mut world = world();
    let colleague = ChatDevice::new(world.fixture.now);
    world.chat.certify(&colleague).unwrap();
    let add = world.chat.row(RowKind::Add, &world.requester, &colleague);
    world.chat.push(Payload::Roster(add.clone())).unwrap();
    world
        .chat
        .change(RowKind::Remove, &world.requester, &colleague)
        .unwrap();
    // The server brings the colleague back by the row of before.
    assert_eq!(world.refused(Payload::Roster(add)), ChatFault::RosterMoved);
    let stale = world.chat.row(RowKind::Add, &world.requester, &colleague);
    let another = world.requester.another(world.fixture.now);
    world.chat.certify(&another).unwrap();
    assert_eq!(world.refused(Payload::Roster(stale)), ChatFault::RosterMoved);
}

#[test]
fn a_key_is_made_by_a_reader_for_readers_only_and_in_turn() {
    let mut world = world();
    let (key, record, wraps) = world
        .expert
        .keys
        .make_epoch(&world.chat.log, world.fixture.now)
        .unwrap();
    drop(key);
    let resign = |change: &dyn Fn(&mut EpochRecord), by: &ChatDevice| {
        let mut epoch = record.value().clone();
        change(&mut epoch);
        Payload::Epoch {
            record: Signed::sign(epoch, &by.keys.signing),
            wraps: Vec::new(),
        }
    };
    let expert = &world.expert;
    let refused = |change: &dyn Fn(&mut EpochRecord)| world.refused(resign(change, expert));
    assert_eq!(refused(&|epoch| epoch.epoch = 3), ChatFault::EpochOutOfOrder);
    assert_eq!(refused(&|epoch| epoch.epoch = 1), ChatFault::EpochOutOfOrder);
    assert_eq!(
        refused(&|epoch| epoch.previous = None),
        ChatFault::EpochOutOfOrder
    );
    assert_eq!(refused(&|epoch| epoch.member_rev -= 1), ChatFault::RosterMoved);
    assert_eq!(
        refused(&|epoch| epoch.roster = Sha256Hash::of(b"other")),
        ChatFault::RosterMoved
    );
    assert_eq!(refused(&|epoch| epoch.recipients.reverse()), ChatFault::Malformed);
    let admin = ChatDevice::new(world.fixture.now);
    let hash = admin.keys.certificate.hash();
    let extra = |epoch: &mut EpochRecord| {
        epoch.recipients.push(Recipient {
            certificate: hash,
            suite: Suite::XWing,
            wrap: hash,
        });
        epoch.recipients.sort_by_key(|recipient| recipient.certificate);
    };
    assert_eq!(refused(&extra), ChatFault::ExtraRecipient);
    // Nobody is left out, and nobody's key is wrapped more weakly than it could be.
    for left_out in 0..2 {
        let missing = |epoch: &mut EpochRecord| {
            epoch.recipients.remove(left_out);
        };
        assert_eq!(refused(&missing), ChatFault::MissingRecipient);
    }
    assert_eq!(
        refused(&|epoch| epoch.recipients.clear()),
        ChatFault::MissingRecipient
    );
    assert_eq!(
        refused(&|epoch| epoch.recipients[1].suite = Suite::X25519),
        ChatFault::WeakSuite
    );
    // By somebody else: unknown, or signed with another key.
    assert_eq!(
        refused(&|epoch| epoch.signer = hash),
        ChatFault::UnknownCertificate
    );
    assert_eq!(world.refused(resign(&|_| {}, &admin)), ChatFault::BadSignature);
    // A wrap that is not the one signed, and one for a device that is not named.
    let with = |wrap: Wrap| Payload::Epoch {
        record: record.clone(),
        wraps: vec![wrap],
    };
    let other = Wrap {
        sealed: vec![0; 1168],
        ..wraps[0].clone()
    };
    assert_eq!(world.refused(with(other)), ChatFault::BadWrap);
    assert_eq!(
        world.refused(with(Wrap {
            certificate: hash,
            ..wraps[0].clone()
        })),
        ChatFault::ExtraRecipient
    );
    world
        .chat
        .push(Payload::Epoch {
            record: record.clone(),
            wraps: wraps.clone(),
        })
        .unwrap();
    // The first for a number counts; another one is out of order.
    assert_eq!(
        world.refused(resign(&|_| {}, &world.expert)),
        ChatFault::EpochOutOfOrder
    );
}

#[test]
fn the_team_does_not_write_to_an_expert_whom_it_has_not_admitted_and_the_expert_may_write_first() {
    let fixture = Fixture::new();
    let (requester, expert) = (ChatDevice::new(fixture.now), ChatDevice::new(fixture.now));
    let mut chat = ChatLog::new(CaseId::generate(fixture.now), fixture.now);
    chat.certify(&requester).unwrap();
    chat.change(RowKind::Found, &requester, &requester).unwrap();
    chat.certify(&expert).unwrap();
    chat.change(RowKind::Expert, &expert, &expert).unwrap();
    chat.rotate(&expert).unwrap();
    let envelope = chat.opaque(&expert, chat.header(&expert));
    chat.push(Payload::Envelope(envelope)).unwrap();
    let envelope = chat.opaque(&requester, chat.header(&requester));
    assert_eq!(
        chat.push(Payload::Envelope(envelope)),
        Err(ChatFault::ExpertNotAdmitted)
    );
    chat.change(RowKind::Admit, &requester, &expert).unwrap();
    chat.rotate(&requester).unwrap();
    let envelope = chat.opaque(&requester, chat.header(&requester));
    chat.push(Payload::Envelope(envelope)).unwrap();
}

#[test]
fn a_device_or_member_that_was_removed_neither_writes_nor_makes_keys_nor_comes_back() {
    let mut world = world();
    let case_id = world.chat.log.case_id();
    let (user_id, device_id) = (world.expert.user_id, world.expert.device_id);
    let removal = |device_id| {
        Payload::Removal(Removal {
            version: VERSION,
            case_id,
            user_id,
            device_id,
        })
    };
    let mut without_device = World {
        chat: world.chat.clone(),
        ..self::world()
    };
    without_device.chat.push(removal(Some(device_id))).unwrap();
    let (_, record, wraps) = world
        .expert
        .keys
        .make_epoch(&without_device.chat.log, world.fixture.now)
        .unwrap();
    assert_eq!(
        without_device.refused(Payload::Epoch { record, wraps }),
        ChatFault::UnknownCertificate
    );
    let row = without_device
        .chat
        .row(RowKind::Remove, &world.expert, &world.expert);
    assert_eq!(
        without_device.refused(Payload::Roster(row)),
        ChatFault::UnknownCertificate
    );

    world.chat.push(removal(None)).unwrap();
    assert_eq!(world.refused(removal(None)), ChatFault::NotAMember);
    world.chat.rotate(&world.requester).unwrap();
    let header = world.chat.header(&world.expert);
    let envelope = world.chat.opaque(&world.expert, header);
    assert_eq!(world.refused(Payload::Envelope(envelope)), ChatFault::NotAMember);
    let recipients = world
        .requester
        .keys
        .make_epoch(&world.chat.log, world.fixture.now)
        .unwrap()
        .1;
    let addressed: Vec<_> = recipients
        .value()
        .recipients
        .iter()
        .map(|one| one.certificate)
        .collect();
    assert_eq!(addressed, [world.requester.keys.certificate.hash()]);
    // A new expert begins a new document; the one before is closed.
    let successor = ChatDevice::new(world.fixture.now);
    let before = world.chat.log.roster().grown_at();
    world.chat.certify(&successor).unwrap();
    world
        .chat
        .change(RowKind::Expert, &successor, &successor)
        .unwrap();
    assert!(world.chat.log.roster().grown_at() > before);
}

#[test]
fn both_users_see_the_same_safety_number_and_no_others_do() {
    let now = Fixture::new().now;
    let (one, other) = (ChatDevice::new(now), ChatDevice::new(now));
    let (a, b) = (one.keys.identity.public(), other.keys.identity.public());
    let number = certificate::safety_number((one.user_id, &a), (other.user_id, &b));
    assert_eq!(
        number,
        certificate::safety_number((other.user_id, &b), (one.user_id, &a))
    );
    assert_eq!(number.len(), 60);
    assert!(number.bytes().all(|byte| byte.is_ascii_digit()));
    let swapped = ChatDevice::new(now).keys.identity.public();
    assert_ne!(
        number,
        certificate::safety_number((one.user_id, &a), (other.user_id, &swapped))
    );
}

#[test]
fn a_log_that_was_stored_goes_on_like_one_that_was_not() {
    let mut world = world();
    world.send(|world| &world.requester).unwrap();
    let late = world.chat.opaque(&world.expert, world.chat.header(&world.expert));
    world.chat.rotate(&world.expert).unwrap();
    world.chat.push(Payload::Refused(late.without_content())).unwrap();
    let log = &world.chat.log;
    let chain = |device: &ChatDevice| {
        (
            device.device_id,
            log.chain(device.device_id, device.keys.certificate.hash()),
        )
    };
    let chains = [chain(&world.requester), chain(&world.expert)];
    let burnt = [(world.expert.device_id, 1)];
    let restored = Log::restore(log.case_id(), &log.state(), chains, burnt).unwrap();
    assert_eq!(restored, *log);
    assert_eq!(
        Roster::decode(log.case_id(), b"no roster").unwrap_err(),
        ChatFault::Malformed
    );
}
