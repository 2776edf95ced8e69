//! Applies one portion of a response in one transaction; the order is explained in [`super`]. Invariant: applying a
//! response twice leaves the store as applying it once.

mod chats;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;

use super::portion::RECORDS_AT_ONCE;
use super::purge::{self, Forgotten};
use super::push::Unanswered;
use super::{Page, Plan, Step};
use crate::actor::Actor;
use crate::chat::Entry;
use crate::client::drafts;
use crate::client::files::{FileError, plan_download};
use crate::client::notices;
use crate::client::observe::Changed;
use crate::client::overlay;
use crate::client::store::chat::task_rows;
use crate::client::store::records::Put;
use crate::client::store::{
    self, Store, StoreError, chat, files, outbox, records, session, settings, settled, streams,
};
use crate::command::Aggregate;
use crate::documents::{DocumentState, WithdrawDocument};
use crate::ids::{CaseId, CommandId, DocumentId, InvoiceId, NotificationId, PatientId, ProviderId, StreamId};
use crate::protocol::records::{Record, RecordKind};
use crate::protocol::sync::{Change, RecordKey, SettledOutcome, WireRecord};
use crate::time::Timestamp;

/// Consecutive catch-ups that may end with a gap. One may be seen while transactions are in progress.
const GAPS_BORNE: u32 = 3;

/// After how many hours of the server's clock a held command is sent again.
pub(crate) const HELD_HOURS: i64 = 1;

/// What a response changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Applied {
    pub(crate) changes: BTreeSet<Changed>,
    /// Sealed files to delete once this is committed.
    pub(crate) paths: Vec<String>,
    pub(crate) commands_applied: u32,
    pub(crate) commands_refused: u32,
    pub(crate) records: u32,
    /// Something that the server took into a chat's log has others before it that are not here.
    pub(crate) chats_have_gaps: bool,
}

struct Applying<'a> {
    tx: &'a Transaction<'a>,
    actor: Actor,
    now: Timestamp,
    server_time: Timestamp,
    done: Applied,
    patients: BTreeSet<PatientId>,
    notifications: BTreeSet<NotificationId>,
    providers: BTreeSet<ProviderId>,
    invoices: BTreeSet<InvoiceId>,
    cases: BTreeSet<CaseId>,
    /// Entries of chats by their number.
    chats: BTreeMap<CaseId, Vec<(u64, Vec<u8>)>>,
}

/// Applies a response for this user.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    plan: &Plan,
    actor: Actor,
    now: Timestamp,
) -> Result<Applied, FileError> {
    let done = Applied::default();
    let mut applying = Applying {
        tx,
        actor,
        now,
        server_time: plan.server_time,
        done,
        patients: BTreeSet::new(),
        notifications: BTreeSet::new(),
        providers: BTreeSet::new(),
        invoices: BTreeSet::new(),
        cases: BTreeSet::new(),
        chats: BTreeMap::new(),
    };
    settings::set_server_time(tx, plan.server_time)?;
    for (id, outcome) in &plan.settled {
        applying.settle(*id, outcome)?;
    }
    for unanswered in &plan.unanswered {
        applying.note_trouble(unanswered)?;
    }
    streams::acknowledged(tx, &plan.acknowledged, plan.server_time)?;
    for (item, outcome) in &plan.chat {
        applying.chat_answered(item, outcome)?;
    }
    match &plan.step {
        Step::Reset(reason) => {
            tracing::warn!(?reason, "the server asks for a fresh start");
            start_over(tx)?;
        }
        Step::Page(page) => applying.page(page)?,
        Step::PushOnly => applying.own_entries(&plan.chat)?,
    }
    applying.rebuild_overlays()?;
    Ok(applying.done)
}

/// Decodes every record again, [`RECORDS_AT_ONCE`] in a transaction: another version of the app may know other kinds.
pub(crate) fn read_again(store: &Store, now: Timestamp) -> Result<(), FileError> {
    let actor = store.read(session::current)?.map(|session| session.actor);
    let mut after = None;
    loop {
        let read = store.transaction(|tx| {
            let some = records::raw_after(tx, after.as_ref(), RECORDS_AT_ONCE)?;
            for (key, stream, body) in &some {
                let record = RecordKind::from_name(&key.kind).and_then(|kind| Record::decode(kind, body));
                if let Some(Record::ChatEntry(chat)) = &record {
                    chats::read_chat_entry_again(tx, key, chat, actor, now)?;
                    continue;
                }
                records::mark_known(tx, key, record.as_ref())?;
                if let (Some(record), Some(actor)) = (&record, actor) {
                    wish_for_file(tx, record, *stream, actor, now)?;
                }
            }
            Ok::<_, FileError>(some)
        })?;
        match read.into_iter().next_back() {
            Some((key, ..)) => after = Some(key),
            None => break,
        }
    }
    let Some(actor) = actor else { return Ok(()) };
    store.transaction(|tx| {
        for row in outbox::all(tx)? {
            if let Some(aggregate) = Aggregate::of_key(&row.aggregate) {
                overlay::recompute(tx, aggregate, actor)?;
            }
        }
        Ok(())
    })
}

/// The next request reads the feed from its start. Keys, outbox and files stay; records stay until the feed has
/// confirmed or omitted them.
fn start_over(tx: &Transaction<'_>) -> Result<(), StoreError> {
    settings::set_cursor(tx, None)?;
    settings::set_gap_rounds(tx, 0)?;
    streams::forget_all(tx)?;
    records::mark_all_stale(tx)
}

/// A provider's phone downloads the files of its cases.
fn wish_for_file(
    tx: &Transaction<'_>,
    record: &Record,
    stream: StreamId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), FileError> {
    if let (Record::Document(document), Some(_)) = (record, actor.provider())
        && document.state == DocumentState::Stored
    {
        plan_download(tx, document, stream, now)?;
    }
    Ok(())
}

impl Applying<'_> {
    fn settle(&mut self, id: CommandId, outcome: &SettledOutcome) -> Result<(), StoreError> {
        let refusal = match outcome {
            SettledOutcome::Applied => None,
            SettledOutcome::Refused { refusal } => Some(refusal),
        };
        let code = refusal.map(|refusal| refusal.code.as_str());
        let Some(row) = settled::settle(self.tx, id, code, self.server_time)? else {
            return Ok(());
        };
        if let Some(aggregate) = Aggregate::of_key(&row.aggregate) {
            self.touch(aggregate);
        }
        self.done.changes.insert(Changed::SyncStatus);
        let Some(refusal) = refusal else {
            self.done.commands_applied += 1;
            self.chat_follows(&row)?;
            let command = row.envelope.as_ref().map(|envelope| &envelope.command);
            // Withdrawn on this phone: its file is not wanted again.
            if let Some(withdrawn) = command.and_then(|command| command.as_operation::<WithdrawDocument>()) {
                let paths = files::delete(self.tx, withdrawn.document_id)?;
                self.done.paths.extend(paths);
            }
            return Ok(());
        };
        self.done.commands_refused += 1;
        notices::refused(self.tx, &row, &refusal.code, self.server_time)?;
        drafts::keep(self.tx, &row, refusal, self.actor, self.server_time)?;
        self.done.changes.insert(Changed::Notices);
        // The files stay staged: they may be sent with another command.
        for document in row.files {
            files::detach(self.tx, document)?;
            self.done.changes.insert(Changed::Document(document));
        }
        Ok(())
    }

    /// A command without an answer stays. One that the server cannot process is tried again after an hour.
    fn note_trouble(&mut self, unanswered: &Unanswered) -> Result<(), StoreError> {
        let Unanswered {
            id,
            code,
            reference,
            held,
        } = unanswered;
        outbox::set_trouble(self.tx, *id, code, reference, self.now)?;
        if *held {
            outbox::hold(self.tx, *id, self.server_time.plus_hours(HELD_HOURS))?;
        }
        self.done.changes.insert(Changed::SyncStatus);
        Ok(())
    }

    fn page(&mut self, page: &Page) -> Result<(), FileError> {
        if page.begins {
            settings::set_bootstrapping(self.tx, true)?;
        }
        for order in &page.purge {
            let forgotten = purge::carry_out(self.tx, order, self.now, self.server_time)?;
            tracing::info!(
                records = forgotten.records.len(),
                files = forgotten.paths.len(),
                "a stream was purged"
            );
            self.forgotten(forgotten);
        }
        for grant in &page.grants {
            let next = grant.seq.saturating_add(1);
            // A page that arrives twice must not set the number back.
            if streams::next_seq(self.tx, grant.stream)?.is_none_or(|known| known < next) {
                self.move_to(grant.stream, next)?;
            }
        }
        for wire in &page.records {
            self.put(wire)?;
        }
        self.receive_chats()?;
        for key in &page.gone {
            self.delete(key)?;
        }
        for key in &page.unreadable {
            records::mark_missing(self.tx, key, self.server_time)?;
            self.done.changes.insert(Changed::SyncStatus);
        }
        for change in &page.changes {
            self.count(change)?;
        }
        if let Some(cursor) = &page.cursor {
            settings::set_cursor(self.tx, Some(cursor))?;
        }
        if page.ends {
            self.end_of_feed()?;
        }
        Ok(())
    }

    fn put(&mut self, wire: &WireRecord) -> Result<(), FileError> {
        let mut record =
            RecordKind::from_name(&wire.key.kind).and_then(|kind| Record::decode(kind, &wire.body));
        records::forget_missing(self.tx, &wire.key)?;
        if let Some(Record::ChatEntry(chat)) = &record {
            task_rows::put_stream(self.tx, wire.stream, chat.case_id)?;
            if let Ok(entry) = Entry::decode(&chat.entry) {
                let entries = self.chats.entry(chat.case_id).or_default();
                entries.push((entry.seq, chat.entry.to_vec()));
                self.done.records += 1;
                return Ok(());
            }
            // Of a newer format: kept like any record that this build cannot read.
            record = None;
        }
        match records::put(self.tx, wire, record.as_ref())? {
            Put::Older => return Ok(()),
            Put::Stored => self.done.records += 1,
        }
        match &record {
            Some(record) => {
                if let Some(case) = record.case_id() {
                    self.cases.insert(case);
                    self.done.changes.insert(Changed::Case(case));
                }
                wish_for_file(self.tx, record, wire.stream, self.actor, self.now)?;
                self.note_chat_of(record)?;
                if let Record::Document(document) = record
                    && document.state == DocumentState::Withdrawn
                {
                    self.give_up_file(document.id)?;
                }
            }
            None => {
                self.done.changes.insert(Changed::SyncStatus);
            }
        }
        self.changed(&wire.key);
        Ok(())
    }

    /// The file of a document that was withdrawn elsewhere or with its case is deleted. One that was not sent exists nowhere
    /// else: it is staged again.
    fn give_up_file(&mut self, document: DocumentId) -> Result<(), StoreError> {
        if files::row(self.tx, document)?.is_some_and(|row| row.is_to_send()) {
            files::stage_again(self.tx, document, DocumentId::generate(self.now))?;
            self.done.changes.insert(Changed::SyncStatus);
        } else {
            self.done.paths.extend(files::delete(self.tx, document)?);
        }
        Ok(())
    }

    fn delete(&mut self, key: &RecordKey) -> Result<(), StoreError> {
        records::forget_missing(self.tx, key)?;
        if let Some(case) = records::delete(self.tx, key)? {
            self.cases.insert(case);
            self.done.changes.insert(Changed::Case(case));
        }
        if RecordKind::from_name(&key.kind) == Some(RecordKind::Document) {
            let document = DocumentId::from_uuid(key.id);
            // A file that is still to be sent exists nowhere else.
            if !files::row(self.tx, document)?.is_some_and(|row| row.is_to_send()) {
                self.done.paths.extend(files::delete(self.tx, document)?);
            }
        }
        self.changed(key);
        Ok(())
    }

    /// Records that a record changed, whether it can be decoded or not.
    fn changed(&mut self, key: &RecordKey) {
        let Some(kind) = RecordKind::from_name(&key.kind) else {
            return;
        };
        let change = match kind {
            RecordKind::Patient => {
                let id = PatientId::from_uuid(key.id);
                self.patients.insert(id);
                Changed::Patient(id)
            }
            RecordKind::Case => {
                let id = CaseId::from_uuid(key.id);
                self.cases.insert(id);
                Changed::Case(id)
            }
            RecordKind::Document => Changed::Document(DocumentId::from_uuid(key.id)),
            // Part of a case, which is recorded where its id is known.
            RecordKind::Recommendation
            | RecordKind::Issue
            | RecordKind::Clarification
            | RecordKind::Feedback
            | RecordKind::ChatEntry => return,
            RecordKind::Notification => {
                self.notifications.insert(NotificationId::from_uuid(key.id));
                Changed::Notifications
            }
            RecordKind::Invoice => {
                self.invoices.insert(InvoiceId::from_uuid(key.id));
                Changed::Invoices
            }
            RecordKind::ServiceRecord => Changed::ServiceRecords,
            RecordKind::Specialty => Changed::Catalogue,
            RecordKind::Provider => {
                self.providers.insert(ProviderId::from_uuid(key.id));
                Changed::Session
            }
            RecordKind::Institution | RecordKind::Colleague => Changed::Session,
        };
        self.done.changes.insert(change);
    }

    fn forgotten(&mut self, forgotten: Forgotten) {
        for key in &forgotten.records {
            self.changed(key);
        }
        let chats = forgotten.chats.iter().map(|case_id| Changed::Chat(*case_id));
        self.done.changes.extend(chats);
        if forgotten.noticed {
            self.done.changes.insert(Changed::Notices);
        }
        self.done.paths.extend(forgotten.paths);
    }

    fn count(&mut self, change: &Change) -> Result<(), StoreError> {
        match streams::next_seq(self.tx, change.stream)? {
            Some(next) if change.seq < next => Ok(()),
            Some(next) if change.seq == next => self.move_to(change.stream, next.saturating_add(1)),
            Some(_) | None => streams::park(self.tx, change.stream, change.seq),
        }
    }

    /// Sets the next expected number of a stream, skipping those already parked.
    fn move_to(&mut self, stream: StreamId, mut next: u64) -> Result<(), StoreError> {
        while streams::unpark(self.tx, stream, next)? {
            next = next.saturating_add(1);
        }
        streams::set_next_seq(self.tx, stream, next)
    }

    fn end_of_feed(&mut self) -> Result<(), StoreError> {
        if settings::is_bootstrapping(self.tx)? {
            self.sweep()?;
            settings::set_bootstrapping(self.tx, false)?;
        }
        let foreign = streams::drop_foreign(self.tx)?;
        if foreign > 0 {
            tracing::warn!(foreign, "changes of streams that were never granted");
        }
        let rounds = if streams::any_parked(self.tx)? {
            settings::gap_rounds(self.tx)? + 1
        } else {
            0
        };
        settings::set_gap_rounds(self.tx, rounds)?;
        if rounds >= GAPS_BORNE {
            tracing::error!(rounds, "the feed has a gap; beginning anew");
            start_over(self.tx)?;
        }
        settings::set_last_sync_at(self.tx, self.now)?;
        self.done.changes.insert(Changed::SyncStatus);
        settled::forget_old(self.tx, self.server_time)?;
        store::drafts::forget_old(self.tx, self.server_time)?;
        store::forms::forget_old(self.tx, self.server_time)?;
        store::notices::forget_old(self.tx, self.server_time)
    }

    /// After a reset: deletes the records that the feed did not confirm.
    fn sweep(&mut self) -> Result<(), StoreError> {
        for case_id in task_rows::foreign(self.tx)? {
            chat::forget(self.tx, case_id, files::Unsent::Goes)?;
            self.done.changes.insert(Changed::Chat(case_id));
        }
        for (key, stream) in records::stale(self.tx)? {
            // Files are deleted with a provider's case. A requester's may be the only copy.
            if self.actor.provider().is_some() && streams::next_seq(self.tx, stream)?.is_none() {
                let forgotten = purge::forget(self.tx, stream, files::Unsent::Goes)?;
                self.forgotten(forgotten);
            } else {
                if let Some(case) = records::delete(self.tx, &key)? {
                    self.cases.insert(case);
                    self.done.changes.insert(Changed::Case(case));
                }
                self.changed(&key);
            }
        }
        Ok(())
    }

    fn touch(&mut self, aggregate: Aggregate) {
        self.done.changes.insert(Changed::of(aggregate));
        match aggregate {
            Aggregate::Patient(id) => drop(self.patients.insert(id)),
            Aggregate::Case(id) => drop(self.cases.insert(id)),
            Aggregate::Notification(id) => drop(self.notifications.insert(id)),
            Aggregate::Provider(id) => drop(self.providers.insert(id)),
            Aggregate::Invoice(id) => drop(self.invoices.insert(id)),
            // These have no overlay.
            Aggregate::Institution(_)
            | Aggregate::User(_)
            | Aggregate::Catalogue
            | Aggregate::ServiceRecord(_) => {}
        }
    }

    /// Rebuilds the overlays of everything touched. Patients first, because the rule of a case that waits to be submitted
    /// needs its patient.
    fn rebuild_overlays(&mut self) -> Result<(), StoreError> {
        if !self.patients.is_empty() {
            let readable = outbox::all(self.tx)?.into_iter().filter_map(|row| row.envelope);
            for envelope in readable {
                let command = &envelope.command;
                if let (Aggregate::Case(case), Some(Aggregate::Patient(patient))) =
                    (command.aggregate(), command.builds_on())
                    && self.patients.contains(&patient)
                {
                    self.cases.insert(case);
                    self.done.changes.insert(Changed::Case(case));
                }
                // Duplicate flags depend on the other patients.
                if let Aggregate::Patient(id) = command.aggregate() {
                    self.patients.insert(id);
                    self.done.changes.insert(Changed::Patient(id));
                }
            }
        }
        for id in &self.patients {
            overlay::recompute(self.tx, Aggregate::Patient(*id), self.actor)?;
        }
        for id in &self.cases {
            overlay::recompute(self.tx, Aggregate::Case(*id), self.actor)?;
        }
        for id in &self.notifications {
            overlay::recompute(self.tx, Aggregate::Notification(*id), self.actor)?;
        }
        for id in &self.providers {
            overlay::recompute(self.tx, Aggregate::Provider(*id), self.actor)?;
        }
        for id in &self.invoices {
            overlay::recompute(self.tx, Aggregate::Invoice(*id), self.actor)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
