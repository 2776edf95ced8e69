//! Loads the facts that a command needs beside its own record: the same [`Need`]s as on the server, answered from what the
//! phone shows. What is not on the phone stays unseen, so a phone that has less refuses less.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::store::{StoreError, records, terms};
use crate::catalogue::Specialty;
use crate::command::{Aggregate, Command};
use crate::documents::{DeclaredFile, Document};
use crate::facts::{Fact, Facts, Need};
use crate::ids::{CaseId, PatientId};
use crate::patients::{Identifier, Likeness, Patient};
use crate::protocol::records::{Record, RecordKind};

/// Loads the facts that the command needs and the phone has.
pub(crate) fn load(conn: &Connection, command: &Command) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    for need in command.needs() {
        match need {
            Need::TakenDocuments(files) => {
                if let Aggregate::Case(case) = command.aggregate() {
                    facts.documents = Fact::Known(documents_of_others(conn, case, files)?);
                }
            }
            Need::Patient(id) => facts.patient = patient(conn, id)?,
            Need::OtherPatient(id) => facts.other_patient = patient(conn, id)?,
            Need::Survivor => {
                let patient_here = facts.patient.known().and_then(Option::as_ref);
                if let Some(survivor) = patient_here.and_then(|patient| patient.duplicate_of) {
                    facts.other_patient = patient(conn, survivor)?;
                }
            }
            Need::SameIdentifier(identifiers) => {
                if let Aggregate::Patient(id) = command.aggregate()
                    && let Some(taken) = same_identifier(conn, id, identifiers)?
                {
                    facts.same_identifier = Fact::Known(Some(taken));
                }
            }
            Need::SimilarPatients(likeness) => {
                if let Aggregate::Patient(id) = command.aggregate() {
                    facts.similar_patients = Fact::Known(similar(conn, id, likeness)?);
                }
            }
            Need::Specialties => facts.specialties = specialties(conn)?,
            Need::InstitutionActive => facts.institution_active = institution_active(conn)?,
            // Parts of the record that the command is about come with its view.
            Need::Documents
            | Need::Issues
            | Need::Recommendations
            | Need::Clarifications
            | Need::Feedback
            // Only the server knows these.
            | Need::Assignment
            | Need::HeldAssignment
            | Need::Quarantine
            | Need::Expert(_)
            | Need::TeamCandidate(_)
            | Need::Specialty(_)
            | Need::Price(_)
            | Need::Seller
            | Need::Deadlines
            | Need::Institution(_)
            | Need::Provider(_)
            | Need::Device(_)
            | Need::ActiveAdmins
            | Need::PriceLists
            | Need::CreditNotes => {}
        }
    }
    Ok(facts)
}

/// Documents of other cases with an id of this manifest.
fn documents_of_others(
    conn: &Connection,
    case: CaseId,
    files: &[DeclaredFile],
) -> Result<Vec<Document>, StoreError> {
    let mut taken = Vec::new();
    for file in files {
        if let Some(Record::Document(document)) =
            records::server(conn, RecordKind::Document, file.document_id.as_uuid())?
            && document.case_id != case
        {
            taken.push(document);
        }
    }
    Ok(taken)
}

fn patient(conn: &Connection, id: PatientId) -> Result<Fact<Option<Patient>>, StoreError> {
    Ok(match records::shown(conn, RecordKind::Patient, id.as_uuid())? {
        Some(Record::Patient(patient)) => Fact::Known(Some(patient)),
        Some(_) | None => Fact::Unseen,
    })
}

/// Those of these patients that are on this phone, as shown, except this one.
fn others(conn: &Connection, ids: BTreeSet<PatientId>, id: PatientId) -> Result<Vec<Patient>, StoreError> {
    let mut others = Vec::new();
    for other in ids.into_iter().filter(|other| *other != id) {
        if let Some(Record::Patient(patient)) = records::shown(conn, RecordKind::Patient, other.as_uuid())? {
            others.push(patient);
        }
    }
    Ok(others)
}

/// Another patient with one of these identifiers, or the one that it was merged into.
fn same_identifier(
    conn: &Connection,
    id: PatientId,
    identifiers: &[Identifier],
) -> Result<Option<PatientId>, StoreError> {
    let is_taken = |other: &Patient| {
        let mut own = other.identifiers.iter();
        own.any(|own| identifiers.iter().any(|wanted| wanted.is_same_as(own)))
    };
    let taken = others(conn, terms::with_identifier(conn, identifiers)?, id)?
        .into_iter()
        .filter(is_taken)
        .map(|other| other.duplicate_of.unwrap_or(other.id));
    Ok(taken.filter(|other| *other != id).min())
}

/// Who resembles the patient after these changes, and who is flagged as a possible duplicate already.
fn similar(conn: &Connection, id: PatientId, likeness: Likeness<'_>) -> Result<Vec<Patient>, StoreError> {
    let before = patient(conn, id)?;
    let before = before.known().and_then(Option::as_ref);
    let likeness = likeness.or(before);
    let flagged = before.map_or(&[][..], |patient| &patient.possible_duplicates);
    let mut ids = terms::alike(conn, &likeness)?;
    ids.extend(flagged);
    let is_similar = |other: &Patient| likeness.is_of(other) || flagged.contains(&other.id);
    Ok(others(conn, ids, id)?.into_iter().filter(is_similar).collect())
}

/// Whether the user's institution may submit cases, as far as this phone knows.
fn institution_active(conn: &Connection) -> Result<Fact<bool>, StoreError> {
    let own = records::all_shown(conn, RecordKind::Institution)?
        .into_iter()
        .next();
    Ok(match own {
        Some(Record::Institution(institution)) => Fact::Known(institution.active),
        Some(_) | None => Fact::Unseen,
    })
}

/// The active specialties. An empty catalogue means that it has not been received yet.
fn specialties(conn: &Connection) -> Result<Fact<Vec<Specialty>>, StoreError> {
    let all = records::all_shown(conn, RecordKind::Specialty)?.into_iter();
    let specialties: Vec<Specialty> = all
        .filter_map(|record| {
            if let Record::Specialty(specialty) = record {
                Some(specialty)
            } else {
                None
            }
        })
        .collect();
    Ok(if specialties.is_empty() {
        Fact::Unseen
    } else {
        Fact::Known(specialties)
    })
}

#[cfg(test)]
mod tests;
