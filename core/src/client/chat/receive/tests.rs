//! Phones that receive a case's log in whatever order, with what is wrong in it.

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::chat::{Envelope, RowKind, SegmentId, VERSION};
use crate::client::chat::change::Stamp;
use crate::client::chat::content::{MessageText, ReactionText};
use crate::client::chat::segment::Segment;
use crate::client::store::chat::message_rows::MessageRow;
use crate::crypto::Sha256Hash;
use crate::ids::UserId;
use crate::testing::Fixture;
use crate::testing::chat::{ChatDevice, ChatLog};

/// A device with its store.
struct Phone {
    device: ChatDevice,
    store: Connection,
    case_id: CaseId,
}

impl Phone {
    fn new(device: ChatDevice, case_id: CaseId) -> Self {
        let store = Connection::open_in_memory().unwrap();
        for migration in [
            include_str!("../../../../migrations/013_chat.sql"),
            include_str!("../../../../migrations/014_chat_sending.sql"),
        ] {
            store.execute_batch(migration).unwrap();
        }
        Self {
            device,
            store,
            case_id,
        }
    }

    fn receive(&self, entries: &[Entry]) -> Received {
        let wires: Vec<(u64, Vec<u8>)> = entries.iter().map(|entry| (entry.seq, entry.encode())).collect();
        receive(&self.store, Some(&self.device.keys), self.case_id, &wires).unwrap()
    }

    fn log(&self) -> Log {
        log_rows::log(&self.store, self.case_id).unwrap()
    }

    fn messages(&self) -> Vec<MessageRow> {
        message_rows::messages(&self.store, self.case_id, None, 1000).unwrap()
    }

    fn texts(&self) -> Vec<Option<String>> {
        self.messages()
            .into_iter()
            .rev()
            .map(|message| message.text)
            .collect()
    }

    fn document(&self, segment: SegmentId) -> Segment {
        let mut document = Segment::new(self.device.device_id);
        let changes = message_rows::changes(&self.store, self.case_id, segment).unwrap();
        let changes = changes
            .into_iter()
            .map(|bytes| automerge::Change::from_bytes(bytes).unwrap());
        document.apply(changes.collect()).unwrap();
        document
    }

    /// Everything that is shown, for comparison.
    fn shown(&self) -> String {
        let mut shown = String::new();
        for message in self.messages() {
            let reactions = message_rows::reactions(&self.store, self.case_id, &message.stamp).unwrap();
            shown += &format!("{message:?} {reactions:?}\n");
        }
        let unread = |user: UserId| message_rows::unread(&self.store, self.case_id, user).unwrap();
        for user in self.log().roster().members().keys() {
            shown += &format!("{user} {}\n", unread(*user));
        }
        shown
    }

    /// Seals content as this phone knows the chat, for the server's newest epoch. `None` if it does not have that one yet.
    fn seal(&self, chat: &ChatLog, content: &Content, hlc: u64, random: u8) -> Option<Envelope> {
        self.seal_having_seen(self.log().head(), chat, content, hlc, random)
    }

    fn seal_having_seen(
        &self,
        seen: LogHead,
        chat: &ChatLog,
        content: &Content,
        hlc: u64,
        random: u8,
    ) -> Option<Envelope> {
        let header = chat.header(&self.device);
        let key = log_rows::key(&self.store, self.case_id, header.epoch_hash).unwrap()?;
        let stamp = Stamp::new(hlc, self.device.device_id, [0, 0, 0, random]);
        let (put, value) = content.encode(stamp);
        let change = self.document(header.segment()).put(&put, value).unwrap();
        Some(chat.seal_having_seen(seen, &self.device, &key, change, hlc))
    }
}

struct World {
    chat: ChatLog,
    phones: Vec<Phone>,
    hlc: u64,
}

/// A requester with two devices, a colleague and an expert, all in sync.
fn world() -> World {
    let now = Fixture::new().now;
    let case_id = CaseId::generate(now);
    let (requester, expert, colleague) = (ChatDevice::new(now), ChatDevice::new(now), ChatDevice::new(now));
    let mut chat = ChatLog::new(case_id, now);
    chat.begin(&requester, &expert).unwrap();
    let tablet = requester.another(now);
    chat.certify(&tablet).unwrap();
    chat.certify(&colleague).unwrap();
    chat.change(RowKind::Add, &requester, &colleague).unwrap();
    chat.rotate(&requester).unwrap();
    let phones: Vec<Phone> = [requester, expert, colleague, tablet]
        .into_iter()
        .map(|device| Phone::new(device, case_id))
        .collect();
    for phone in &phones {
        phone.receive(&chat.entries);
    }
    World {
        chat,
        phones,
        hlc: u64::try_from(now.unix_millis()).unwrap(),
    }
}

fn text(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}

fn message(words: &str) -> Content {
    Content::Message {
        text: text(words),
        reply_to: None,
    }
}

impl World {
    fn sealed(&mut self, by: usize, content: &Content) -> Option<Envelope> {
        self.hlc += 1;
        self.phones[by].seal(&self.chat, content, self.hlc, 0)
    }

    fn send(&mut self, by: usize, content: &Content) {
        let envelope = self.sealed(by, content).unwrap();
        self.chat.push(Payload::Envelope(envelope)).unwrap();
    }

    fn sync(&self) {
        for phone in &self.phones {
            let from = usize::try_from(phone.log().head().seq).unwrap();
            phone.receive(&self.chat.entries[from..]);
        }
    }
}

#[test]
fn what_one_writes_the_others_read_edit_react_and_see_withdrawn() {
    let mut world = world();
    world.send(0, &message("Which drugs does she take?"));
    world.sync();
    let question = world.phones[1].messages()[0].clone();
    assert_eq!(question.user_id, world.phones[0].device.user_id);
    let about = || question.stamp.clone();
    world.send(
        1,
        &Content::Reaction {
            message: about(),
            reaction: Some(ReactionText::new("👍").unwrap()),
        },
    );
    world.send(
        3,
        &Content::Edit {
            message: about(),
            text: text("Which drugs does she take now?"),
        },
    );
    let answer = Content::Message {
        text: text("Ramipril."),
        reply_to: Some(about()),
    };
    world.send(2, &answer);
    world.sync();
    let expected = Some("Which drugs does she take now?".to_owned());
    for phone in &world.phones {
        assert_eq!(phone.texts(), [expected.clone(), Some("Ramipril.".to_owned())]);
        assert_eq!(phone.shown(), world.phones[0].shown());
        assert_eq!(phone.log(), world.chat.log);
    }
    let unread =
        |phone: &Phone| message_rows::unread(&phone.store, phone.case_id, phone.device.user_id).unwrap();
    let expert = &world.phones[1];
    assert_eq!(unread(expert), 2);
    let seq = expert.messages()[1].seq;
    world.send(1, &Content::ReadMark { seq });
    world.send(0, &Content::Withdrawal { message: about() });
    world.sync();
    assert_eq!(world.phones[1].texts(), [None, Some("Ramipril.".to_owned())]);
    assert_eq!(unread(&world.phones[1]), 1);
    assert_eq!(unread(&world.phones[2]), 0);
}

#[test]
fn a_successor_reads_nothing_older_and_a_former_expert_nothing_newer() {
    let mut world = world();
    world.send(0, &message("for the first expert"));
    world.sync();
    let former = world.phones[1].device.user_id;
    let case_id = world.chat.log.case_id();
    let removal = crate::chat::Removal {
        version: VERSION,
        case_id,
        user_id: former,
        device_id: None,
    };
    world.chat.push(Payload::Removal(removal)).unwrap();
    let successor = Phone::new(ChatDevice::new(world.chat.now), case_id);
    world.chat.certify(&successor.device).unwrap();
    world
        .chat
        .change(RowKind::Expert, &successor.device, &successor.device)
        .unwrap();
    world
        .chat
        .change(RowKind::Admit, &world.phones[0].device, &successor.device)
        .unwrap();
    world.chat.rotate(&world.phones[0].device).unwrap();
    world.phones.push(successor);
    world.sync();
    world.send(0, &message("for the second expert"));
    world.sync();
    // Even with every byte of the log.
    assert_eq!(world.phones[1].texts(), [Some("for the first expert".to_owned())]);
    assert_eq!(
        world.phones[4].texts(),
        [Some("for the second expert".to_owned())]
    );
    assert_eq!(world.phones[0].texts().len(), 2);
    for phone in &world.phones {
        assert_eq!(log_rows::set_aside(&phone.store, case_id).unwrap(), []);
    }
}

#[test]
fn a_text_that_its_author_may_not_write_is_set_aside_by_all_and_the_chat_goes_on() {
    let mut world = world();
    world.send(0, &message("mine"));
    world.sync();
    let stamp = world.phones[0].messages()[0].stamp.clone();
    world.send(
        1,
        &Content::Edit {
            message: stamp,
            text: text("not mine"),
        },
    );
    let seq = world.chat.log.head().seq;
    world.send(1, &message("and on"));
    world.send(2, &message("the others go on"));
    world.sync();
    for phone in &world.phones {
        assert_eq!(
            log_rows::set_aside(&phone.store, phone.case_id).unwrap(),
            [(seq, ChatFault::ForbiddenChange)]
        );
        assert_eq!(phone.texts().len(), 3);
        assert_eq!(phone.log(), world.chat.log);
    }
}

#[test]
fn two_logs_are_noticed_by_the_first_message_that_crosses_them() {
    let mut world = world();
    // The server shows the expert another time of the newest entry, and so another log.
    let newest = world.chat.entries.pop().unwrap();
    let mut log = Log::new(world.chat.log.case_id());
    for entry in &world.chat.entries {
        log.append(entry).unwrap();
    }
    let other = Entry {
        at: newest.at.plus_millis(1),
        ..newest.clone()
    };
    log.append(&other).unwrap();
    let expert = Phone::new(world.phones.remove(1).device, world.chat.log.case_id());
    expert.receive(&world.chat.entries);
    expert.receive(std::slice::from_ref(&other));
    assert_ne!(expert.log().head(), world.chat.log.head());
    world.chat.entries.push(newest);
    world.hlc += 1;
    let envelope = expert.seal(&world.chat, &message("hello"), world.hlc, 0).unwrap();
    world.chat.push(Payload::Envelope(envelope)).unwrap();
    let seq = world.chat.log.head().seq;
    world.sync();
    for phone in &world.phones {
        assert_eq!(
            log_rows::set_aside(&phone.store, phone.case_id).unwrap(),
            [(seq, ChatFault::LogForked)]
        );
    }
    // And by the phone itself, if the server then shows it the entry that the others have.
    let received = expert.receive(&world.chat.entries);
    assert!(received.forked);
    let noted = log_rows::fault(&expert.store, expert.case_id).unwrap();
    assert_eq!(noted, Some(ChatFault::LogForked));
}

#[test]
fn a_text_that_claims_to_have_seen_what_comes_behind_it_is_set_aside() {
    let mut world = world();
    for seq in [world.chat.log.head().seq + 1, u64::MAX] {
        let seen = LogHead {
            seq,
            ..world.chat.log.head()
        };
        world.hlc += 1;
        let sealed = world.phones[1].seal_having_seen(seen, &world.chat, &message("early"), world.hlc, 0);
        world.chat.push(Payload::Envelope(sealed.unwrap())).unwrap();
        world.sync();
    }
    let newest = world.chat.log.head().seq;
    for phone in &world.phones {
        assert_eq!(
            log_rows::set_aside(&phone.store, phone.case_id).unwrap(),
            [(newest - 1, ChatFault::LogForked), (newest, ChatFault::LogForked)]
        );
    }
}

#[test]
fn a_log_that_does_not_go_on_stops_there_until_the_right_entry_comes() {
    let mut world = world();
    world.send(0, &message("one"));
    let right = world.chat.entries.last().unwrap().clone();
    world.phones[0].receive(&world.chat.entries);
    world.send(0, &message("two"));
    let Payload::Envelope(envelope) = &right.payload else {
        panic!()
    };
    let mut wrong = envelope.clone();
    wrong.commitment = Sha256Hash::of(b"another text");
    let wrong = Entry {
        payload: Payload::Envelope(wrong),
        ..right.clone()
    };
    let phone = &world.phones[1];
    let received = phone.receive(&[wrong, world.chat.entries.last().unwrap().clone()]);
    assert_eq!(received.stopped, Some(ChatFault::BadSignature));
    assert_eq!(
        log_rows::fault(&phone.store, phone.case_id).unwrap(),
        Some(ChatFault::BadSignature)
    );
    assert_eq!(phone.texts(), []);
    let received = phone.receive(std::slice::from_ref(&right));
    assert_eq!((received.stopped, received.checked.len()), (None, 2));
    assert_eq!(phone.texts().len(), 2);
    assert_eq!(log_rows::fault(&phone.store, phone.case_id).unwrap(), None);
}

#[derive(Debug, Clone)]
enum Step {
    /// Somebody who may be behind writes something.
    Write {
        by: usize,
        what: u8,
        about: usize,
    },
    /// Somebody receives up to so many of the entries that are missing.
    Receive {
        by: usize,
        most: usize,
    },
    Rotate {
        by: usize,
    },
    /// A message is on its way while the key changes: its slot is burnt.
    TooLate {
        by: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0..4_usize, 0..6_u8, 0..8_usize).prop_map(|(by, what, about)| Step::Write { by, what, about }),
        3 => (0..4_usize, 1..6_usize).prop_map(|(by, most)| Step::Receive { by, most }),
        1 => (0..4_usize).prop_map(|by| Step::Rotate { by }),
        1 => (0..4_usize).prop_map(|by| Step::TooLate { by }),
    ];
    prop::collection::vec(step, 1..40)
}

impl World {
    /// What the phone writes about a message that it has, if it may.
    fn content(&self, by: usize, what: u8, about: usize) -> Content {
        let phone = &self.phones[by];
        let messages = phone.messages();
        let Some(chosen) = messages.get(about % messages.len().max(1)) else {
            return message("first");
        };
        let stamp = chosen.stamp.clone();
        let own = chosen.user_id == phone.device.user_id;
        match what {
            0 if own => Content::Edit {
                message: stamp,
                text: text(&format!("edit {}", self.hlc)),
            },
            1 if own => Content::Withdrawal { message: stamp },
            2 => Content::Reaction {
                message: stamp,
                reaction: Some(ReactionText::new("👍").unwrap()),
            },
            3 => Content::Reaction {
                message: stamp,
                reaction: None,
            },
            4 => Content::ReadMark { seq: chosen.seq },
            _ => Content::Message {
                text: text(&format!("message {}", self.hlc)),
                reply_to: Some(stamp),
            },
        }
    }

    /// Has what it wrote itself, as every phone does.
    fn knows_own(&self, by: usize) {
        let phone = &self.phones[by];
        let own = self.chat.entries.iter().rposition(|entry| match &entry.payload {
            Payload::Envelope(envelope) | Payload::Refused(envelope) => {
                envelope.header().device_id == phone.device.device_id
            }
            Payload::Device(_) | Payload::Roster(_) | Payload::Removal(_) | Payload::Epoch { .. } => false,
        });
        phone.receive(&self.chat.entries[..own.map_or(0, |at| at + 1)]);
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Write { by, what, about } => {
                self.knows_own(*by);
                let content = self.content(*by, *what, *about);
                if let Some(envelope) = self.sealed(*by, &content) {
                    self.chat.push(Payload::Envelope(envelope)).unwrap();
                }
            }
            Step::Receive { by, most } => {
                let phone = &self.phones[*by];
                let from = usize::try_from(phone.log().head().seq).unwrap();
                let to = self.chat.entries.len().min(from + most);
                phone.receive(&self.chat.entries[from..to]);
            }
            Step::Rotate { by } => drop(self.chat.rotate(&self.phones[*by].device).unwrap()),
            Step::TooLate { by } => {
                self.knows_own(*by);
                let Some(late) = self.sealed(*by, &message("too late")) else {
                    return;
                };
                self.chat.rotate(&self.phones[(by + 1) % 4].device).unwrap();
                self.chat.push(Payload::Refused(late.without_content())).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_a_log_arrives_all_have_the_same_chat(steps in steps(), order in any::<u64>(), batch in 1..7_usize) {
        let mut world = world();
        steps.iter().for_each(|step| world.run(step));
        // One phone gets everything once more, shuffled and in batches; one in one piece.
        let mut shuffled: Vec<&Entry> = world.chat.entries.iter().chain(&world.chat.entries).collect();
        shuffled.sort_by_key(|entry| Sha256Hash::of(&(entry.seq ^ order).to_be_bytes()));
        for some in shuffled.chunks(batch) {
            let some: Vec<Entry> = some.iter().map(|entry| (*entry).clone()).collect();
            world.phones[3].receive(&some);
        }
        world.sync();
        let segment = world.chat.header(&world.phones[0].device).segment();
        let documents = |phone: &Phone| phone.document(segment).keys();
        for phone in &world.phones {
            prop_assert_eq!(phone.log(), world.chat.log.clone());
            prop_assert_eq!(phone.shown(), world.phones[0].shown());
            prop_assert_eq!(documents(phone), documents(&world.phones[0]));
            prop_assert_eq!(log_rows::set_aside(&phone.store, phone.case_id).unwrap(), []);
            let too_late = phone.texts().iter().flatten().any(|text| text == "too late");
            prop_assert!(!too_late);
        }
    }
}
