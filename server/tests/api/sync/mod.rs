//! `POST /v1/sync`: pages, grants, purge orders, projections, pushed commands.

mod bootstrap;
mod compressed;
mod feed;
mod late;
mod projection;
mod push;
mod refused;
mod revoked;
mod skipped_rows;
mod unconfirmed;
mod unreadable;

use std::collections::{BTreeMap, BTreeSet};

use mso_core::command::CommandEnvelope;
use mso_core::ids::{AssignmentId, PurgeId, StreamId};
use mso_core::protocol::records::{Record, RecordKind};
use mso_core::protocol::sync::{
    Change, Cursor, PurgeOrder, PushItem, RecordKey, SyncRequest, SyncResponse, WireRecord,
};
use mso_core::protocol::{PROTO, cbor};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::harness::{Answer, User};

/// The poll delay that says that nothing is waiting.
pub(crate) const IDLE_MILLIS: u32 = 30_000;

/// What a phone stores of what it receives, with the same strict checks as a phone.
pub(crate) struct Replica<'a> {
    pub(crate) user: User<'a>,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) heads: BTreeMap<StreamId, u64>,
    parked: BTreeSet<(StreamId, u64)>,
    pub(crate) records: BTreeMap<RecordKey, WireRecord>,
    pub(crate) max_bytes: u32,
    /// All responses received.
    pub(crate) heard: Vec<SyncResponse>,
}

impl<'a> Replica<'a> {
    pub(crate) fn of(user: User<'a>) -> Self {
        let max_bytes = 512 * 1024;
        Self {
            user,
            cursor: None,
            heads: BTreeMap::new(),
            parked: BTreeSet::new(),
            records: BTreeMap::new(),
            max_bytes,
            heard: Vec::new(),
        }
    }

    pub(crate) fn request(&self) -> SyncRequest {
        SyncRequest {
            proto: PROTO,
            device: self.user.phone.as_ref().unwrap().id,
            cursor: self.cursor.clone(),
            push: Vec::new(),
            chat: Vec::new(),
            purged: Vec::new(),
            missing: Vec::new(),
            max_bytes: self.max_bytes,
            push_only: false,
        }
    }

    pub(crate) async fn sends(&self, request: &SyncRequest) -> Answer {
        let call = self
            .user
            .unsigned("POST", "/v1/sync")
            .header("content-type", cbor::MEDIA_TYPE);
        self.user.send(call.body(cbor::encode(request).unwrap())).await
    }

    /// One round trip, applied as a phone would.
    pub(crate) async fn round(&mut self, request: &SyncRequest) -> SyncResponse {
        let answer = self.sends(request).await.ok(200);
        assert_eq!(answer.header("content-type"), Some(cbor::MEDIA_TYPE));
        let response: SyncResponse = cbor::decode(&answer.body).unwrap();
        assert_eq!(response.reset, None);
        self.take(&response);
        self.heard.push(response.clone());
        response
    }

    pub(crate) async fn pushes(&mut self, envelopes: &[CommandEnvelope]) -> SyncResponse {
        let push = envelopes.iter().map(item).collect();
        let request = SyncRequest {
            push,
            ..self.request()
        };
        self.round(&request).await
    }

    pub(crate) async fn confirms(&mut self, purged: Vec<PurgeId>) {
        let request = SyncRequest {
            purged,
            ..self.request()
        };
        self.round(&request).await;
    }

    /// Reads pages until there are no more and nothing is held back by a slower writer.
    pub(crate) async fn catches_up(&mut self) -> Vec<SyncResponse> {
        self.user.server.settled().await;
        let mut pages = Vec::new();
        loop {
            let page = self.round(&self.request()).await;
            let over = !page.more && page.next_after_ms == IDLE_MILLIS;
            pages.push(page);
            if over {
                assert!(self.parked.is_empty(), "a gap before {:?}", self.parked);
                return pages;
            }
            assert!(pages.len() < 1_000, "it never ends");
        }
    }

    /// Sends a command under an assignment that must be applied. The phone itself does not learn of it yet.
    pub(crate) async fn acts(&self, assignment: AssignmentId, kind: &str, payload: serde_json::Value) {
        let envelope = CommandEnvelope {
            assignment_id: Some(assignment),
            ..self.user.envelope(kind, payload)
        };
        let answer = self.user.post("/v1/commands", &envelope).await.ok(200);
        assert_eq!(answer.json::<serde_json::Value>()["outcome"], "applied");
    }

    fn take(&mut self, page: &SyncResponse) {
        for order in &page.purge {
            self.heads.remove(&order.stream);
            self.records.retain(|_, record| record.stream != order.stream);
        }
        let mut seen = BTreeSet::new();
        for record in &page.records {
            assert!(seen.insert(&record.key), "{:?} comes twice", record.key);
            let older = self
                .records
                .get(&record.key)
                .is_some_and(|known| known.version > record.version);
            assert!(!older, "{:?} became older", record.key);
            self.records.insert(record.key.clone(), record.clone());
        }
        for key in &page.gone {
            self.records.remove(key);
        }
        for grant in &page.grants {
            self.heads.insert(grant.stream, grant.seq);
        }
        for Change { stream, seq, changed } in &page.changes {
            self.parked.insert((*stream, *seq));
            for key in changed {
                assert!(
                    seen.contains(key) || page.gone.contains(key) || page.unreadable.contains(key),
                    "{key:?} is named and missing"
                );
            }
        }
        // Two transactions may arrive in another order than their numbers: a change waits for the one before
        // it.
        self.parked.retain(|(stream, seq)| {
            let head = self
                .heads
                .get_mut(stream)
                .expect("a change in a stream that was never granted");
            if *seq == *head + 1 {
                *head = *seq;
            }
            *seq > *head
        });
        self.cursor = Some(page.cursor.clone());
    }

    pub(crate) fn key(kind: RecordKind, id: Uuid) -> RecordKey {
        RecordKey {
            kind: kind.name().to_owned(),
            id,
        }
    }

    pub(crate) fn record(&self, kind: RecordKind, id: Uuid) -> Option<Record> {
        let record = self.records.get(&Self::key(kind, id))?;
        Some(Record::decode(kind, &record.body).expect("a projection that phones cannot read"))
    }

    pub(crate) fn all(&self, kind: RecordKind) -> Vec<Record> {
        let keys = self.records.keys().filter(|key| key.kind == kind.name());
        keys.map(|key| self.record(kind, key.id).unwrap()).collect()
    }
}

pub(crate) fn item(envelope: &CommandEnvelope) -> PushItem {
    PushItem {
        id: envelope.command_id,
        envelope: ByteBuf::from(cbor::encode(envelope).unwrap()),
        aggregate: Some(envelope.command.aggregate().key()),
    }
}

pub(crate) fn purges(pages: &[SyncResponse]) -> Vec<PurgeOrder> {
    pages.iter().flat_map(|page| page.purge.clone()).collect()
}

pub(crate) fn changes(pages: &[SyncResponse]) -> Vec<Change> {
    pages.iter().flat_map(|page| page.changes.clone()).collect()
}
