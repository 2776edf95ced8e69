//! Stores what was added to a log: its rows, the next change of its stream, and what listeners are shown at once.
//!
//! Messages of one device that follow each other are stored together, as one change. Invariant: they are stored before
//! anything else is read or written of the log, so a transaction sees what it has added.

use std::collections::BTreeSet;
use std::sync::Arc;

use mso_core::chat::{Appended, Change, ChatFault, Entry, Payload};
use mso_core::ids::{PartyId, UserId};
use mso_core::protocol::chat::ChatEntryRecord;
use mso_core::protocol::live::encode_entry;
use mso_core::protocol::records::RecordKind;

use super::append::Appending;
use super::store::{self, Addition};
use crate::database::DatabaseError;
use crate::feed::Touched;
use crate::feed::write as feed;
use crate::live::{News, Shown};

/// Why a phone must forget a chat: its user takes part no longer.
const LEFT_CHAT: &str = "left_chat";

/// Bytes of texts from which on messages are no longer stored together: a page of a phone's feed holds each change whole.
const MOST_TOGETHER: usize = 32 * 1024;

impl Appending<'_> {
    /// Appends one entry: rows, stream and readers. Messages that follow each other are stored together.
    pub(super) async fn append(&mut self, payload: Payload) -> Result<Result<u64, ChatFault>, DatabaseError> {
        let is_message = matches!(payload, Payload::Envelope(_));
        if !is_message {
            self.store().await?;
        }
        let seq = self.chat.log.head().seq.saturating_add(1);
        let entry = Entry {
            seq,
            at: self.now,
            payload,
        };
        let appended = match self.chat.log.append(&entry) {
            Ok(appended) => appended,
            Err(fault) => return Ok(Err(fault)),
        };
        let mut touched = Touched::default();
        if let Appended::Readers(change) = appended {
            self.tell_of(change, &mut touched).await?;
        }
        self.additions
            .push(Addition::new(&self.chat.log, entry, appended));
        let bytes: usize = self.additions.iter().map(Addition::sealed_bytes).sum();
        if !is_message || bytes >= MOST_TOGETHER {
            self.store_with(touched).await?;
        }
        Ok(Ok(seq))
    }
    /// Notes what a change of the readers means besides the log.
    async fn tell_of(&mut self, change: Change, touched: &mut Touched) -> Result<(), DatabaseError> {
        let stream = self.chat.stream;
        match change {
            Change::Founded(user) | Change::Added { user, .. } | Change::ExpertJoined(user) => {
                if feed::join(self.tx.conn(), PartyId::from(user), stream).await? {
                    touched.joined(stream);
                }
                if let Change::Founded(_) = change {
                    // The expert, who reads no stream of the chat yet, is told that there is one to join.
                    let case_id = self.chat.log.case_id();
                    touched.record(case_id, RecordKind::Case, case_id.as_uuid());
                }
            }
            Change::Removed { user, .. } => {
                let party = PartyId::from(user);
                let order = feed::revoke(self.tx.conn(), party, stream, LEFT_CHAT, self.now).await?;
                touched.purge(user, order);
            }
            Change::ExpertAdmitted { .. }
            | Change::DeviceAdded { .. }
            | Change::DeviceRemoved { .. }
            | Change::DeviceKnown { .. } => {}
        }
        Ok(())
    }

    /// Stores the messages that are not stored yet.
    pub(super) async fn store(&mut self) -> Result<(), DatabaseError> {
        self.store_with(Touched::default()).await
    }

    /// Stores what is not stored yet, as one change of the chat's stream, with what else was touched.
    async fn store_with(&mut self, mut touched: Touched) -> Result<(), DatabaseError> {
        let additions = std::mem::take(&mut self.additions);
        if additions.is_empty() {
            return Ok(());
        }
        store::put(self.tx.conn(), &self.chat.log, &additions).await?;
        for addition in &additions {
            touched.record(self.chat.stream, RecordKind::ChatEntry, addition.id().as_uuid());
        }
        touched.write(self.tx.conn()).await?;
        for addition in &additions {
            self.news.push(News {
                parties: touched.readers().clone(),
                entry: self.shown(addition.entry()),
            });
        }
        Ok(())
    }

    /// What the readers are shown of a new entry at once. All are shown a message alike, and of a key each its own wraps; what
    /// other entries change is more than the log.
    fn shown(&self, entry: &Entry) -> Option<Shown> {
        let case_id = self.chat.log.case_id();
        let encode = |entry: &Entry| {
            let entry = entry.encode().into();
            encode_entry(&ChatEntryRecord { case_id, entry }).map(Arc::from)
        };
        match &entry.payload {
            Payload::Envelope(_) => encode(entry).map(Shown::Alike),
            Payload::Epoch { .. } => {
                let users: BTreeSet<UserId> = self
                    .chat
                    .log
                    .roster()
                    .readers()
                    .map(|(_, device)| device.user_id)
                    .collect();
                let shown = users.into_iter().filter_map(|user| {
                    let entry = Entry {
                        payload: entry.payload.shown_to(user, self.chat.log.roster()),
                        ..entry.clone()
                    };
                    Some((PartyId::from(user).as_uuid(), encode(&entry)?))
                });
                Some(Shown::Each(shown.collect()))
            }
            Payload::Device(_) | Payload::Roster(_) | Payload::Removal(_) | Payload::Refused(_) => None,
        }
    }
}
