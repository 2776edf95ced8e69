//! What a phone of an institution knows around a command on a patient: the other patients that it holds.
//!
//! The invariant: the same questions as on the server, of what is shown here; a phone that holds less refuses less.

use rusqlite::Connection;

use super::Around;
use crate::client::store::{StoreError, records};
use crate::command::Command;
use crate::facts::{Fact, Need};
use crate::ids::PatientId;
use crate::patients::Patient;
use crate::protocol::records::{Record, RecordKind};

/// All patients as shown.
fn all(conn: &Connection) -> Result<Vec<Patient>, StoreError> {
    let mut patients = Vec::new();
    for record in records::all_shown(conn, RecordKind::Patient)? {
        if let Record::Patient(patient) = record {
            patients.push(patient);
        }
    }
    Ok(patients)
}

fn one(conn: &Connection, id: PatientId) -> Result<Fact<Option<Patient>>, StoreError> {
    Ok(match records::shown(conn, RecordKind::Patient, id.as_uuid())? {
        Some(Record::Patient(patient)) => Fact::Known(Some(patient)),
        Some(_) | None => Fact::Unseen,
    })
}

/// Adds what the command needs of patients.
pub(super) fn look(conn: &Connection, command: &Command, around: &mut Around) -> Result<(), StoreError> {
    let (names, needs) = (command.names(), command.needs());
    let Some(id) = names.patient else { return Ok(()) };
    if needs.contains(&Need::Patient) {
        around.patient = one(conn, id)?;
    }
    if needs.contains(&Need::OtherPatient) {
        let patient = around.patient.known().and_then(Option::as_ref);
        let survivor = patient.and_then(|patient| patient.duplicate_of);
        if let Some(other) = names.other_patient.or(survivor) {
            around.other_patient = one(conn, other)?;
        }
    }
    if needs.contains(&Need::SameIdentifier) && !names.identifiers.is_empty() {
        let others = all(conn)?.into_iter().filter(|other| other.id != id);
        let is_taken = |other: &Patient| {
            let mut own = other.identifiers.iter();
            own.any(|own| names.identifiers.iter().any(|wanted| wanted.is_same_as(own)))
        };
        let taken = others
            .filter(is_taken)
            .map(|other| other.duplicate_of.unwrap_or(other.id));
        if let Some(taken) = taken.filter(|other| *other != id).min() {
            around.same_identifier = Fact::Known(Some(taken));
        }
    }
    if needs.contains(&Need::SimilarPatients) {
        let patient = around.patient.known().and_then(Option::as_ref);
        let (likeness, flagged) = (
            names.likeness.or(patient),
            patient.map_or(&[][..], |patient| &patient.possible_duplicates),
        );
        let others = all(conn)?.into_iter().filter(|other| other.id != id);
        let similar = others.filter(|other| likeness.is_of(other) || flagged.contains(&other.id));
        around.similar_patients = Fact::Known(similar.collect());
    }
    Ok(())
}
