//! Two phones and a log that takes what they send by the server's rules; requests and answers get lost.

use proptest::prelude::*;

use super::*;
use crate::actor::{Acting, Origin};
use crate::chat::{Appended, Entry, Payload};
use crate::client::chat::content::MessageText;
use crate::client::chat::receive::receive;
use crate::client::chat::view::{self, ChatMessage, MessageState};
use crate::client::chat::write::Writing;
use crate::client::error::WorkspaceError;
use crate::client::store::in_memory;
use crate::client::sync::apply::{Applied, apply};
use crate::client::sync::{self, Plan};
use crate::crypto::SigningKey;
use crate::ids::DeviceId;
use crate::protocol::chat::ChatOutcome;
use crate::protocol::records::CaseRecord;
use crate::protocol::sync::{IDLE_MILLIS, RecordKey, WireRecord};
use crate::testing::chat::ChatLog;
use crate::testing::{Fixture, a_case};

struct Phone {
    conn: Connection,
    actor: Actor,
    now: Timestamp,
    case: Case,
}

impl Phone {
    fn new(actor: Actor, case: &Case, now: Timestamp) -> Self {
        let phone = Self {
            conn: in_memory(),
            actor,
            now,
            case: case.clone(),
        };
        keys(&phone.conn, actor, now).unwrap();
        device_rows::set_published(&phone.conn, &Published::Stored, now).unwrap();
        let record = Record::Case(CaseRecord::submitted_here(case.clone()));
        let Record::Case(body) = &record else { panic!() };
        let wire = WireRecord {
            key: RecordKey {
                kind: "case".to_owned(),
                id: case.id.as_uuid(),
            },
            stream: case.id.into(),
            version: 1,
            body: cbor::encode(body).unwrap().into(),
        };
        records::put(&phone.conn, &wire, Some(&record)).unwrap();
        phone
    }

    fn keys(&self) -> ChatKeys {
        keys(&self.conn, self.actor, self.now).unwrap().unwrap().0
    }

    fn writing(&self) -> Writing<'_> {
        Writing::begin(&self.conn, self.actor, self.case.id, self.now, self.now).unwrap()
    }

    fn write(&mut self, text: &str) -> super::super::change::Stamp {
        self.now = self.now.plus_millis(1);
        self.writing()
            .message(MessageText::new(text).unwrap(), None)
            .unwrap()
    }

    fn messages(&self) -> Vec<ChatMessage> {
        view::messages(&self.conn, self.actor, self.case.id, None, 1_000).unwrap()
    }

    fn texts(&self) -> Vec<String> {
        let messages = self.messages().into_iter().rev();
        messages.filter_map(|message| message.text).collect()
    }

    fn states(&self) -> Vec<MessageState> {
        let messages = self.messages().into_iter().rev();
        messages.map(|message| message.state).collect()
    }

    fn sender(&self) -> Sender {
        Sender {
            actor: self.actor,
            now: self.now,
            server_time: self.now,
            bytes: MAX_BYTES,
        }
    }

    /// What it would send now.
    fn offers(&self) -> Vec<ChatItem> {
        next(&self.conn, self.sender(), &BTreeMap::new()).unwrap().items
    }

    /// Receives what the log has.
    fn pull(&self, server: &Server) {
        let head = log_rows::log(&self.conn, self.case.id).unwrap().head().seq;
        let new = server.chat.entries.iter().filter(|entry| entry.seq > head);
        let new: Vec<(u64, Vec<u8>)> = new.map(|entry| (entry.seq, entry.encode())).collect();
        let received = receive(&self.conn, Some(&self.keys()), self.case.id, &new).unwrap();
        assert_eq!(
            (received.set_aside, received.stopped, received.forked),
            (vec![], None, false)
        );
    }

    /// Sends what is to be sent, and pulls, until nothing is left.
    fn syncs(&self, server: &mut Server) {
        self.pull(server);
        for _ in 0..20 {
            let offered = self.offers();
            if offered.is_empty() {
                return;
            }
            self.answered(server, &offered);
            self.pull(server);
        }
        panic!("it never ends");
    }

    /// Sends this, and has the answer, without a page.
    fn answered(&self, server: &mut Server, offered: &[ChatItem]) -> Applied {
        let mut is_held_up = false;
        let outcome = |item: &ChatItem| {
            let outcome = if is_held_up {
                ChatOutcome::Retry
            } else {
                server.take(item)
            };
            is_held_up |= !outcome.is_taken();
            (item.clone(), outcome)
        };
        let plan = Plan {
            settled: Vec::new(),
            unanswered: Vec::new(),
            acknowledged: Vec::new(),
            chat: offered.iter().map(outcome).collect(),
            step: sync::Step::PushOnly,
            server_time: self.now,
            next_after_ms: IDLE_MILLIS,
        };
        let tx = self.conn.unchecked_transaction().unwrap();
        let applied = apply(&tx, &plan, self.actor, self.now).unwrap();
        tx.commit().unwrap();
        applied
    }
}

/// The log, and the certificates that were published.
struct Server {
    chat: ChatLog,
    published: Vec<ChatKeys>,
}

impl Server {
    fn certify(&mut self, user_id: UserId) {
        for keys in &self.published {
            let certificate = &keys.certificate;
            let is_new = self.chat.log.roster().certificate(certificate.hash()).is_none();
            if certificate.value().user_id == user_id && is_new {
                self.chat.push(Payload::Device(certificate.clone())).unwrap();
            }
        }
    }

    fn take(&mut self, item: &ChatItem) -> ChatOutcome {
        let kind = match ChatItemKind::from_name(&item.kind).unwrap() {
            ChatItemKind::Roster => crate::chat::EntryKind::Roster,
            ChatItemKind::Epoch => crate::chat::EntryKind::Epoch,
            ChatItemKind::Envelope => crate::chat::EntryKind::Envelope,
            ChatItemKind::Certificate | ChatItemKind::Join => return ChatOutcome::Stored,
        };
        let payload = Payload::decode(kind, &item.body).unwrap();
        let digest = payload.digest();
        let found = |entry: &&Entry| entry.payload.digest() == digest;
        if let Some(entry) = self.chat.entries.iter().find(found) {
            return ChatOutcome::Appended {
                seq: entry.seq,
                at: Some(entry.at),
            };
        }
        if let Payload::Roster(row) = &payload {
            self.certify(row.value().user_id);
        }
        let late = match &payload {
            Payload::Envelope(envelope) => Some(Payload::Refused(envelope.without_content())),
            Payload::Device(_)
            | Payload::Roster(_)
            | Payload::Removal(_)
            | Payload::Epoch { .. }
            | Payload::Refused(_) => None,
        };
        let appended = match (self.chat.push(payload), late) {
            (Err(ChatFault::EpochNotAdmitted | ChatFault::SegmentClosed), Some(late)) => self.chat.push(late),
            (appended, _) => appended,
        };
        let seq = self.chat.log.head().seq;
        match appended {
            Ok(Appended::Burnt { .. }) => ChatOutcome::Burnt { seq },
            Ok(_) => {
                let at = self.chat.entries.last().map(|entry| entry.at);
                ChatOutcome::Appended { seq, at }
            }
            Err(fault) => ChatOutcome::fault(fault),
        }
    }

    /// The server removes a user.
    fn removes(&mut self, user_id: UserId) {
        let removal = crate::chat::Removal {
            version: VERSION,
            case_id: self.chat.log.case_id(),
            user_id,
            device_id: None,
        };
        self.chat.push(Payload::Removal(removal)).unwrap();
    }
}

/// A requester and an expert of an accepted case. Nothing was written yet.
fn begun() -> (Server, Phone, Phone) {
    let fixture = Fixture::new();
    let case = a_case(&fixture).accepted();
    let actor = |user, acting| Actor {
        user,
        acting,
        origin: Origin::Device(DeviceId::generate(fixture.now)),
    };
    let institution = fixture.institution;
    let requester = actor(fixture.requester, Acting::Requester { institution });
    let provider = fixture.provider;
    let expert = actor(fixture.provider_user, Acting::Provider { provider });
    let requester = Phone::new(requester, &case, fixture.now);
    let expert = Phone::new(expert, &case, fixture.now);
    let mut server = Server {
        chat: ChatLog::new(case.id, fixture.now),
        published: vec![requester.keys(), expert.keys()],
    };
    for phone in [&requester, &expert] {
        task_rows::want(&phone.conn, case.id).unwrap();
        phone.syncs(&mut server);
    }
    requester.pull(&server);
    requester.writing().admit(expert.actor.user).unwrap();
    requester.syncs(&mut server);
    expert.pull(&server);
    (server, requester, expert)
}

#[test]
fn who_was_let_in_by_one_identity_is_not_let_in_by_another() {
    let (mut server, requester, mut expert) = begun();
    assert!(server.chat.log.roster().expert().unwrap().1.admitted);
    // The server takes the expert away and sends another identity of the same user, for the same assignment.
    server.removes(expert.actor.user);
    requester.pull(&server);
    let joined = |expert: &Phone, server: &mut Server| {
        task_rows::want(&expert.conn, expert.case.id).unwrap();
        expert.syncs(server);
    };
    expert.now = expert.now.plus_millis(1);
    joined(&expert, &mut server);
    requester.pull(&server);
    requester.writing().admit(expert.actor.user).unwrap();
    server.removes(expert.actor.user);
    let puppet = Actor {
        origin: Origin::Device(DeviceId::generate(expert.now)),
        ..expert.actor
    };
    let puppet = Phone::new(puppet, &expert.case, expert.now);
    server.published = vec![puppet.keys()];
    joined(&puppet, &mut server);
    let (_, member) = server.chat.log.roster().expert().unwrap();
    assert_eq!(member.identity_key, puppet.keys().identity.public());
    requester.syncs(&mut server);
    assert!(!server.chat.log.roster().expert().unwrap().1.admitted);
    assert_eq!(
        task_rows::consents(&requester.conn, requester.case.id).unwrap(),
        []
    );
}

#[test]
fn what_was_written_for_one_expert_waits_until_its_author_sends_it_to_the_next() {
    let (mut server, mut requester, expert) = begun();
    let held = requester.write("for the first expert");
    server.removes(expert.actor.user);
    let identity = SigningKey::generate().unwrap();
    let successor = ChatKeys::certified(
        identity,
        UserId::generate(expert.now),
        DeviceId::generate(expert.now),
        expert.now,
    )
    .unwrap();
    let device = crate::testing::chat::ChatDevice {
        user_id: successor.certificate.value().user_id,
        device_id: successor.certificate.value().device_id,
        keys: successor,
    };
    server.chat.certify(&device).unwrap();
    server.chat.change(RowKind::Expert, &device, &device).unwrap();
    requester.pull(&server);
    requester.writing().admit(device.user_id).unwrap();
    requester.syncs(&mut server);
    assert!(server.chat.log.roster().expert().unwrap().1.admitted);
    let code = seal_waiting::EXPERT_CHANGED.to_owned();
    assert_eq!(requester.states(), [MessageState::NotSent { code: code.clone() }]);
    // Later messages go, and the held one does not use up their place, nor their slots.
    requester.write("one");
    requester.write("two");
    requester.syncs(&mut server);
    let sent = MessageState::Sent;
    let not_sent = MessageState::NotSent { code };
    assert_eq!(requester.states(), [not_sent, sent.clone(), sent.clone()]);
    // On its way with others behind it, whose answers are lost.
    requester.write("three");
    let lost = requester.offers();
    assert_eq!(lost.len(), 1);
    requester.writing().send_to_current_expert(&held).unwrap();
    let offered = requester.offers();
    assert_eq!(offered.len(), 2);
    assert_eq!(
        offered[0], lost[0],
        "bytes that were offered stay the same, and their slots come first"
    );
    requester.syncs(&mut server);
    assert_eq!(requester.states(), vec![sent; 4]);
    assert_eq!(requester.texts(), ["for the first expert", "one", "two", "three"]);
}

#[test]
fn a_change_of_a_message_that_newer_readers_do_not_have_is_refused_at_once() {
    let (mut server, mut requester, mut expert) = begun();
    let old = requester.write("before");
    requester.syncs(&mut server);
    server.removes(expert.actor.user);
    expert.now = expert.now.plus_millis(1);
    task_rows::want(&expert.conn, expert.case.id).unwrap();
    expert.syncs(&mut server);
    requester.pull(&server);
    let refused = requester.writing().withdraw(&old).unwrap_err();
    let WorkspaceError::Invalid { reason, .. } = refused else {
        panic!("{refused}")
    };
    assert_eq!(reason, "older_readers");
    assert_eq!(requester.texts(), ["before"]);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Write(bool),
    /// A phone offers; the request is lost.
    Offer(bool),
    /// A phone offers; the answer and what is new are lost.
    Unanswered(bool),
    Pull(bool),
    Sync(bool),
    /// The server revokes nothing, but the readers' key is replaced by the other phone.
    Rotate(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let of = |make: fn(bool) -> Step| any::<bool>().prop_map(make);
    prop_oneof![
        4 => of(Step::Write),
        2 => of(Step::Offer),
        2 => of(Step::Unanswered),
        2 => of(Step::Pull),
        2 => of(Step::Sync),
        1 => of(Step::Rotate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_written_comes_to_be_once_whatever_is_lost(steps in prop::collection::vec(step(), 1..40)) {
        let (mut server, requester, expert) = begun();
        let mut phones = [requester, expert];
        let mut written = 0;
        for step in steps {
            match step {
                Step::Write(who) => {
                    written += 1;
                    phones[usize::from(who)].write(&format!("text {written}"));
                }
                Step::Offer(who) => drop(phones[usize::from(who)].offers()),
                Step::Unanswered(who) => {
                    let offered = phones[usize::from(who)].offers();
                    for item in &offered {
                        server.take(item);
                    }
                }
                Step::Pull(who) => phones[usize::from(who)].pull(&server),
                Step::Sync(who) => phones[usize::from(who)].syncs(&mut server),
                Step::Rotate(who) => {
                    let keys = phones[usize::from(who)].keys();
                    let (_, record, wraps) = keys.make_epoch(&server.chat.log, server.chat.now).unwrap();
                    server.chat.push(Payload::Epoch { record, wraps }).unwrap();
                }
            }
        }
        for phone in [0, 1, 0] {
            phones[phone].syncs(&mut server);
        }
        let [one, other] = &phones;
        let mut texts = one.texts();
        prop_assert_eq!(&texts, &other.texts(), "both show the same in the same order");
        texts.sort();
        texts.dedup();
        prop_assert_eq!(texts.len(), written, "each text once");
        let all = |phone: &Phone| phone.states().iter().all(|state| *state == MessageState::Sent);
        prop_assert!(all(one) && all(other));
    }
}

#[test]
fn what_the_server_took_is_in_the_log_by_the_answer_unless_something_stands_before_it() {
    let (mut server, mut requester, mut expert) = begun();
    requester.write("A key comes first.");
    for kind in [ChatItemKind::Epoch, ChatItemKind::Envelope] {
        let offered = requester.offers();
        assert_eq!(
            offered.iter().map(|item| &*item.kind).collect::<Vec<_>>(),
            [kind.name()]
        );
        assert!(!requester.answered(&mut server, &offered).chats_have_gaps);
    }
    assert_eq!(requester.states(), [MessageState::Sent]);
    let (case_id, own) = (requester.case.id, requester.keys().certificate.hash());
    let epoch = log_rows::log(&requester.conn, case_id).unwrap().head().seq - 1;
    let wire = log_rows::entry(&requester.conn, case_id, epoch).unwrap().unwrap();
    let Payload::Epoch { wraps, .. } = Entry::decode(&wire).unwrap().payload else {
        panic!("no key")
    };
    let kept: Vec<_> = wraps.iter().map(|wrap| wrap.certificate).collect();
    assert_eq!(kept, [own], "what is for others is not kept, as in the feed");
    expert.pull(&server);
    expert.write("One.");
    expert.write("Two.");
    let offered = expert.offers();
    let applied = expert.answered(&mut server, &offered);
    assert!(!applied.chats_have_gaps);
    assert_eq!(expert.texts(), ["A key comes first.", "One.", "Two."]);
    assert_eq!(expert.states(), vec![MessageState::Sent; 3]);
    let head = log_rows::log(&expert.conn, expert.case.id).unwrap().head();
    assert_eq!(head, server.chat.log.head());

    // The other side was faster: the answer alone does not do.
    requester.pull(&server);
    requester.write("Faster.");
    let faster = requester.offers();
    requester.answered(&mut server, &faster);
    expert.write("Slower.");
    let offered = expert.offers();
    let applied = expert.answered(&mut server, &offered);
    assert!(applied.chats_have_gaps);
    assert_eq!(expert.states().pop(), Some(MessageState::Waiting));
    expert.pull(&server);
    assert_eq!(expert.states().pop(), Some(MessageState::Sent));
    assert_eq!(expert.texts().len(), 5);
}
