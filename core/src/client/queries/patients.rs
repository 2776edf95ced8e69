//! Queries of patients: the list, the search, one patient.

use rusqlite::Connection;

use super::{ListPage, pending};
use crate::client::overlay;
use crate::client::store::StoreError;
use crate::client::store::lists::{self, Range, Rows};
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

/// Patients by name. A merged record is left out: it is shown as its survivor.
pub(crate) fn patients(conn: &Connection, range: &Range) -> Result<ListPage<PatientSummary>, StoreError> {
    summaries(conn, lists::page(conn, RecordKind::Patient, range)?)
}

/// Search results, by name. A merged record is replaced by its survivor.
pub(crate) fn search_patients(
    conn: &Connection,
    query: &PatientQuery,
    range: &Range,
) -> Result<ListPage<PatientSummary>, StoreError> {
    summaries(conn, lists::search(conn, query, range)?)
}

fn summaries(conn: &Connection, rows: Rows) -> Result<ListPage<PatientSummary>, StoreError> {
    ListPage::of(rows, |record| {
        let Record::Patient(patient) = record else {
            return Ok(None);
        };
        summary(conn, patient).map(Some)
    })
}

pub(crate) fn summary(conn: &Connection, patient: Patient) -> Result<PatientSummary, StoreError> {
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

pub(crate) fn patient(conn: &Connection, id: PatientId) -> Result<Option<Patient>, StoreError> {
    Ok(overlay::shown_view(conn, Aggregate::Patient(id))?.patient)
}
