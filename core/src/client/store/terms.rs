//! Table `patient_term`: the patients with an identifier, or with a name, birth date and sex, without reading all.
//!
//! Invariant: a patient is among the hits if the record or its overlay has a term. Whether it is one as shown now is for
//! the caller to compare, so that the rule stays in `crate::patients`.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::{StoreError, Stored};
use crate::ids::PatientId;
use crate::patients::{Identifier, Likeness, Patient};

/// Where a patient's terms come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Record,
    Overlay,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Overlay => "overlay",
        }
    }
}

fn of_identifier(identifier: &Identifier) -> String {
    let Identifier {
        kind, issuer, value, ..
    } = identifier;
    format!(
        "identifier {} {} {}",
        kind.name(),
        issuer.as_str(),
        value.as_str()
    )
}

fn of_likeness(likeness: &Likeness<'_>) -> Vec<String> {
    let (Some(name), Some(birth_date), Some(sex)) = (likeness.name, likeness.birth_date, likeness.sex) else {
        return Vec::new();
    };
    let keys = name.keys().into_iter();
    keys.map(|key| format!("likeness {birth_date} {} {}", sex.name(), key.as_str()))
        .collect()
}

/// Stores the patient's terms in place of those from the same source; none for a record that cannot be read.
pub(crate) fn put(
    conn: &Connection,
    id: PatientId,
    source: Source,
    patient: Option<&Patient>,
) -> Result<(), StoreError> {
    conn.prepare_cached("delete from patient_term where patient = ?1 and source = ?2")?
        .execute(params![Stored(id), source.name()])?;
    let Some(patient) = patient else { return Ok(()) };
    let mut terms: BTreeSet<String> = patient.identifiers.iter().map(of_identifier).collect();
    terms.extend(of_likeness(&Likeness::default().or(Some(patient))));
    let mut statement =
        conn.prepare_cached("insert into patient_term (term, patient, source) values (?1, ?2, ?3)")?;
    for term in terms {
        statement.execute(params![term, Stored(id), source.name()])?;
    }
    Ok(())
}

/// Patients who may have one of these identifiers.
pub(crate) fn with_identifier(
    conn: &Connection,
    identifiers: &[Identifier],
) -> Result<BTreeSet<PatientId>, StoreError> {
    with_any(conn, identifiers.iter().map(of_identifier))
}

/// Patients who may match.
pub(crate) fn alike(conn: &Connection, likeness: &Likeness<'_>) -> Result<BTreeSet<PatientId>, StoreError> {
    with_any(conn, of_likeness(likeness))
}

fn with_any(
    conn: &Connection,
    terms: impl IntoIterator<Item = String>,
) -> Result<BTreeSet<PatientId>, StoreError> {
    let mut statement = conn.prepare_cached("select patient from patient_term where term = ?1")?;
    let mut found = BTreeSet::new();
    for term in terms {
        let patients = statement.query_map([term], |row| row.get::<_, Stored<PatientId>>(0))?;
        for patient in patients {
            found.insert(patient?.0);
        }
    }
    Ok(found)
}
