//! The overlay: pending commands applied on top of the server's records, so that a screen shows at once what the user
//! did.
//!
//! After every page the overlay of each changed record is rebuilt: the server's record first, then each pending command
//! in order, decided by the same rule as on the server. A command that the rule now refuses leaves no overlay; only the
//! server refuses it for good. Invariant: an overlay is a pure function of records and outbox, so losing it loses
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};

use super::facts;
use super::store::terms::{self, Source};
use super::store::{StoreError, outbox, records};
use crate::actor::Actor;
use crate::cases::{CaseEvent, Clarification, Feedback, Recommendation};
use crate::command::{Aggregate, CommandEnvelope};
use crate::decision::Event;
use crate::documents::Document;
use crate::facts::{Context, Fact, Facts};
use crate::ids::{CaseId, ClarificationId, DocumentId, FeedbackId, IssueId};
use crate::invoices::Invoice;
use crate::issues::Issue;
use crate::notifications::Notification;
use crate::patients::Patient;
use crate::protocol::cbor;
use crate::protocol::records::{CaseRecord, ProviderRecord, Record, RecordKind};

/// One case, patient, notification or profile with all that belongs to it, as known or as shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct View {
    pub(crate) case: Option<CaseRecord>,
    pub(crate) documents: BTreeMap<DocumentId, Document>,
    pub(crate) issues: BTreeMap<IssueId, Issue>,
    pub(crate) recommendations: BTreeMap<u32, Recommendation>,
    pub(crate) clarifications: BTreeMap<ClarificationId, Clarification>,
    pub(crate) feedback: BTreeMap<FeedbackId, Feedback>,
    pub(crate) patient: Option<Patient>,
    pub(crate) notification: Option<Notification>,
    pub(crate) provider: Option<ProviderRecord>,
    pub(crate) invoice: Option<Invoice>,
}

impl View {
    /// The facts for a rule: this record, and `known` for everything else. What is not on the phone is unseen, not absent.
    pub(crate) fn facts(&self, known: &Facts) -> Facts {
        let mut facts = known.clone();
        if let Some(record) = &self.case {
            let mut case = record.case.clone();
            // A device's clock does not decide whether a period is over: the server says so (`window_closed`).
            case.window_ends_at = None;
            facts.case = Fact::Known(Some(case));
            // A phone that has a case has all parts of it that its user may see.
            facts.documents = listed(self.documents.values());
            facts.issues = listed(self.issues.values());
            facts.recommendations = listed(self.recommendations.values());
            facts.clarifications = listed(self.clarifications.values());
            facts.feedback = listed(self.feedback.values());
        }
        if let Some(patient) = &self.patient {
            facts.patient = Fact::Known(Some(patient.clone()));
        }
        if let Some(notification) = &self.notification {
            facts.notification = Fact::Known(Some(notification.clone()));
        }
        if let Some(invoice) = &self.invoice {
            facts.invoice = Fact::Known(Some(invoice.clone()));
        }
        if let Some(profile) = self.provider.as_ref().and_then(|record| record.profile.as_ref()) {
            facts.provider = Fact::Known(Some(profile.clone()));
        }
        facts
    }

    /// Applies a decision's events. Only a creation adds a record that is not there.
    pub(crate) fn apply(&mut self, events: &[Event]) {
        let mut of_case: Vec<&CaseEvent> = Vec::new();
        for event in events {
            match event {
                Event::Case(_, change) => {
                    if let Some(case) = change.submitted() {
                        self.case = Some(CaseRecord::submitted_here(case.clone()));
                    }
                    of_case.push(change);
                }
                // A decision about one patient may change others; those are shown when the server has confirmed them.
                Event::Patient(patient) => {
                    if self.patient.as_ref().is_none_or(|own| own.id == patient.id) {
                        self.patient = Some((**patient).clone());
                    }
                }
                Event::Invoice(invoice) => self.invoice = Some((**invoice).clone()),
                Event::NotificationRead(read) => self.notification = Some((**read).clone()),
                Event::Provider(profile) => self.provider = Some(ProviderRecord::of((**profile).clone())),
                Event::Document(document) => {
                    self.documents.insert(document.id, (**document).clone());
                }
                Event::Issue(issue) => {
                    self.issues.insert(issue.id, (**issue).clone());
                }
                Event::Recommendation(given) => {
                    self.recommendations.insert(given.version, (**given).clone());
                }
                Event::Clarification(asked) => {
                    self.clarifications.insert(asked.id, (**asked).clone());
                }
                Event::Feedback(given) => {
                    self.feedback.insert(given.id, (**given).clone());
                }
                // Decided only by the server, so there is no overlay.
                Event::Quarantine(_)
                | Event::Institution(_)
                | Event::User(_)
                | Event::Device(_)
                | Event::Specialty(_)
                | Event::PriceList(_)
                | Event::ServiceRecord(_) => {}
            }
        }
        match &mut self.case {
            Some(record) => record.case.apply_all(of_case),
            None => self.clear_records_of_case(),
        }
    }

    /// The newest version of the opinion.
    pub(crate) fn newest_recommendation(&self) -> Option<Recommendation> {
        self.recommendations.values().next_back().cloned()
    }

    /// Parts of a case are not shown without the case.
    fn clear_records_of_case(&mut self) {
        self.documents.clear();
        self.issues.clear();
        self.recommendations.clear();
        self.clarifications.clear();
        self.feedback.clear();
    }
}

fn listed<'a, T: Clone + 'a>(parts: impl Iterator<Item = &'a T>) -> Fact<Vec<T>> {
    Fact::Known(parts.cloned().collect())
}

/// The record after these commands, in order, each with what is known beside the record.
pub(crate) fn apply_pending(mut view: View, pending: &[(CommandEnvelope, Facts)], actor: Actor) -> View {
    for (envelope, known) in pending {
        let ctx = Context {
            actor,
            now: envelope.issued_at,
            assignment_id: envelope.assignment_id,
        };
        if let Ok(decision) = envelope.command.decide(&view.facts(known), &ctx) {
            view.apply(&decision.events);
        }
    }
    view
}

/// The server's record.
pub(crate) fn server_view(conn: &Connection, aggregate: Aggregate) -> Result<View, StoreError> {
    view(conn, aggregate, records::server, records::server_under)
}

/// The record as shown.
pub(crate) fn shown_view(conn: &Connection, aggregate: Aggregate) -> Result<View, StoreError> {
    view(conn, aggregate, records::shown, records::shown_under)
}

fn view(
    conn: &Connection,
    aggregate: Aggregate,
    one: impl Fn(&Connection, RecordKind, uuid::Uuid) -> Result<Option<Record>, StoreError>,
    under: impl Fn(&Connection, RecordKind, CaseId) -> Result<Vec<Record>, StoreError>,
) -> Result<View, StoreError> {
    let mut view = View::default();
    match aggregate {
        Aggregate::Patient(id) => {
            if let Some(Record::Patient(patient)) = one(conn, RecordKind::Patient, id.as_uuid())? {
                view.patient = Some(patient);
            }
        }
        Aggregate::Notification(id) => {
            if let Some(Record::Notification(notification)) =
                one(conn, RecordKind::Notification, id.as_uuid())?
            {
                view.notification = Some(notification);
            }
        }
        Aggregate::Case(id) => {
            if let Some(Record::Case(record)) = one(conn, RecordKind::Case, id.as_uuid())? {
                view.case = Some(record);
            }
            for kind in PARTS {
                for record in under(conn, kind, id)? {
                    view.insert(record);
                }
            }
        }
        Aggregate::Provider(id) => {
            if let Some(Record::Provider(provider)) = one(conn, RecordKind::Provider, id.as_uuid())? {
                view.provider = Some(provider);
            }
        }
        Aggregate::Invoice(id) => {
            if let Some(Record::Invoice(invoice)) = one(conn, RecordKind::Invoice, id.as_uuid())? {
                view.invoice = Some(invoice);
            }
        }
        // Decided only by the server, so there is no overlay.
        Aggregate::Institution(_)
        | Aggregate::User(_)
        | Aggregate::Catalogue
        | Aggregate::ServiceRecord(_) => {}
    }
    Ok(view)
}

/// The record kinds below a case that commands change.
const PARTS: [RecordKind; 5] = [
    RecordKind::Document,
    RecordKind::Issue,
    RecordKind::Recommendation,
    RecordKind::Clarification,
    RecordKind::Feedback,
];

impl View {
    fn insert(&mut self, record: Record) {
        match record {
            Record::Document(document) => {
                self.documents.insert(document.id, document);
            }
            Record::Issue(issue) => {
                self.issues.insert(issue.id, issue);
            }
            Record::Recommendation(given) => {
                self.recommendations.insert(given.version, given);
            }
            Record::Clarification(asked) => {
                self.clarifications.insert(asked.id, asked);
            }
            Record::Feedback(given) => {
                self.feedback.insert(given.id, given);
            }
            Record::Patient(_)
            | Record::Case(_)
            | Record::Invoice(_)
            | Record::ServiceRecord(_)
            | Record::Specialty(_)
            | Record::Institution(_)
            | Record::Provider(_)
            | Record::Colleague(_)
            | Record::Notification(_)
            | Record::ChatEntry(_) => {}
        }
    }
}

/// Rebuilds the overlay of a record from the server's record and what is pending.
pub(crate) fn recompute(tx: &Transaction<'_>, aggregate: Aggregate, actor: Actor) -> Result<(), StoreError> {
    let Some((kind, id)) = aggregate.record() else {
        return Ok(());
    };
    records::remove_overlay(tx, kind, id)?;
    let mut pending = Vec::new();
    for row in outbox::of_aggregate(tx, aggregate)? {
        // A command that this build cannot read is sent all the same, but cannot be shown.
        let Some(envelope) = row.envelope else { continue };
        let known = facts::load(tx, &envelope.command)?;
        pending.push((envelope, known));
    }
    if pending.is_empty() {
        return Ok(());
    }
    let server = server_view(tx, aggregate)?;
    let shown = apply_pending(server.clone(), &pending, actor);
    write(tx, &server, &shown)
}

/// Stores the records that differ from the server's.
fn write(tx: &Transaction<'_>, server: &View, shown: &View) -> Result<(), StoreError> {
    if let Some(record) = shown.case.as_ref().filter(|_| shown.case != server.case) {
        let id = record.case.id;
        let terms = terms::of_case(&record.case);
        lay(tx, RecordKind::Case, id.as_uuid(), Some(id), record, terms)?;
    }
    put_parts(
        tx,
        RecordKind::Document,
        &server.documents,
        &shown.documents,
        |d| (d.id.as_uuid(), d.case_id),
    )?;
    put_parts(tx, RecordKind::Issue, &server.issues, &shown.issues, |i| {
        (i.id.as_uuid(), i.case_id)
    })?;
    let (before, after) = (&server.recommendations, &shown.recommendations);
    put_parts(tx, RecordKind::Recommendation, before, after, |r| {
        (r.id.as_uuid(), r.case_id)
    })?;
    let (before, after) = (&server.clarifications, &shown.clarifications);
    put_parts(tx, RecordKind::Clarification, before, after, |c| {
        (c.id.as_uuid(), c.case_id)
    })?;
    put_parts(tx, RecordKind::Feedback, &server.feedback, &shown.feedback, |f| {
        (f.id.as_uuid(), f.case_id)
    })?;
    let read = shown.notification.as_ref();
    if let Some(read) = read.filter(|_| shown.notification != server.notification) {
        let (id, terms) = (read.id.as_uuid(), terms::of_notification(read));
        lay(tx, RecordKind::Notification, id, None, read, terms)?;
    }
    let profile = shown.provider.as_ref();
    if let Some(profile) = profile.filter(|_| shown.provider != server.provider) {
        let id = profile.id.as_uuid();
        lay(tx, RecordKind::Provider, id, None, profile, BTreeSet::new())?;
    }
    if let Some(disputed) = shown.invoice.as_ref().filter(|_| shown.invoice != server.invoice) {
        let (id, terms) = (disputed.id.as_uuid(), terms::of_invoice(disputed));
        // An aggregate, not part of the case's overlay.
        lay(tx, RecordKind::Invoice, id, None, disputed, terms)?;
    }
    if let Some(patient) = shown.patient.as_ref().filter(|_| shown.patient != server.patient) {
        let (id, terms) = (patient.id.as_uuid(), terms::of_patient(patient));
        lay(tx, RecordKind::Patient, id, None, patient, terms)?;
    }
    Ok(())
}

/// Stores a record's overlay, and what it is listed and found by.
fn lay<T: serde::Serialize>(
    tx: &Transaction<'_>,
    kind: RecordKind,
    id: uuid::Uuid,
    parent: Option<CaseId>,
    shown: &T,
    terms: BTreeSet<String>,
) -> Result<(), StoreError> {
    records::put_overlay(tx, kind, id, parent, &encode(shown)?)?;
    terms::put(tx, kind, id, Source::Overlay, terms)
}

/// Stores the parts of a case that differ.
fn put_parts<K: Ord, T: PartialEq + serde::Serialize>(
    tx: &Transaction<'_>,
    kind: RecordKind,
    server: &BTreeMap<K, T>,
    shown: &BTreeMap<K, T>,
    name: impl Fn(&T) -> (uuid::Uuid, CaseId),
) -> Result<(), StoreError> {
    for (key, part) in shown {
        if server.get(key) != Some(part) {
            let (id, case) = name(part);
            records::put_overlay(tx, kind, id, Some(case), &encode(part)?)?;
        }
    }
    Ok(())
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    cbor::encode(value).map_err(|_| StoreError::Unreadable("overlay"))
}

#[cfg(test)]
mod tests;
