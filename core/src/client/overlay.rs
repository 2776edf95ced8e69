//! Pending commands laid over the server's records, so that a screen shows at once what the user did.
//!
//! After every page the overlay of each record concerned is thrown away and made again: the server's record first, then
//! each pending command in order, judged by the same rule as on the server. A command that the rule refuses by now
//! leaves no overlay; whether it is refused is for the server to say. The invariant: an overlay is a pure function of
//! records and outbox, so that losing it loses nothing.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};

use super::store::{StoreError, outbox, records};
use crate::actor::Actor;
use crate::cases::{CaseEvent, Recommendation};
use crate::catalogue::Specialty;
use crate::command::{Aggregate, Command, CommandEnvelope};
use crate::decision::Event;
use crate::documents::{DeclaredFile, Document, DocumentState};
use crate::facts::{Context, Fact, Facts};
use crate::ids::{CaseId, DocumentId, PatientId};
use crate::patients::Patient;
use crate::protocol::cbor;
use crate::protocol::records::{CaseRecord, Record, RecordKind};

/// One case or patient with all that belongs to it, as known or as shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct View {
    pub(crate) case: Option<CaseRecord>,
    pub(crate) documents: BTreeMap<DocumentId, Document>,
    pub(crate) recommendation: Option<Recommendation>,
    pub(crate) patient: Option<Patient>,
}

/// What a command asks about beside its own record. What the phone does not know stays unseen.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Around {
    pub(crate) patient: Fact<Option<Patient>>,
    pub(crate) same_identifier: Fact<Option<PatientId>>,
    pub(crate) specialties: Fact<Vec<Specialty>>,
    pub(crate) taken_documents: Fact<Vec<Document>>,
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
        Facts {
            case: seen(self.case.as_ref().map(|record| record.case.clone())),
            documents,
            patient,
            same_identifier: around.same_identifier.clone(),
            specialties: around.specialties.clone(),
            recommendation: seen(self.recommendation.clone()),
            ..Facts::default()
        }
    }

    /// The record after one decision's events. What is not there is not made up: only creation creates.
    pub(crate) fn apply(&mut self, events: &[Event]) {
        let mut of_case: Vec<&CaseEvent> = Vec::new();
        for event in events {
            match event {
                Event::PatientCreated(patient) => self.patient = Some((**patient).clone()),
                Event::Patient(_, change) => {
                    if let Some(patient) = &mut self.patient {
                        patient.apply(change);
                    }
                }
                Event::Case(_, change) => {
                    if let CaseEvent::Submitted(case) = change {
                        self.case = Some(CaseRecord {
                            case: (**case).clone(),
                            timeline: Vec::new(),
                            expert: None,
                            patient: None,
                            institution_name: None,
                        });
                    }
                    if let (CaseEvent::RecommendationSubmitted { recommendation, .. }, Some(_)) =
                        (change, &self.case)
                    {
                        self.recommendation = Some((**recommendation).clone());
                    }
                    of_case.push(change);
                }
                Event::DocumentDeclared(document) => {
                    if self.case.is_some() {
                        self.documents.insert(document.id, (**document).clone());
                    }
                }
                Event::DocumentStored(id) => {
                    if let Some(document) = self.documents.get_mut(id) {
                        document.state = DocumentState::Stored;
                    }
                }
            }
        }
        if let Some(record) = &mut self.case {
            record.case.apply_all(of_case);
        }
    }
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
        Aggregate::Case(id) => {
            if let Some(Record::Case(record)) = one(conn, RecordKind::Case, id.as_uuid())? {
                view.case = Some(record);
            }
            for record in under(conn, RecordKind::Document, id)? {
                if let Record::Document(document) = record {
                    view.documents.insert(document.id, document);
                }
            }
            for record in under(conn, RecordKind::Recommendation, id)? {
                if let Record::Recommendation(recommendation) = record {
                    view.recommendation = Some(recommendation);
                }
            }
        }
    }
    Ok(view)
}

/// What the phone knows around a command.
pub(crate) fn around(conn: &Connection, command: &Command) -> Result<Around, StoreError> {
    let mut around = Around::default();
    match command {
        Command::CreatePatient(command) => {
            for record in records::all_shown(conn, RecordKind::Patient)? {
                let Record::Patient(patient) = record else {
                    continue;
                };
                if patient.id != command.patient_id
                    && patient
                        .identifiers
                        .iter()
                        .any(|own| command.identifiers.contains(own))
                {
                    around.same_identifier = Fact::Known(Some(patient.id));
                }
            }
        }
        Command::SubmitCase(command) => {
            if let Some(Record::Patient(patient)) =
                records::shown(conn, RecordKind::Patient, command.patient_id.as_uuid())?
            {
                around.patient = Fact::Known(Some(patient));
            }
            around.specialties = specialties(conn)?;
            around.taken_documents = taken(conn, command.case_id, &command.documents)?;
        }
        Command::VerifyPatient(_)
        | Command::DeclareDocument(_)
        | Command::MarkDocumentStored(_)
        | Command::AssignCase(_)
        | Command::ReassignCase(_)
        | Command::AcceptCase(_)
        | Command::StartReview(_)
        | Command::SubmitRecommendation(_) => {}
    }
    Ok(around)
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
    let (kind, id) = match aggregate {
        Aggregate::Patient(id) => (RecordKind::Patient, id.as_uuid()),
        Aggregate::Case(id) => (RecordKind::Case, id.as_uuid()),
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
    for (id, document) in &shown.documents {
        if server.documents.get(id) != Some(document) {
            let parent = Some(document.case_id);
            records::lay(tx, RecordKind::Document, id.as_uuid(), parent, &encode(document)?)?;
        }
    }
    if let Some(given) = shown
        .recommendation
        .as_ref()
        .filter(|_| shown.recommendation != server.recommendation)
    {
        records::lay(
            tx,
            RecordKind::Recommendation,
            given.id.as_uuid(),
            Some(given.case_id),
            &encode(given)?,
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

fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    cbor::encode(value).map_err(|_| StoreError::Unreadable("overlay"))
}

#[cfg(test)]
mod tests;
