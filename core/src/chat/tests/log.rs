//! What the log takes of entries and envelopes, in which order, and how a stored log goes on.

use super::*;
use crate::crypto::Sha256Hash;

impl World {
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
