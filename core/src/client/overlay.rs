//! Pending commands laid over the server's records, so that a screen shows at once what the user did.
//!
//! After every page the overlay of each record concerned is thrown away and made again: the server's record first, then
//! each pending command in order, judged by the same rule as on the server. A command that the rule refuses by now
//! leaves no overlay; whether it is refused is for the server to say. The invariant: an overlay is a pure function of
//! records and outbox, so that losing it loses nothing.

mod patients;

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};

use super::store::{StoreError, outbox, records};
use crate::actor::Actor;
use crate::cases::{CaseEvent, Clarification, Feedback, Recommendation};
use crate::catalogue::Specialty;
use crate::command::{Aggregate, Command, CommandEnvelope};
use crate::decision::Event;
use crate::documents::{DeclaredFile, Document};
use crate::facts::{Context, Fact, Facts};
use crate::ids::{CaseId, ClarificationId, DocumentId, FeedbackId, IssueId, PatientId};
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

/// What a command asks about beside its own record. What the phone does not know stays unseen.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Around {
    pub(crate) patient: Fact<Option<Patient>>,
    pub(crate) other_patient: Fact<Option<Patient>>,
    pub(crate) same_identifier: Fact<Option<PatientId>>,
    pub(crate) similar_patients: Fact<Vec<Patient>>,
    pub(crate) specialties: Fact<Vec<Specialty>>,
    pub(crate) taken_documents: Fact<Vec<Document>>,
    pub(crate) institution_active: Fact<bool>,
}

fn seen<T>(thing: Option<T>) -> Fact<Option<T>> {
    thing.map_or(Fact::Unseen, |thing| Fact::Known(Some(thing)))
}

impl View {
    /// What a rule may know of this record. What is not on the phone is unseen, not absent.
    pub(crate) fn facts(&self, around: &Around) -> Facts {
        let documents = match &self.case {
            Some(_) => Fact::Known(self.documents.values().cloned().collect()),
            None => around.taken_documents.clone(),
        };
        let patient = match &self.patient {
            Some(patient) => Fact::Known(Some(patient.clone())),
            None => around.patient.clone(),
        };
        let of_case = |_: &CaseRecord| ();
        let here = self.case.as_ref().map(of_case);
        Facts {
            case: seen(self.case.as_ref().map(|record| record.case.clone())),
            documents,
            issues: listed(here, self.issues.values()),
            recommendations: listed(here, self.recommendations.values()),
            clarifications: listed(here, self.clarifications.values()),
            feedback: listed(here, self.feedback.values()),
            patient,
            other_patient: around.other_patient.clone(),
            same_identifier: around.same_identifier.clone(),
            similar_patients: around.similar_patients.clone(),
            specialties: around.specialties.clone(),
            institution_active: around.institution_active.clone(),
            notification: seen(self.notification.clone()),
            invoice: seen(self.invoice.clone()),
            provider: seen(self.provider.as_ref().and_then(|record| record.profile.clone())),
            ..Facts::default()
        }
    }

    /// The record after one decision's events. What is not there is not made up: only creation creates.
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
                // A decision about one patient may change others; those are shown once the server says so.
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
                // Nothing of these is laid over on a phone: they are decided where the server is.
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
            None => self.forget_what_hangs_on_a_case(),
        }
    }

    /// The version of the opinion that counts: the newest.
    pub(crate) fn newest_recommendation(&self) -> Option<Recommendation> {
        self.recommendations.values().next_back().cloned()
    }

    /// Without its case a part of one is not shown.
    fn forget_what_hangs_on_a_case(&mut self) {
        self.documents.clear();
        self.issues.clear();
        self.recommendations.clear();
        self.clarifications.clear();
        self.feedback.clear();
    }
}

/// All of a case's parts of one kind: the phone that has the case has all that its user may see of them.
fn listed<'a, T: Clone + 'a>(here: Option<()>, parts: impl Iterator<Item = &'a T>) -> Fact<Vec<T>> {
    here.map_or(Fact::Unseen, |()| Fact::Known(parts.cloned().collect()))
}

/// The record with these commands laid over it, in order.
pub(crate) fn lay_over(mut view: View, pending: &[(CommandEnvelope, Around)], actor: Actor) -> View {
    for (envelope, around) in pending {
        let ctx = Context {
            actor,
            now: envelope.issued_at,
            assignment_id: envelope.assignment_id,
        };
        if let Ok(decision) = envelope.command.decide(&view.facts(around), &ctx) {
            view.apply(&decision.events);
        }
    }
    view
}

/// What the server said of a record.
pub(crate) fn server_view(conn: &Connection, aggregate: Aggregate) -> Result<View, StoreError> {
    view(conn, aggregate, records::server, records::server_under)
}

/// What is shown of a record.
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
                    view.take_in(record);
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
        // Decided where the server is: nothing is laid over.
        Aggregate::Institution(_)
        | Aggregate::User(_)
        | Aggregate::Catalogue
        | Aggregate::ServiceRecord(_) => {}
    }
    Ok(view)
}

/// The kinds of record that hang on a case and that commands change.
const PARTS: [RecordKind; 5] = [
    RecordKind::Document,
    RecordKind::Issue,
    RecordKind::Recommendation,
    RecordKind::Clarification,
    RecordKind::Feedback,
];

impl View {
    fn take_in(&mut self, record: Record) {
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
            | Record::Notification(_) => {}
        }
    }
}

/// What the phone knows around a command.
pub(crate) fn around(conn: &Connection, command: &Command) -> Result<Around, StoreError> {
    let mut around = Around::default();
    patients::look(conn, command, &mut around)?;
    if let Command::SubmitCase(command) = command {
        around.specialties = specialties(conn)?;
        around.institution_active = institution_active(conn)?;
        around.taken_documents = taken(conn, command.case_id, &command.documents)?;
    }
    if matches!(command, Command::EditCaseDetails(_)) {
        around.specialties = specialties(conn)?;
    }
    Ok(around)
}

/// Whether the own institution may submit cases, as far as this phone has heard.
fn institution_active(conn: &Connection) -> Result<Fact<bool>, StoreError> {
    let own = records::all_shown(conn, RecordKind::Institution)?
        .into_iter()
        .next();
    Ok(match own {
        Some(Record::Institution(institution)) => Fact::Known(institution.active),
        Some(_) | None => Fact::Unseen,
    })
}

fn specialties(conn: &Connection) -> Result<Fact<Vec<Specialty>>, StoreError> {
    let mut all = Vec::new();
    for record in records::all_shown(conn, RecordKind::Specialty)? {
        if let Record::Specialty(specialty) = record {
            all.push(specialty);
        }
    }
    // An empty catalogue is one that has not arrived yet.
    Ok(if all.is_empty() {
        Fact::Unseen
    } else {
        Fact::Known(all)
    })
}

/// Documents of other cases that bear an id of this manifest.
fn taken(conn: &Connection, case: CaseId, files: &[DeclaredFile]) -> Result<Fact<Vec<Document>>, StoreError> {
    let mut taken = Vec::new();
    for file in files {
        if let Some(Record::Document(document)) =
            records::server(conn, RecordKind::Document, file.document_id.as_uuid())?
            && document.case_id != case
        {
            taken.push(document);
        }
    }
    Ok(Fact::Known(taken))
}

/// Makes the overlay of a record anew, from the server's record and what is pending.
pub(crate) fn recompute(tx: &Transaction<'_>, aggregate: Aggregate, actor: Actor) -> Result<(), StoreError> {
    let Some((kind, id)) = aggregate.record() else {
        return Ok(());
    };
    records::lift(tx, kind, id)?;
    let mut pending = Vec::new();
    for row in outbox::of_aggregate(tx, aggregate)? {
        let around = around(tx, &row.envelope.command)?;
        pending.push((row.envelope, around));
    }
    if pending.is_empty() {
        return Ok(());
    }
    let server = server_view(tx, aggregate)?;
    let shown = lay_over(server.clone(), &pending, actor);
    write(tx, &server, &shown)
}

/// Stores what differs.
fn write(tx: &Transaction<'_>, server: &View, shown: &View) -> Result<(), StoreError> {
    if let Some(record) = shown.case.as_ref().filter(|_| shown.case != server.case) {
        let id = record.case.id;
        records::lay(tx, RecordKind::Case, id.as_uuid(), Some(id), &encode(record)?)?;
    }
    lay_parts(
        tx,
        RecordKind::Document,
        &server.documents,
        &shown.documents,
        |d| (d.id.as_uuid(), d.case_id),
    )?;
    lay_parts(tx, RecordKind::Issue, &server.issues, &shown.issues, |i| {
        (i.id.as_uuid(), i.case_id)
    })?;
    let (before, after) = (&server.recommendations, &shown.recommendations);
    lay_parts(tx, RecordKind::Recommendation, before, after, |r| {
        (r.id.as_uuid(), r.case_id)
    })?;
    let (before, after) = (&server.clarifications, &shown.clarifications);
    lay_parts(tx, RecordKind::Clarification, before, after, |c| {
        (c.id.as_uuid(), c.case_id)
    })?;
    lay_parts(tx, RecordKind::Feedback, &server.feedback, &shown.feedback, |f| {
        (f.id.as_uuid(), f.case_id)
    })?;
    if let Some(read) = shown
        .notification
        .as_ref()
        .filter(|_| shown.notification != server.notification)
    {
        records::lay(
            tx,
            RecordKind::Notification,
            read.id.as_uuid(),
            None,
            &encode(read)?,
        )?;
    }
    if let Some(profile) = shown
        .provider
        .as_ref()
        .filter(|_| shown.provider != server.provider)
    {
        records::lay(
            tx,
            RecordKind::Provider,
            profile.id.as_uuid(),
            None,
            &encode(profile)?,
        )?;
    }
    if let Some(disputed) = shown.invoice.as_ref().filter(|_| shown.invoice != server.invoice) {
        // An aggregate of its own, not a part of the case's overlay.
        records::lay(
            tx,
            RecordKind::Invoice,
            disputed.id.as_uuid(),
            None,
            &encode(disputed)?,
        )?;
    }
    if let Some(patient) = shown.patient.as_ref().filter(|_| shown.patient != server.patient) {
        records::lay(
            tx,
            RecordKind::Patient,
            patient.id.as_uuid(),
            None,
            &encode(patient)?,
        )?;
    }
    Ok(())
}

/// Stores the parts of a case that differ.
fn lay_parts<K: Ord, T: PartialEq + serde::Serialize>(
    tx: &Transaction<'_>,
    kind: RecordKind,
    server: &BTreeMap<K, T>,
    shown: &BTreeMap<K, T>,
    name: impl Fn(&T) -> (uuid::Uuid, CaseId),
) -> Result<(), StoreError> {
    for (key, part) in shown {
        if server.get(key) != Some(part) {
            let (id, case) = name(part);
            records::lay(tx, kind, id, Some(case), &encode(part)?)?;
        }
    }
    Ok(())
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    cbor::encode(value).map_err(|_| StoreError::Unreadable("overlay"))
}

#[cfg(test)]
mod tests;
