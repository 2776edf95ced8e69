//! Queries of patients: the list, the search, one patient.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::pending;
use crate::client::overlay;
use crate::client::store::{StoreError, records};
use crate::command::Aggregate;
use crate::ids::PatientId;
use crate::patients::{IdentifierKind, Patient, PatientName, PatientQuery, Sex};
use crate::protocol::records::{Record, RecordKind};
use crate::time::PartialDate;

/// A row of the patient list.
#[derive(Debug, Clone, PartialEq)]
pub struct PatientSummary {
    pub patient_id: PatientId,
    pub name: PatientName,
    pub birth_date: PartialDate,
    pub sex: Sex,
    /// The identity was attested.
    pub verified: bool,
    /// May be used for new cases.
    pub active: bool,
    /// The kinds of the patient's identifiers.
    pub identifiers: Vec<IdentifierKind>,
    /// Names of commands that wait for the server.
    pub pending: Vec<String>,
}

/// All patients, by name.
pub(crate) fn patients(conn: &Connection) -> Result<Vec<PatientSummary>, StoreError> {
    let mut summaries = Vec::new();
    for patient in all_patients(conn)? {
        // A merged one is shown as its survivor.
        if !patient.is_merged() {
            summaries.push(summary(conn, patient)?);
        }
    }
    Ok(by_name(summaries))
}

/// Search results, by name. A merged record is replaced by its survivor.
pub(crate) fn search_patients(
    conn: &Connection,
    query: &PatientQuery,
) -> Result<Vec<PatientSummary>, StoreError> {
    let mut patients = all_patients(conn)?;
    let found: BTreeSet<PatientId> = patients
        .iter()
        .filter(|patient| query.finds(patient))
        .map(|patient| patient.duplicate_of.unwrap_or(patient.id))
        .collect();
    patients.retain(|patient| found.contains(&patient.id));
    let mut summaries = Vec::new();
    for patient in patients {
        summaries.push(summary(conn, patient)?);
    }
    Ok(by_name(summaries))
}

fn all_patients(conn: &Connection) -> Result<Vec<Patient>, StoreError> {
    let mut patients = Vec::new();
    for record in records::all_shown(conn, RecordKind::Patient)? {
        if let Record::Patient(patient) = record {
            patients.push(patient);
        }
    }
    Ok(patients)
}

fn summary(conn: &Connection, patient: Patient) -> Result<PatientSummary, StoreError> {
    Ok(PatientSummary {
        patient_id: patient.id,
        birth_date: patient.birth_date,
        sex: patient.sex,
        verified: patient.is_verified(),
        active: patient.active,
        identifiers: patient
            .identifiers
            .iter()
            .map(|identifier| identifier.kind)
            .collect(),
        pending: pending(conn, Aggregate::Patient(patient.id))?,
        name: patient.name,
    })
}

fn by_name(mut summaries: Vec<PatientSummary>) -> Vec<PatientSummary> {
    summaries.sort_by_cached_key(|summary| (summary.name.key(), summary.patient_id));
    summaries
}

pub(crate) fn patient(conn: &Connection, id: PatientId) -> Result<Option<Patient>, StoreError> {
    Ok(overlay::shown_view(conn, Aggregate::Patient(id))?.patient)
}
