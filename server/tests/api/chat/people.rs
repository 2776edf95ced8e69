//! Users with a phone each, and a copy of a case's log as phones see it.

use mso_core::actor::{Actor, Origin};
use mso_core::cases::CaseStatus;
use mso_core::chat::{Entry, EntryKind, Envelope, Payload, RowKind};
use mso_core::client::chat::keys::EpochKey;
use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId, DeviceId};
use mso_core::testing::chat::{ChatDevice, ChatLog};
use mso_core::time::Timestamp;
use mso_server::chat::{Answer, Item, append, publish};
use uuid::Uuid;

use crate::commands::races::reassign;
use crate::commands::world::World;

/// A user with an enrolled phone whose certificate is published.
pub(super) struct Phone {
    pub(super) actor: Actor,
    pub(super) device: ChatDevice,
}

/// Enrols the actor's phone and publishes its certificate.
pub(super) async fn phone(world: &World, actor: Actor) -> Phone {
    let now = world.fixture.now;
    let device = ChatDevice::of(actor.user, DeviceId::generate(now), now);
    let enrol = "insert into device (id, user_id, sync_key, platform, app_version, name)
                 values ($1, $2, sha256($3), 'linux', '1', 'phone')";
    let device_id = device.device_id.as_uuid();
    sqlx::query(enrol)
        .bind(device_id)
        .bind(actor.user.as_uuid())
        .bind(device_id.as_bytes().as_slice())
        .execute(&world.root)
        .await
        .unwrap();
    let actor = Actor {
        origin: Origin::Device(device.device_id),
        ..actor
    };
    publish(world.state(), &actor, &device.keys.certificate)
        .await
        .unwrap()
        .unwrap();
    Phone { actor, device }
}

/// An entry's number, kind, signed payload, head and time in milliseconds.
type EntryRow = (i64, String, Vec<u8>, Vec<u8>, i64);

/// The answer to an item that is this entry, as [`Chat::send`] returns it.
pub(super) const fn appended(seq: u64) -> Answer {
    let at = Timestamp::from_unix_millis(0);
    Answer::Appended { seq, at }
}

/// A case's chat: the log as everybody can compute it.
pub(super) struct Chat<'a> {
    pub(super) world: &'a World,
    pub(super) log: ChatLog,
}

impl<'a> Chat<'a> {
    pub(super) fn new(world: &'a World, case_id: CaseId) -> Self {
        Self {
            world,
            log: ChatLog::new(case_id, world.state().clock.now()),
        }
    }

    /// The answer to an item, with the entry's number only; its time is that of the entry in the log.
    pub(super) async fn send(&self, by: &Phone, item: Item) -> Answer {
        let case_id = self.log.log.case_id();
        let answers = append(self.world.state(), &by.actor, case_id, vec![item]).await;
        let answer = answers.unwrap().remove(0);
        let Answer::Appended { seq, at } = answer else {
            return answer;
        };
        let stored =
            "select (extract(epoch from at) * 1000)::bigint from chat_entry where case_id = $1 and seq = $2";
        let stored = sqlx::query_scalar::<_, i64>(stored)
            .bind(case_id.as_uuid())
            .bind(i64::try_from(seq).unwrap());
        let stored = stored.fetch_one(&self.world.root).await.unwrap();
        assert_eq!(at, Timestamp::from_unix_millis(stored));
        appended(seq)
    }

    /// Appends to the copy what the server has appended since.
    pub(super) async fn catch_up(&mut self) {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "select seq, kind, signed, head, (extract(epoch from at) * 1000)::bigint from chat_entry
             where case_id = $1 and seq > $2 order by seq",
        )
        .bind(self.log.log.case_id().as_uuid())
        .bind(i64::try_from(self.log.log.head().seq).unwrap())
        .fetch_all(&self.world.root)
        .await
        .unwrap();
        for (seq, kind, signed, head, at) in rows {
            let kind = EntryKind::from_name(&kind).unwrap();
            let payload = Payload::decode(kind, &signed).unwrap();
            let at = Timestamp::from_unix_millis(at);
            let entry = Entry {
                seq: seq.try_into().unwrap(),
                at,
                payload,
            };
            self.log.log.append(&entry).unwrap();
            self.log.entries.push(entry);
            assert_eq!(
                self.log.log.head().hash.as_bytes().as_slice(),
                head,
                "entry {seq}"
            );
        }
    }

    /// Sends a row about a phone's user, and catches up.
    pub(super) async fn change(&mut self, kind: RowKind, by: &Phone, about: &Phone) -> Answer {
        self.catch_up().await;
        let row = self.log.row(kind, &by.device, &about.device);
        let answer = self.send(by, Item::Roster(row)).await;
        self.catch_up().await;
        answer
    }

    /// The expert of this assignment joins.
    pub(super) async fn join(&mut self, expert: &Phone, assignment: AssignmentId) -> Answer {
        let mut row = self
            .log
            .row(RowKind::Expert, &expert.device, &expert.device)
            .value()
            .clone();
        row.assignment_id = Some(assignment);
        let row = mso_core::chat::Signed::sign(row, &expert.device.keys.signing);
        let answer = self.send(expert, Item::Roster(row)).await;
        self.catch_up().await;
        answer
    }

    /// A phone makes a key for the readers as they are.
    pub(super) async fn rotate(&mut self, by: &Phone) -> EpochKey {
        self.catch_up().await;
        let (key, record, wraps) = by.device.keys.make_epoch(&self.log.log, self.log.now).unwrap();
        let answer = self.send(by, Item::Epoch { record, wraps }).await;
        assert!(matches!(answer, Answer::Appended { .. }), "{answer:?}");
        self.catch_up().await;
        key
    }

    pub(super) fn seal(&self, by: &Phone, key: &EpochKey, text: &str) -> Envelope {
        self.log.seal(&by.device, key, text.as_bytes().to_vec())
    }

    /// Seals a text, sends it, and catches up.
    pub(super) async fn write(&mut self, by: &Phone, key: &EpochKey, text: &str) -> Answer {
        let envelope = self.seal(by, key, text);
        let answer = self.send(by, Item::Envelope(envelope)).await;
        self.catch_up().await;
        answer
    }

    /// Number of rows of a table that the actor reads, of this case.
    pub(super) async fn read_by(&self, actor: &Actor, query: &'static str) -> i64 {
        let mut tx = self.world.state().database.begin_scoped(actor).await.unwrap();
        let case_id: Uuid = self.log.log.case_id().as_uuid();
        sqlx::query_scalar(query)
            .bind(case_id)
            .fetch_one(tx.conn())
            .await
            .unwrap()
    }
}

pub(super) const TEXTS: &str =
    "select count(*) from chat_text t join chat_entry e on e.id = t.entry_id where e.case_id = $1";
pub(super) const ENTRIES: &str = "select count(*) from chat_entry where case_id = $1";
pub(super) const WRAPS: &str =
    "select count(*) from chat_wrap w join chat_entry e on e.id = w.entry_id where e.case_id = $1";

/// A case that the cardiologist has accepted, with a chat in which both have written once.
pub(super) async fn begun(world: &World) -> (Chat<'_>, Phone, Phone, EpochKey) {
    let case_id = world.case().await;
    let assignment = world.accepted(case_id, &world.cardiologist).await;
    let requester = phone(world, world.requester).await;
    let expert = phone(world, world.cardiologist).await;
    let mut chat = Chat::new(world, case_id);
    assert_eq!(
        chat.change(RowKind::Found, &requester, &requester).await,
        appended(2)
    );
    assert_eq!(chat.join(&expert, assignment).await, appended(4));
    assert_eq!(
        chat.change(RowKind::Admit, &requester, &expert).await,
        appended(5)
    );
    let key = chat.rotate(&requester).await;
    assert_eq!(chat.write(&requester, &key, "Good morning.").await, appended(7));
    assert_eq!(chat.write(&expert, &key, "Which drugs?").await, appended(8));
    (chat, requester, expert, key)
}

/// An admin gives the accepted case to the generalist.
pub(super) async fn reassigned(world: &World, case_id: CaseId) {
    let Command::ReassignCase(mut reassign) = reassign(world, case_id) else {
        panic!()
    };
    reassign.confirm_state = Some(CaseStatus::Accepted);
    world
        .apply(&world.admin, Command::ReassignCase(reassign), None)
        .await;
}

/// The kinds of the newest entries, oldest first.
pub(super) fn newest(chat: &Chat<'_>, count: usize) -> Vec<EntryKind> {
    let entries = &chat.log.entries;
    entries[entries.len() - count..]
        .iter()
        .map(|entry| entry.payload.kind())
        .collect()
}
