//! The chat over `POST /v1/sync`: items go up, entries come down as records of the chat's stream.

use mso_core::chat::{Content, Entry, EntryKind, Payload, RosterRow, RowKind, Signed};
use mso_core::ids::{AssignmentId, CaseId};
use mso_core::protocol::chat::{ChatItem, ChatItemKind, ChatOutcome};
use mso_core::protocol::records::{Record, RecordKind};
use mso_core::protocol::sync::SyncRequest;
use mso_core::testing::chat::{ChatDevice, ChatLog};
use serde_json::json;

use crate::harness::{Server, User};
use crate::live::Stream;
use crate::sync::{Replica, purges};

/// A phone that syncs, with keys for the chat.
struct Phone<'a> {
    replica: Replica<'a>,
    device: ChatDevice,
}

impl<'a> Phone<'a> {
    /// Publishes a certificate for the user's phone.
    async fn of(user: User<'a>) -> Self {
        let now = user.server.now();
        let device_id = user.phone.as_ref().unwrap().id;
        let device = ChatDevice::of(user.grant.user_id, device_id, now);
        let mut phone = Self {
            replica: Replica::of(user),
            device,
        };
        let certificate = ChatItem::certificate(phone.device.keys.certificate.encode());
        for _again in 0..2 {
            assert_eq!(
                phone.sends(vec![certificate.clone()]).await,
                [ChatOutcome::Stored]
            );
        }
        phone
    }

    /// The outcomes, with the entries' numbers only.
    async fn sends(&mut self, chat: Vec<ChatItem>) -> Vec<ChatOutcome> {
        let request = SyncRequest {
            chat,
            ..self.replica.request()
        };
        let outcomes = self.replica.round(&request).await.chat.into_iter();
        outcomes.map(without_time).collect()
    }

    /// The case's log from the records that this phone has.
    fn log(&self, case_id: CaseId) -> ChatLog {
        let mut log = ChatLog::new(case_id, self.replica.user.server.now());
        for entry in self.entries(case_id) {
            log.log.append(&entry).unwrap();
            log.entries.push(entry);
        }
        log
    }

    fn entries(&self, of: CaseId) -> Vec<Entry> {
        let records = self.replica.all(RecordKind::ChatEntry).into_iter();
        let entries = records.filter_map(|record| {
            let Record::ChatEntry(record) = record else {
                panic!()
            };
            (record.case_id == of).then(|| Entry::decode(&record.entry).unwrap())
        });
        let mut entries: Vec<Entry> = entries.collect();
        entries.sort_by_key(|entry| entry.seq);
        entries
    }

    fn row(&self, case_id: CaseId, kind: RowKind, about: &ChatDevice) -> ChatItem {
        item(
            case_id,
            ChatItemKind::Roster,
            &Payload::Roster(self.log(case_id).row(kind, &self.device, about)),
        )
    }

    fn joins(&self, case_id: CaseId, assignment_id: AssignmentId) -> ChatItem {
        let row = ChatLog::new(case_id, self.replica.user.server.now()).row(
            RowKind::Expert,
            &self.device,
            &self.device,
        );
        let row = RosterRow {
            assignment_id: Some(assignment_id),
            ..row.value().clone()
        };
        let row = Signed::sign(row, &self.device.keys.signing);
        item(case_id, ChatItemKind::Roster, &Payload::Roster(row))
    }
}

const fn appended(seq: u64) -> ChatOutcome {
    ChatOutcome::Appended { seq, at: None }
}

fn without_time(outcome: ChatOutcome) -> ChatOutcome {
    if let ChatOutcome::Appended { seq, .. } = outcome {
        return appended(seq);
    }
    outcome
}

fn item(case_id: CaseId, kind: ChatItemKind, payload: &Payload) -> ChatItem {
    ChatItem::of_case(kind, case_id, payload.encode())
}

/// How many of the entries hold a sealed text, and how many a wrap.
fn shown(entries: &[Entry]) -> (usize, usize) {
    let text = |entry: &&Entry| matches!(&entry.payload, Payload::Envelope(envelope) if matches!(envelope.content, Content::Sealed { .. }));
    let wrap = |entry: &&Entry| matches!(&entry.payload, Payload::Epoch { wraps, .. } if !wraps.is_empty());
    (
        entries.iter().filter(text).count(),
        entries.iter().filter(wrap).count(),
    )
}

#[tokio::test]
async fn requester_and_expert_chat_by_sync_and_each_is_shown_what_is_theirs() {
    let server = Server::start().await;
    let mut amal = Phone::of(server.requester("amal").await).await;
    let mut noor = Phone::of(server.provider("noor").await).await;
    let case = amal.replica.user.submits(Vec::new()).await;
    let case_id = case.id;
    let rima = server.admin().await;

    // Before there is an expert, the requester founds the chat and writes.
    let found = amal.row(case_id, RowKind::Found, &amal.device);
    assert_eq!(amal.sends(vec![found.clone()]).await, [appended(2)]);
    amal.replica.catches_up().await;
    let log = amal.log(case_id);
    let (key, record, wraps) = amal.device.keys.make_epoch(&log.log, log.now).unwrap();
    let epoch = item(case_id, ChatItemKind::Epoch, &Payload::Epoch { record, wraps });
    // Whatever was sent before is answered as before, in the same request.
    let taken = amal.sends(vec![found, epoch]).await;
    assert_eq!(taken, [appended(2), appended(3)]);
    amal.replica.catches_up().await;
    let first = amal
        .log(case_id)
        .seal(&amal.device, &key, b"For myself.".to_vec());
    let first = item(case_id, ChatItemKind::Envelope, &Payload::Envelope(first));
    assert_eq!(amal.sends(vec![first]).await, [appended(4)]);

    // The expert joins with the acceptance and is shown the log, but no earlier text.
    let assignment = rima.assigns(&case, "noor").await;
    let joins = noor.joins(case_id, assignment);
    let refused = ChatOutcome::Refused {
        code: "not_found".to_owned(),
    };
    assert_eq!(
        noor.sends(vec![joins.clone(), joins.clone()]).await,
        [refused, ChatOutcome::Retry]
    );
    noor.replica
        .acts(assignment, "accept_case", json!({ "case_id": case_id }))
        .await;
    assert_eq!(noor.sends(vec![joins]).await, [appended(6)]);
    noor.replica.catches_up().await;
    assert_eq!(noor.log(case_id).log.head().seq, 6);
    assert_eq!(shown(&noor.entries(case_id)), (0, 0));

    // The team admits the expert, makes a key for both, and writes.
    amal.replica.catches_up().await;
    assert_eq!(shown(&amal.entries(case_id)), (1, 1));
    let admit = amal.row(case_id, RowKind::Admit, &noor.device);
    assert_eq!(amal.sends(vec![admit]).await, [appended(7)]);
    amal.replica.catches_up().await;
    noor.replica.catches_up().await;
    let cursor = noor.replica.request().cursor.unwrap();
    let mut live = Stream::of(&noor.replica.user, Some(&cursor.0)).await;
    assert!(live.says("event: ready").await);
    let log = amal.log(case_id);
    let (key, record, wraps) = amal.device.keys.make_epoch(&log.log, log.now).unwrap();
    let epoch = item(case_id, ChatItemKind::Epoch, &Payload::Epoch { record, wraps });
    amal.sends(vec![epoch]).await;
    amal.replica.catches_up().await;
    let message = amal
        .log(case_id)
        .seal(&amal.device, &key, b"Good morning.".to_vec());
    let message = item(case_id, ChatItemKind::Envelope, &Payload::Envelope(message));
    assert_eq!(amal.sends(vec![message]).await, [appended(9)]);
    noor.replica.catches_up().await;
    amal.replica.catches_up().await;
    assert_eq!(shown(&noor.entries(case_id)), (1, 1));
    assert_eq!(shown(&amal.entries(case_id)), (2, 2));
    assert_eq!(noor.log(case_id).log.head(), amal.log(case_id).log.head());
    // Whoever listens has had the key, with its own wrap, and the message at once: the same bytes.
    for entry in &noor.entries(case_id)[7..] {
        let told = live.entry().await.unwrap();
        assert_eq!((told.case_id, told.entry.to_vec()), (case_id, entry.encode()));
    }

    // A phone that begins anew, in small pages, is shown the same.
    let at_once = noor.replica.records.clone();
    noor.replica.cursor = None;
    noor.replica.heads.clear();
    noor.replica.records.clear();
    noor.replica.max_bytes = 2_000;
    let pages = noor.replica.catches_up().await;
    assert!(pages.len() > 3, "{} pages", pages.len());
    assert_eq!(noor.replica.records, at_once);

    // Nobody else receives anything of it: not the expert's colleague, not another institution.
    for other in [server.provider("omar").await, server.requester("basma").await] {
        let mut other = Replica::of(other);
        other.catches_up().await;
        assert_eq!(other.all(RecordKind::ChatEntry), []);
    }

    // Another expert comes: the first is told to forget the chat, too, as soon as anything more is added.
    server.later(5);
    let to = server.provider_id("omar").await;
    let successor = AssignmentId::generate(server.now());
    let reassign = json!({
        "case_id": case_id, "assignment_id": successor, "provider_id": to, "reason": "fell ill",
        "confirm_state": "Accepted",
    });
    rima.does("reassign_case", reassign).await;
    let join = ChatItem::of_case(ChatItemKind::Join, case_id, Vec::new());
    assert_eq!(amal.sends(vec![join]).await, [ChatOutcome::Stored]);
    amal.replica.catches_up().await;
    let newest = amal.entries(case_id).pop().unwrap().payload.kind();
    assert_eq!(newest, EntryKind::Removal);
    let orders = purges(&noor.replica.catches_up().await);
    let reasons: Vec<&str> = orders.iter().map(|order| order.reason.as_str()).collect();
    assert_eq!(reasons, ["reassigned", "left_chat"]);
    assert_eq!(noor.entries(case_id), []);
}

#[tokio::test]
async fn an_item_that_cannot_be_taken_holds_up_its_case_only() {
    let server = Server::start().await;
    let mut amal = Phone::of(server.requester("amal").await).await;
    let one = amal.replica.user.submits(Vec::new()).await.id;
    let other = amal.replica.user.submits(Vec::new()).await.id;
    let found = |amal: &Phone<'_>, case_id| amal.row(case_id, RowKind::Found, &amal.device);
    let mut newer = found(&amal, one);
    newer.kind = "poll".to_owned();
    let mut broken = found(&amal, one);
    broken.body.pop();
    let refused = |code: &str| ChatOutcome::Refused {
        code: code.to_owned(),
    };
    let items = vec![newer, found(&amal, one), found(&amal, other), found(&amal, one)];
    let appended = appended(2);
    assert_eq!(
        amal.sends(items).await,
        [
            refused("unknown_chat_item"),
            ChatOutcome::Retry,
            appended.clone(),
            ChatOutcome::Retry
        ]
    );
    assert_eq!(
        amal.sends(vec![found(&amal, one), broken]).await,
        [appended, refused("chat_malformed")]
    );
    let wrong = ChatItem::of_case(ChatItemKind::Roster, other, found(&amal, one).body.into_vec());
    assert_eq!(amal.sends(vec![wrong]).await, [refused("chat_other_case")]);
    // Another identity of the same user, while the first phone is enrolled.
    let elsewhere = ChatDevice::of(amal.device.user_id, amal.device.device_id, server.now());
    let certificate = ChatItem::certificate(elsewhere.keys.certificate.encode());
    assert_eq!(
        amal.sends(vec![certificate]).await,
        [refused("chat_identity_changed")]
    );
    let request = SyncRequest {
        chat: vec![found(&amal, one); 101],
        ..amal.replica.request()
    };
    amal.replica.sends(&request).await.refused(400, "bad_request");
}

#[tokio::test]
async fn who_only_writes_has_the_entry_by_the_answer_and_is_sent_no_page() {
    let server = Server::start().await;
    let mut amal = Phone::of(server.requester("amal").await).await;
    let case_id = amal.replica.user.submits(Vec::new()).await.id;
    let found = amal.row(case_id, RowKind::Found, &amal.device);
    amal.sends(vec![found]).await;
    amal.replica.catches_up().await;
    let log = amal.log(case_id);
    let (key, record, wraps) = amal.device.keys.make_epoch(&log.log, log.now).unwrap();
    let epoch = Payload::Epoch { record, wraps };
    let request = SyncRequest {
        chat: vec![item(case_id, ChatItemKind::Epoch, &epoch)],
        push_only: true,
        ..amal.replica.request()
    };
    let response = amal.replica.round(&request).await;
    assert!(response.push_only && response.records.is_empty());
    let at = Some(server.now());
    assert_eq!(response.chat, [ChatOutcome::Appended { seq: 3, at }]);
    amal.replica.catches_up().await;
    let entry = Entry {
        seq: 3,
        at: server.now(),
        payload: epoch.shown_to(amal.device.user_id, log.log.roster()),
    };
    assert_eq!(
        amal.entries(case_id).last().map(Entry::encode),
        Some(entry.encode())
    );

    let text = amal
        .log(case_id)
        .seal(&amal.device, &key, b"For myself.".to_vec());
    let payload = Payload::Envelope(text);
    let written_at = server.now();
    let request = SyncRequest {
        chat: vec![item(case_id, ChatItemKind::Envelope, &payload)],
        push_only: true,
        ..amal.replica.request()
    };
    for _again in 0..2 {
        let response = amal.replica.round(&request).await;
        let at = Some(written_at);
        assert_eq!(response.chat, [ChatOutcome::Appended { seq: 4, at }]);
        assert!(response.push_only && !response.more);
        assert_eq!(Some(response.cursor), request.cursor);
        assert_eq!((response.changes, response.records), (Vec::new(), Vec::new()));
        server.later(1);
    }
    // What the feed sends later is the same, byte by byte.
    amal.replica.catches_up().await;
    let entry = Entry {
        seq: 4,
        at: written_at,
        payload,
    };
    assert_eq!(
        amal.entries(case_id).last().map(Entry::encode),
        Some(entry.encode())
    );

    // Whatever else is asked needs a page, as does a phone that has nothing yet.
    let missing = amal.replica.records.keys().next().cloned().unwrap();
    let asks = SyncRequest {
        missing: vec![missing.clone()],
        ..request.clone()
    };
    let response = amal.replica.round(&asks).await;
    assert!(!response.push_only);
    assert!(response.records.iter().any(|record| record.key == missing));
    let begins = SyncRequest {
        cursor: None,
        ..request
    };
    let response = amal.replica.round(&begins).await;
    assert!(!response.push_only && !response.records.is_empty());
}
