//! The part of a page that is about chats: answers to what was added to them, entries of their logs, cases whose chats this
//! phone's user takes part in from now on.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use super::Applying;
use crate::actor::Actor;
use crate::cases::{AcceptCase, SubmitCase};
use crate::chat::{Entry, EntryKind, Payload};
use crate::client::chat::agenda;
use crate::client::chat::receive::receive;
use crate::client::observe::Changed;
use crate::client::store::chat::device_rows::{self, Published};
use crate::client::store::chat::{log_rows, outbox_rows, task_rows};
use crate::client::store::outbox::OutboxRow;
use crate::client::store::{StoreError, records};
use crate::protocol::chat::{ChatEntryRecord, ChatItem, ChatOutcome};
use crate::protocol::records::Record;
use crate::protocol::sync::RecordKey;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// An entry of a chat that another version of the app could not read goes to its log, if this one can.
pub(super) fn read_chat_entry_again(
    tx: &Transaction<'_>,
    key: &RecordKey,
    chat: &ChatEntryRecord,
    actor: Option<Actor>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (Ok(entry), Some(actor)) = (Entry::decode(&chat.entry), actor) else {
        return records::mark_known(tx, key, None);
    };
    let keys = agenda::keys(tx, actor, now)?.map(|(keys, _)| keys);
    receive(
        tx,
        keys.as_ref(),
        chat.case_id,
        &[(entry.seq, chat.entry.to_vec())],
    )?;
    records::delete(tx, key).map(drop)
}

impl Applying<'_> {
    /// A case that was submitted or accepted here gets its chat, if the row that went with the command was lost.
    pub(super) fn chat_follows(&self, row: &OutboxRow) -> Result<(), StoreError> {
        let Some(envelope) = &row.envelope else {
            return Ok(());
        };
        let submitted = envelope.command.as_operation::<SubmitCase>();
        let accepted = envelope.command.as_operation::<AcceptCase>();
        let case_id = submitted.map(|submitted| submitted.case_id);
        match case_id.or(accepted.map(|accepted| accepted.case_id)) {
            Some(case_id) => task_rows::want(self.tx, case_id),
            None => Ok(()),
        }
    }

    /// A case that came may be one whose chat its user takes part in from now on.
    pub(super) fn note_chat_of(&self, record: &Record) -> Result<(), StoreError> {
        let Record::Case(record) = record else {
            return Ok(());
        };
        let case = &record.case;
        let is_new = match self.actor.provider() {
            _ if case.is_over() => false,
            Some(_) => case.is_accepted(),
            None => case.requester_id != self.actor.user && case.team.contains(&self.actor.user),
        };
        if is_new && !log_rows::is_known(self.tx, case.id)? || outbox_rows::is_any(self.tx, case.id)? {
            task_rows::note(self.tx, case.id)?;
        }
        Ok(())
    }

    pub(super) fn receive_chats(&mut self) -> Result<(), StoreError> {
        if self.chats.is_empty() {
            return Ok(());
        }
        let keys = agenda::keys(self.tx, self.actor, self.now)?.map(|(keys, _)| keys);
        for (case_id, entries) in std::mem::take(&mut self.chats) {
            let received = receive(self.tx, keys.as_ref(), case_id, &entries)?;
            for (seq, fault) in &received.set_aside {
                tracing::warn!(%case_id, seq, code = fault.code(), "a chat entry was set aside");
            }
            if received.forked {
                tracing::error!(%case_id, "the server shows another log of a chat than before");
            }
            if let Some(fault) = received.stopped {
                tracing::warn!(%case_id, code = fault.code(), "a chat's log does not go on");
            }
            self.done.changes.insert(Changed::Chat(case_id));
        }
        Ok(())
    }

    /// Receives what the server has taken of this phone into the logs of chats, without being sent it.
    pub(super) fn own_entries(&mut self, answered: &[(ChatItem, ChatOutcome)]) -> Result<(), StoreError> {
        let mut taken = BTreeMap::new();
        for (item, outcome) in answered {
            if let (Some(case_id), ChatOutcome::Appended { seq, at: Some(at) }) = (item.case_id, outcome)
                && item.is_known_by_answer()
                && log_rows::is_known(self.tx, case_id)?
                && let Some(kind) = EntryKind::from_name(&item.kind)
                && let Ok(payload) = Payload::decode(kind, &item.body)
            {
                let (seq, at) = (*seq, *at);
                let payload = if kind == EntryKind::Epoch {
                    // As the feed has it, without what is for others.
                    payload.shown_to(self.actor.user, log_rows::log(self.tx, case_id)?.roster())
                } else {
                    payload
                };
                let entry = Entry { seq, at, payload }.encode();
                self.chats.entry(case_id).or_default().push((seq, entry));
                taken.insert(case_id, seq);
            }
        }
        self.receive_chats()?;
        for (case_id, seq) in taken {
            self.done.chats_have_gaps |= log_rows::log(self.tx, case_id)?.head().seq < seq;
        }
        Ok(())
    }

    /// What the server said to something that this phone added to a chat.
    pub(super) fn chat_answered(&mut self, item: &ChatItem, outcome: &ChatOutcome) -> Result<(), StoreError> {
        let Some(case_id) = item.case_id else {
            return match outcome {
                ChatOutcome::Stored => {
                    device_rows::set_published(self.tx, &Published::Stored, self.server_time)
                }
                ChatOutcome::Refused { code } => {
                    tracing::warn!(code, "this phone's certificate was refused");
                    device_rows::set_published(self.tx, &Published::Refused(code.clone()), self.server_time)
                }
                ChatOutcome::Appended { .. }
                | ChatOutcome::Burnt { .. }
                | ChatOutcome::Retry
                | ChatOutcome::Unknown => Ok(()),
            };
        };
        match outcome {
            ChatOutcome::Refused { code } => {
                tracing::info!(%case_id, kind = item.kind, code, "a chat item was not taken");
                outbox_rows::explain_all(self.tx, case_id, code)?;
                let is_over = [Refusal::CaseClosed.code(), Refusal::NotFound.code()].contains(&code.as_str());
                if is_over {
                    task_rows::done(self.tx, case_id)?;
                } else {
                    task_rows::refused(self.tx, case_id, code, self.server_time)?;
                }
                self.done.changes.insert(Changed::Chat(case_id));
                Ok(())
            }
            // It asks once; whoever lets it in is heard of by the log.
            ChatOutcome::Stored => task_rows::done(self.tx, case_id),
            ChatOutcome::Appended { .. }
            | ChatOutcome::Burnt { .. }
            | ChatOutcome::Retry
            | ChatOutcome::Unknown => Ok(()),
        }
    }
}
