//! What the server takes into a case's log, from whom.

use mso_core::actor::{Actor, Origin};
use mso_core::cases::CancelCase;
use mso_core::chat::EntryKind::{Device, Envelope, Epoch, Refused, Removal, Roster};
use mso_core::chat::{ChatFault, Payload, RowKind};
use mso_core::client::chat::keys::ChatKeys;
use mso_core::command::Command;
use mso_core::crypto::SigningKey;
use mso_core::refusal::Refusal;
use mso_core::testing::text;
use mso_server::chat::{Answer, Item, publish};

use super::people::{Chat, appended, begun, newest, phone, reassigned};
use crate::commands::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_one_log_in_which_everything_stands_in_its_place() {
    let world = World::new().await;
    let (chat, requester, expert, _) = begun(&world).await;
    let kinds = newest(&chat, 8);
    assert_eq!(
        kinds,
        [Device, Roster, Device, Roster, Roster, Epoch, Envelope, Envelope]
    );
    let roster = chat.log.log.roster();
    assert!(roster.member(expert.actor.user).unwrap().admitted);
    assert_eq!(roster.readers().count(), 2);
    // Its stream has a change for each entry, and its readers are the two users.
    let case_id = chat.log.log.case_id().as_uuid();
    let seq = "select h.seq::text from stream_head h join chat c on c.stream = h.stream where c.case_id = $1";
    assert_eq!(world.text(seq, case_id).await, "8");
    let readers = "select string_agg(split_part(u.email, '@', 1), ' ' order by u.email) from membership m
                   join chat c on c.stream = m.stream join mso_user u on u.id = m.party
                   where c.case_id = $1 and m.to_seq is null";
    assert_eq!(world.text(readers, case_id).await, "amal noor");
    // Nothing that was sealed stands among what is signed.
    assert_eq!(world.count("select count(*) from chat_text").await, 2);
    assert_eq!(world.count("select count(*) from chat_wrap").await, 2);
    drop(requester);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_sent_again_is_appended_once() {
    let world = World::new().await;
    let (mut chat, requester, expert, key) = begun(&world).await;
    let message = chat.seal(&expert, &key, "Thank you.");
    let item = || Item::Envelope(message.clone());
    assert_eq!(chat.send(&expert, item()).await, appended(9));
    let before = world.footprint().await;
    assert_eq!(chat.send(&expert, item()).await, appended(9));
    // From the other side, too, it is no other's to send, and changes nothing.
    let others = chat.send(&requester, item()).await;
    assert_eq!(others, appended(9));
    assert_eq!(world.footprint().await, before);
    chat.catch_up().await;
    // Many at once, of both: each once.
    let message = chat.seal(&requester, &key, "At once.");
    let sends = (0..6).map(|_| chat.send(&requester, Item::Envelope(message.clone())));
    for answer in futures::future::join_all(sends).await {
        assert_eq!(answer, appended(10));
    }
    chat.catch_up().await;
    assert_eq!(chat.log.log.head().seq, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_follow_each_other_are_stored_together_and_seen_by_what_comes_behind_them() {
    let world = World::new().await;
    let (mut chat, requester, _, key) = begun(&world).await;
    let case_id = chat.log.log.case_id();
    let mut ahead = chat.log.clone();
    let mut messages = Vec::new();
    for text in ["One.", "Two.", "Three."] {
        let envelope = ahead.seal(&requester.device, &key, text.as_bytes().to_vec());
        ahead.push(Payload::Envelope(envelope.clone())).unwrap();
        messages.push(Item::Envelope(envelope));
    }
    let late = ahead.seal(&requester.device, &key, b"Late.".to_vec());
    let (_, record, wraps) = requester.device.keys.make_epoch(&ahead.log, ahead.now).unwrap();
    let [one, two, three] = <[Item; 3]>::try_from(messages).unwrap();
    let epoch = Item::Epoch { record, wraps };
    let items = vec![one.clone(), two, one, three, epoch, Item::Envelope(late)];
    let answers = mso_server::chat::append(world.state(), &requester.actor, case_id, items).await;
    let places: Vec<(u64, bool)> = answers
        .unwrap()
        .into_iter()
        .map(|answer| match answer {
            Answer::Appended { seq, .. } => (seq, true),
            Answer::Burnt { seq } => (seq, false),
            other @ (Answer::Known | Answer::Fault(_) | Answer::Refused(_)) => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        places,
        [
            (9, true),
            (10, true),
            (9, true),
            (11, true),
            (12, true),
            (13, false)
        ]
    );
    chat.catch_up().await;
    assert_eq!(newest(&chat, 5), [Envelope, Envelope, Envelope, Epoch, Refused]);
    assert_eq!(world.count("select count(*) from chat_text").await, 5);
    // Two together, the one that is sent again before the third, the key, the burnt slot.
    let seq = "select h.seq::text from stream_head h join chat c on c.stream = h.stream where c.case_id = $1";
    assert_eq!(world.text(seq, case_id.as_uuid()).await, "12");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_participants_devices_sends_anything() {
    let world = World::new().await;
    let (chat, requester, expert, key) = begun(&world).await;
    let colleague = phone(&world, world.colleague().await).await;
    let stranger = phone(&world, world.stranger).await;
    let other_expert = phone(&world, world.generalist).await;
    let admin = Actor {
        origin: Origin::Device(requester.device.device_id),
        ..world.admin
    };
    let message = chat.seal(&requester, &key, "Hello.");
    for outsider in [&colleague, &stranger, &other_expert] {
        let answer = chat.send(outsider, Item::Envelope(message.clone())).await;
        assert_eq!(answer, Answer::Refused(Refusal::NotFound));
        let row = chat.log.row(RowKind::Add, &outsider.device, &outsider.device);
        assert_eq!(
            chat.send(outsider, Item::Roster(row)).await,
            Answer::Refused(Refusal::NotFound)
        );
    }
    for nobody in [admin, Actor::SYSTEM] {
        let items = vec![Item::Envelope(message.clone())];
        let case_id = chat.log.log.case_id();
        let answers = mso_server::chat::append(world.state(), &nobody, case_id, items).await;
        assert_eq!(answers.unwrap(), [Answer::Refused(Refusal::NotFound)]);
    }
    // A participant in another's name: the signature is right, the sender is not.
    let answer = chat.send(&expert, Item::Envelope(message)).await;
    assert_eq!(answer, Answer::Fault(ChatFault::UnknownCertificate));
    // A colleague outside the team is not added, whoever signs it; nor another expert.
    let row = chat.log.row(RowKind::Add, &requester.device, &colleague.device);
    assert_eq!(
        chat.send(&requester, Item::Roster(row)).await,
        Answer::Fault(ChatFault::NotAMember)
    );
    let row = chat.log.row(RowKind::Expert, &expert.device, &expert.device);
    assert_eq!(
        chat.send(&expert, Item::Roster(row)).await,
        Answer::Fault(ChatFault::NotAMember)
    );
    assert_eq!(world.count("select count(*) from chat_entry").await, 8);
    // A certificate is published by its own device only, once.
    let own = &stranger.device.keys.certificate;
    let answer = publish(world.state(), &requester.actor, own).await.unwrap();
    assert_eq!(answer, Err(ChatFault::NotAMember));
    assert_eq!(
        publish(world.state(), &stranger.actor, own).await.unwrap(),
        Ok(())
    );
    // Other keys for the device: of another identity, and of the same.
    let now = world.fixture.now;
    let (user_id, device_id) = (stranger.actor.user, stranger.device.device_id);
    let others = ChatKeys::generate(user_id, device_id, now).unwrap();
    let answer = publish(world.state(), &stranger.actor, &others.certificate).await;
    assert_eq!(answer.unwrap(), Err(ChatFault::IdentityChanged));
    let identity = SigningKey::from_seed(&stranger.device.keys.identity.seed());
    let others = ChatKeys::certified(identity, user_id, device_id, now).unwrap();
    let answer = publish(world.state(), &stranger.actor, &others.certificate)
        .await
        .unwrap();
    assert_eq!(answer, Err(ChatFault::Replayed));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_expert_changes_the_first_next_item_finds_the_new_readers() {
    let world = World::new().await;
    let (mut chat, requester, expert, key) = begun(&world).await;
    let case_id = chat.log.log.case_id();
    let late = chat.seal(&requester, &key, "For the first expert.");
    let from_former = chat.seal(&expert, &key, "I write on.");
    reassigned(&world, case_id).await;
    // Before anything is appended: the former expert is out at once.
    let answer = chat.send(&expert, Item::Envelope(from_former)).await;
    assert_eq!(answer, Answer::Refused(Refusal::NotFound));
    // What the requester wrote for the former expert is not kept: its slot is burnt, behind the removal.
    assert_eq!(
        chat.send(&requester, Item::Envelope(late.clone())).await,
        Answer::Burnt { seq: 10 }
    );
    assert_eq!(
        chat.send(&requester, Item::Envelope(late)).await,
        Answer::Burnt { seq: 10 }
    );
    chat.catch_up().await;
    assert_eq!(newest(&chat, 2), [Removal, Refused]);
    assert_eq!(world.count("select count(*) from chat_text").await, 2);
    let readers = "select count(*)::text from membership m join chat c on c.stream = m.stream
                   where c.case_id = $1 and m.to_seq is null";
    assert_eq!(world.text(readers, case_id.as_uuid()).await, "1");

    // The successor joins by the own assignment; the team admits, and writes under a new key.
    let successor = phone(&world, world.generalist).await;
    let token = "select assignment_id::text from mso_case where id = $1";
    let token = world.text(token, case_id.as_uuid()).await.parse().unwrap();
    assert_eq!(
        chat.join(&successor, token).await,
        Answer::Refused(Refusal::NotFound)
    );
    let accept = Command::AcceptCase(mso_core::cases::AcceptCase { case_id });
    world.apply(&world.generalist, accept, Some(token)).await;
    assert_eq!(chat.join(&successor, token).await, appended(12));
    let key = chat.rotate(&successor).await;
    assert_eq!(
        chat.write(&requester, &key, "Too early.").await,
        Answer::Burnt { seq: 14 }
    );
    assert_eq!(
        chat.change(RowKind::Admit, &requester, &successor).await,
        appended(15)
    );
    let key = chat.rotate(&requester).await;
    assert_eq!(chat.write(&requester, &key, "Welcome.").await, appended(17));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_revoked_is_no_reader_from_the_next_item_on_and_a_closed_case_takes_nothing_more() {
    let world = World::new().await;
    let (mut chat, requester, expert, key) = begun(&world).await;
    let revoke = "update device set state = 'revoked', revoked_at = now() where id = $1";
    sqlx::query(revoke)
        .bind(expert.device.device_id.as_uuid())
        .execute(&world.root)
        .await
        .unwrap();
    let message = chat.seal(&requester, &key, "Do you read this?");
    assert_eq!(
        chat.send(&requester, Item::Envelope(message)).await,
        Answer::Burnt { seq: 11 }
    );
    chat.catch_up().await;
    assert_eq!(chat.log.log.roster().readers().count(), 1);
    // Its user had no other, and is a member no longer: with new keys they can come back.
    assert_eq!(chat.log.log.roster().members().len(), 1);
    let key = chat.rotate(&requester).await;
    let case_id = chat.log.log.case_id();
    let cancel = Command::CancelCase(CancelCase {
        case_id,
        reason: text("the consent was taken back"),
    });
    world.apply(&world.admin, cancel, None).await;
    assert_eq!(
        chat.write(&requester, &key, "Too late.").await,
        Answer::Refused(Refusal::CaseClosed)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_founded_once_by_whoever_of_the_team_comes_first() {
    let world = World::new().await;
    let case_id = world.case().await;
    let requester = phone(&world, world.requester).await;
    let mut chat = Chat::new(&world, case_id);
    // Nothing else begins a chat.
    let (_, record, wraps) = requester
        .device
        .keys
        .make_epoch(&chat.log.log, chat.log.now)
        .unwrap();
    let answer = chat.send(&requester, Item::Epoch { record, wraps }).await;
    assert_eq!(answer, Answer::Fault(ChatFault::RosterMoved));
    let row = chat.log.row(RowKind::Found, &requester.device, &requester.device);
    let sends = (0..4).map(|_| chat.send(&requester, Item::Roster(row.clone())));
    for answer in futures::future::join_all(sends).await {
        assert_eq!(answer, appended(2));
    }
    chat.catch_up().await;
    assert_eq!(newest(&chat, 2), [Device, Roster]);
    let again = chat.change(RowKind::Found, &requester, &requester).await;
    assert_eq!(again, Answer::Fault(ChatFault::NotAMember));
}
