//! Transcripts of chats with everything that can happen in them, checked by the rules of the log and without keys.

use serde::Serialize;
use uuid::Uuid;

use super::super::change::Stamp;
use super::super::content::{MessageText, ReactionText};
use super::super::receive::receive;
use super::super::segment::Segment;
use super::super::vectors;
use super::*;
use crate::cases::{Case, CurrentAssignment};
use crate::chat::{Removal, VERSION, canonical, labels};
use crate::client::chat::keys::ChatKeys;
use crate::client::chat::sealing::Inner;
use crate::client::store::in_memory;
use crate::crypto::hmac_sha256;
use crate::ids::DeviceId;
use crate::protocol::cbor;
use crate::protocol::records::{ColleagueRecord, ExpertName};
use crate::protocol::sync::{RecordKey, WireRecord};
use crate::testing::chat::{ChatDevice, ChatLog};
use crate::testing::{Fixture, a_case};

fn put(
    conn: &Connection,
    case_id: CaseId,
    kind: RecordKind,
    id: Uuid,
    body: &impl Serialize,
    record: &Record,
) {
    let wire = WireRecord {
        key: RecordKey {
            kind: kind.name().to_owned(),
            id,
        },
        stream: case_id.into(),
        version: 1,
        body: cbor::encode(body).unwrap().into(),
    };
    records::put(conn, &wire, Some(record)).unwrap();
}

fn put_case(conn: &Connection, case: CaseRecord) {
    let (id, body) = (case.case.id, case.clone());
    put(
        conn,
        id,
        RecordKind::Case,
        id.as_uuid(),
        &body,
        &Record::Case(case),
    );
}

struct Phone {
    device: ChatDevice,
    conn: Connection,
    name: &'static str,
}

impl Phone {
    fn receive(&self, chat: &ChatLog) {
        let case_id = chat.log.case_id();
        let head = log_rows::log(&self.conn, case_id).unwrap().head().seq;
        let new = chat.entries.iter().filter(|entry| entry.seq > head);
        let shown = new.map(|entry| match &entry.payload {
            // As the server withholds what this phone's user cannot read.
            Payload::Envelope(envelope)
                if log_rows::key(&self.conn, case_id, envelope.header().epoch_hash)
                    .unwrap()
                    .is_none() =>
            {
                Entry {
                    payload: entry.payload.without_secrets(),
                    ..entry.clone()
                }
            }
            Payload::Device(_)
            | Payload::Roster(_)
            | Payload::Removal(_)
            | Payload::Epoch { .. }
            | Payload::Envelope(_)
            | Payload::Refused(_) => entry.clone(),
        });
        let wires: Vec<(u64, Vec<u8>)> = shown.map(|entry| (entry.seq, entry.encode())).collect();
        let received = receive(&self.conn, Some(&self.device.keys), case_id, &wires).unwrap();
        assert_eq!((received.stopped, received.forked), (None, false));
    }

    fn transcript(&self, case_id: CaseId, kind: TranscriptKind) -> Result<String, WorkspaceError> {
        let by = Exporter {
            user_id: self.device.user_id,
            name: self.name,
        };
        transcript(&self.conn, by, case_id, kind)
    }
}

struct World {
    chat: ChatLog,
    case: CaseRecord,
    /// Of the requester and the expert; of a colleague, once that one has joined.
    phones: Vec<Phone>,
    hlc: u64,
}

const REQUESTER: usize = 0;
const EXPERT: usize = 1;
const COLLEAGUE: usize = 2;

/// A requester and an expert with a key. Nothing was written yet.
fn begun() -> World {
    let fixture = Fixture::new();
    let now = fixture.now;
    let case: Case = a_case(&fixture).accepted();
    let requester = ChatDevice::of(fixture.requester, DeviceId::generate(now), now);
    let expert = ChatDevice::of(fixture.provider_user, DeviceId::generate(now), now);
    let mut chat = ChatLog::new(case.id, now);
    chat.begin(&requester, &expert).unwrap();
    chat.rotate(&requester).unwrap();
    let assignment = chat.log.roster().expert().unwrap().1.assignment_id.unwrap();
    let case = CaseRecord {
        expert: Some(ExpertName {
            provider_id: fixture.provider,
            display_name: "Dr Noor Saleh".to_owned(),
        }),
        ..CaseRecord::submitted_here(Case {
            assignment: Some(CurrentAssignment {
                id: assignment,
                provider_id: fixture.provider,
            }),
            ..case
        })
    };
    let mut world = World {
        chat,
        case,
        phones: Vec::new(),
        hlc: u64::try_from(now.unix_millis()).unwrap(),
    };
    world.join(requester, "Sami Haddad");
    world.join(expert, "Noor\n[1] Saleh");
    world
}

impl World {
    fn case_id(&self) -> CaseId {
        self.case.case.id
    }

    fn join(&mut self, device: ChatDevice, name: &'static str) {
        let conn = in_memory();
        put_case(&conn, self.case.clone());
        let phone = Phone { device, conn, name };
        phone.receive(&self.chat);
        self.phones.push(phone);
    }

    fn colleague_joins(&mut self) {
        let colleague = ChatDevice::new(self.chat.now);
        let record = ColleagueRecord {
            id: colleague.user_id,
            display_name: "Adam Khoury".to_owned(),
            active: true,
        };
        let requester = &self.phones[REQUESTER];
        let shown = Record::Colleague(record.clone());
        let (case_id, id) = (self.case_id(), record.id.as_uuid());
        put(
            &requester.conn,
            case_id,
            RecordKind::Colleague,
            id,
            &record,
            &shown,
        );
        self.chat.certify(&colleague).unwrap();
        self.chat
            .change(RowKind::Add, &requester.device, &colleague)
            .unwrap();
        self.chat.rotate(&requester.device).unwrap();
        self.join(colleague, "Adam Khoury");
        self.sync();
    }

    fn sync(&self) {
        for phone in &self.phones {
            phone.receive(&self.chat);
        }
    }

    /// Everybody receives it. Returns its stamp.
    fn send(&mut self, by: usize, content: &Content) -> Stamp {
        self.hlc += 1;
        let case_id = self.case_id();
        let Phone { device, conn, .. } = &self.phones[by];
        let header = self.chat.header(device);
        let key = log_rows::key(conn, case_id, header.epoch_hash).unwrap().unwrap();
        let stamp = Stamp::new(self.hlc, device.device_id, [0, 0, 0, 1]);
        let (put, value) = content.encode(stamp.clone());
        let mut document = Segment::new(device.device_id);
        let changes = message_rows::changes(conn, case_id, header.segment()).unwrap();
        let changes = changes
            .into_iter()
            .map(|bytes| automerge::Change::from_bytes(bytes).unwrap());
        document.apply(changes.collect()).unwrap();
        let change = document.put(&put, value).unwrap();
        let seen = log_rows::log(conn, case_id).unwrap().head();
        let envelope = self.chat.seal_having_seen(seen, device, &key, change, self.hlc);
        self.chat.push(Payload::Envelope(envelope)).unwrap();
        self.sync();
        stamp
    }

    fn json(&self, of: usize) -> Value {
        let json = self.phones[of].transcript(self.case_id(), TranscriptKind::Json);
        serde_json::from_str(&json.unwrap()).unwrap()
    }

    /// The paragraphs of the text, without their times.
    fn paragraphs(&self, of: usize) -> Vec<String> {
        let text = self.phones[of].transcript(self.case_id(), TranscriptKind::Text);
        let (text, time) = (text.unwrap(), format!(" {} ", self.chat.now));
        let (_, entries) = text.split_once("\n\n[").unwrap();
        let entries = entries
            .split("\n[")
            .map(|entry| entry.trim_end().replacen(&time, " ", 1));
        entries.map(|entry| format!("[{entry}")).collect()
    }
}

fn message(words: &str, reply_to: Option<Stamp>) -> Content {
    Content::Message {
        text: MessageText::new(words).unwrap(),
        reply_to,
    }
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes().chunks(2);
    digits
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

/// Checks a transcript as somebody without keys does. Returns the entries that are opened.
fn verified(file: &Value) -> Vec<u64> {
    assert_eq!(file["format"], FORMAT);
    let mut log = Log::new(file["case_id"].as_str().unwrap().parse().unwrap());
    let mut commitments = BTreeMap::new();
    for wire in file["entries"].as_array().unwrap() {
        let entry = Entry::decode(&bytes(wire)).unwrap();
        log.append(&entry).unwrap();
        if let Payload::Envelope(envelope) = &entry.payload {
            commitments.insert(entry.seq, envelope.commitment);
        }
    }
    assert_eq!(file["head"]["seq"], log.head().seq);
    assert_eq!(file["head"]["hash"], log.head().hash.to_string());
    let opened = file["opened"].as_array().unwrap().iter().map(|opened| {
        let seq = opened["seq"].as_u64().unwrap();
        let key: [u8; 32] = bytes(&opened["franking_key"]).try_into().unwrap();
        let padded = bytes(&opened["padded"]);
        let committed = [labels::COMMITMENT, padded.as_slice()].concat();
        assert_eq!(hmac_sha256(&key, &committed), commitments[&seq]);
        let end = padded.iter().rposition(|byte| *byte == 0x80).unwrap();
        let inner: Inner = canonical::decode(&padded[..end]).unwrap();
        let (put, value) = change::stated(&inner.change).unwrap();
        Content::decode(&put, &value).unwrap();
        seq
    });
    opened.collect()
}

/// A question that is withdrawn, an answer that is edited and reacted to; then a colleague comes.
fn eventful() -> World {
    let mut world = begun();
    let question = world.send(REQUESTER, &message("Which drugs does she take?", None));
    let answer = world.send(
        EXPERT,
        &message("Ramipril.\n[2] Sami Haddad left.", Some(question.clone())),
    );
    let edit = Content::Edit {
        message: answer.clone(),
        text: MessageText::new("Ramipril, 5 mg.").unwrap(),
    };
    world.send(EXPERT, &edit);
    for reaction in [Some(ReactionText::new("👍").unwrap()), None] {
        let message = answer.clone();
        world.send(REQUESTER, &Content::Reaction { message, reaction });
    }
    world.send(EXPERT, &Content::ReadMark { seq: 7 });
    world.send(REQUESTER, &Content::Withdrawal { message: question });
    world.colleague_joins();
    world.send(COLLEAGUE, &message("I have her old ECG.", Some(answer)));
    world
}

#[test]
fn what_a_reader_exports_proves_itself_without_keys() {
    let world = eventful();
    let file = world.json(REQUESTER);
    assert_eq!(verified(&file), [7, 8, 9, 10, 11, 12, 13, 17]);
    assert_eq!(file["case_id"], world.case_id().to_string());
    assert_eq!(file["entries"].as_array().unwrap().len(), 17);
    assert_eq!(file.get("fault"), None);
    let users = [REQUESTER, EXPERT, COLLEAGUE].map(|of| world.phones[of].device.user_id.to_string());
    let names = ["Sami Haddad", "Dr Noor Saleh", "Adam Khoury"];
    let participants = users.iter().zip(names);
    let expected: Vec<Value> = participants
        .map(|(user_id, name)| serde_json::json!({ "user_id": user_id, "name": name }))
        .collect();
    assert_eq!(file["participants"], Value::from(expected));
}

#[test]
fn who_came_later_exports_the_whole_log_and_opens_only_what_is_theirs() {
    let world = eventful();
    let file = world.json(COLLEAGUE);
    assert_eq!(verified(&file), [17]);
    assert_eq!(file["head"], world.json(REQUESTER)["head"]);
    assert_ne!(file["entries"][6], world.json(REQUESTER)["entries"][6]);
    // The requester's name is not known there.
    let requester = world.phones[REQUESTER].device.user_id;
    assert_eq!(
        file["participants"][0],
        serde_json::json!({ "user_id": requester })
    );
    let paragraphs = world.paragraphs(COLLEAGUE);
    let unreadable = format!(
        "[7] User {requester} sent something, from before Adam Khoury joined: not readable on this phone."
    );
    assert_eq!(paragraphs[6], unreadable);
    assert_eq!(
        paragraphs[16],
        "[17] Adam Khoury wrote, in reply to a message that is not readable on this phone:\n    I have her old ECG."
    );
}

#[test]
fn the_text_has_a_paragraph_for_each_entry_in_the_order_of_the_log() {
    let world = eventful();
    let device = |of: usize| world.phones[of].device.device_id;
    let expected = [
        format!("[1] A device of Sami Haddad became known: {}.", device(REQUESTER)),
        "[2] Sami Haddad began the chat.".to_owned(),
        format!("[3] A device of Dr Noor Saleh became known: {}.", device(EXPERT)),
        "[4] Dr Noor Saleh joined as the expert.".to_owned(),
        "[5] Dr Noor Saleh was admitted by Sami Haddad.".to_owned(),
        "[6] Sami Haddad made key 1.".to_owned(),
        "[7] Sami Haddad wrote:\n    Which drugs does she take?".to_owned(),
        "[8] Dr Noor Saleh wrote, in reply to the message of entry 7:\n    Ramipril.\n    [2] Sami Haddad left.".to_owned(),
        "[9] Dr Noor Saleh changed the message of entry 8 to:\n    Ramipril, 5 mg.".to_owned(),
        "[10] Sami Haddad reacted to the message of entry 8: 👍".to_owned(),
        "[11] Sami Haddad took back the reaction to the message of entry 8.".to_owned(),
        "[12] Dr Noor Saleh has read up to entry 7.".to_owned(),
        "[13] Sami Haddad withdrew the message of entry 7.".to_owned(),
        format!("[14] A device of Adam Khoury became known: {}.", device(COLLEAGUE)),
        "[15] Sami Haddad let Adam Khoury in.".to_owned(),
        "[16] Sami Haddad made key 2.".to_owned(),
        "[17] Adam Khoury wrote, in reply to the message of entry 8:\n    I have her old ECG.".to_owned(),
    ];
    assert_eq!(world.paragraphs(REQUESTER), expected);
    let text = world.phones[REQUESTER].transcript(world.case_id(), TranscriptKind::Text);
    let (text, head) = (text.unwrap(), world.chat.log.head());
    assert!(
        text.starts_with("Private chat of the case MSO-2026-000001\n"),
        "{text}"
    );
    assert!(text.contains(&format!(
        "\nEntries of the log: 17\nHead of the log: {}\n",
        head.hash
    )));
    assert!(!text.contains("ATTENTION"));
}

#[test]
fn a_text_that_was_set_aside_and_who_was_taken_away_are_told() {
    let mut world = begun();
    let question = world.send(REQUESTER, &message("mine", None));
    let edit = Content::Edit {
        message: question,
        text: MessageText::new("not mine").unwrap(),
    };
    world.send(EXPERT, &edit);
    let user_id = world.phones[EXPERT].device.user_id;
    let removal = Removal {
        version: VERSION,
        case_id: world.case_id(),
        user_id,
        device_id: None,
    };
    world.chat.push(Payload::Removal(removal)).unwrap();
    world.sync();
    assert_eq!(verified(&world.json(REQUESTER)), [7]);
    // Who is not in the chat any more is shown by the id: the case's expert may be another by now.
    let paragraphs = world.paragraphs(REQUESTER);
    let aside = format!("[8] User {user_id} sent something that was set aside: chat_forbidden_change.");
    assert_eq!(
        paragraphs[7..],
        [aside, format!("[9] User {user_id} was removed by the server.")]
    );
    // A name from outside has no line of its own.
    assert!(world.paragraphs(EXPERT)[3].starts_with("[4] Noor [1] Saleh joined"));
}

#[test]
fn a_chat_whose_log_does_not_go_on_is_exported_up_to_there_and_says_why() {
    let mut world = begun();
    world.send(REQUESTER, &message("the last that is right", None));
    let requester = &world.phones[REQUESTER];
    let again = world
        .chat
        .entry(Payload::Device(requester.device.keys.certificate.clone()));
    let wires = [(again.seq, again.encode())];
    let keys: Option<&ChatKeys> = Some(&requester.device.keys);
    let stopped = receive(&requester.conn, keys, world.case_id(), &wires)
        .unwrap()
        .stopped;
    assert_eq!(stopped, Some(ChatFault::Replayed));
    let file = world.json(REQUESTER);
    assert_eq!(verified(&file), [7]);
    assert_eq!(file["fault"], "chat_replayed");
    let text = requester
        .transcript(world.case_id(), TranscriptKind::Text)
        .unwrap();
    assert!(text.contains("\nATTENTION: the log does not go on after entry 7 (chat_replayed)."));

    log_rows::put_fork(&requester.conn, world.case_id()).unwrap();
    assert_eq!(world.json(REQUESTER)["fault"], "chat_log_forked");
    let text = requester
        .transcript(world.case_id(), TranscriptKind::Text)
        .unwrap();
    assert!(text.contains("\nATTENTION: the server has shown another log than this one (chat_log_forked)."));
}

#[test]
fn a_stored_log_that_is_damaged_is_not_exported() {
    let world = begun();
    let requester = &world.phones[REQUESTER];
    let wire = log_rows::entry(&requester.conn, world.case_id(), 3)
        .unwrap()
        .unwrap();
    let overwrite = "update chat_entry set wire = ?1 where seq = 2";
    requester.conn.execute(overwrite, [wire]).unwrap();
    for kind in [TranscriptKind::Json, TranscriptKind::Text] {
        let failed = requester.transcript(world.case_id(), kind).unwrap_err();
        assert_eq!(failed.code(), "unreadable");
    }
}

#[test]
fn a_chat_that_has_not_begun_has_no_entries_and_an_unknown_case_no_transcript() {
    let fixture = Fixture::new();
    let case = a_case(&fixture).accepted();
    let conn = in_memory();
    let by = Exporter {
        user_id: fixture.requester,
        name: "Sami Haddad",
    };
    let unknown = transcript(&conn, by, case.id, TranscriptKind::Json).unwrap_err();
    assert!(matches!(unknown, WorkspaceError::NotFound), "{unknown:?}");
    put_case(&conn, CaseRecord::submitted_here(case.clone()));
    let json = transcript(&conn, by, case.id, TranscriptKind::Json).unwrap();
    let file: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(verified(&file), Vec::<u64>::new());
    assert_eq!(file["participants"], serde_json::json!([]));
    let text = transcript(&conn, by, case.id, TranscriptKind::Text).unwrap();
    assert!(text.contains("\nEntries of the log: 0\n"), "{text}");
}

/// `MSO_TRANSCRIPT=FILE` keeps the transcript, for the verifier in another language.
#[test]
fn the_transcript_of_the_vectors_is_what_follows_from_them() {
    let vectors = vectors::received();
    let conn = in_memory();
    let case = Case {
        id: vectors.case_id,
        ..a_case(&Fixture::new()).accepted()
    };
    put_case(&conn, CaseRecord::submitted_here(case));
    let received = receive(&conn, Some(&vectors.keys), vectors.case_id, &vectors.wires).unwrap();
    assert_eq!((received.set_aside, received.stopped), (vec![], None));
    let by = Exporter {
        user_id: vectors.keys.certificate.value().user_id,
        name: "Sami \"Haddad\"",
    };
    let json = transcript(&conn, by, vectors.case_id, TranscriptKind::Json).unwrap();
    if let Some(path) = std::env::var_os("MSO_TRANSCRIPT") {
        std::fs::write(path, &json).unwrap();
    }
    let file: Value = serde_json::from_str(&json).unwrap();
    let seqs: Vec<u64> = vectors.opened.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(verified(&file), seqs);
    assert_eq!(file["entries"], Value::from(vectors.entries));
    assert_eq!(file["head"]["hash"], vectors.head.to_string());
    let opened = vectors.opened.iter().map(
        |(seq, franking_key, padded)| serde_json::json!({ "seq": seq, "franking_key": franking_key, "padded": padded }),
    );
    assert_eq!(file["opened"], Value::from(opened.collect::<Vec<_>>()));
    assert_eq!(file["participants"][0]["name"], by.name);
}
