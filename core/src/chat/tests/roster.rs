//! Who becomes a reader and who stops being one, who makes keys for whom, and who may write.

use super::*;
use crate::crypto::Sha256Hash;

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
