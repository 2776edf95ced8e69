//! Table `record_term`: what records are listed and found by, without reading all records of a kind.
//!
//! A record's terms are a place in the list of its kind, and for a patient what it is searched by and compared by.
//! Invariant: a patient is among the hits for an identifier or a likeness if the record or its overlay has the term. Whether
//! it is one as shown now is for the caller to compare, so that the rule stays in `crate::patients`.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{StoreError, Stored};
use crate::cases::Case;
use crate::ids::PatientId;
use crate::invoices::{Invoice, ServiceRecord};
use crate::notifications::Notification;
use crate::patients::{Identifier, IdentifierValue, Likeness, Patient};
use crate::protocol::records::{Record, RecordKind};
use crate::time::Timestamp;

/// Where terms come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Record,
    Overlay,
}

impl Source {
    const fn laid(self) -> bool {
        matches!(self, Self::Overlay)
    }
}

/// The terms of a record; none for a kind that is neither listed by pages nor searched.
pub(crate) fn of(record: &Record) -> BTreeSet<String> {
    match record {
        Record::Patient(patient) => of_patient(patient),
        Record::Case(record) => of_case(&record.case),
        Record::Invoice(invoice) => of_invoice(invoice),
        Record::ServiceRecord(record) => of_service_record(record),
        Record::Notification(notification) => of_notification(notification),
        Record::Document(_)
        | Record::Recommendation(_)
        | Record::Issue(_)
        | Record::Clarification(_)
        | Record::Feedback(_)
        | Record::Specialty(_)
        | Record::Institution(_)
        | Record::Provider(_)
        | Record::Colleague(_)
        | Record::ChatEntry(_) => BTreeSet::new(),
    }
}

pub(crate) fn of_patient(patient: &Patient) -> BTreeSet<String> {
    let keys = patient.name.keys();
    let words = keys.iter().flat_map(|key| key.words());
    let mut terms: BTreeSet<String> = words.map(word).collect();
    terms.extend(patient.identifiers.iter().map(|one| value(&one.value)));
    terms.extend(of_likeness(&Likeness::default().or(Some(patient))));
    terms.insert(match patient.duplicate_of {
        // A merged one is shown as its survivor.
        Some(survivor) => format!("as {survivor}"),
        None => format!("place {}", patient.name.key().as_str()),
    });
    terms
}

pub(crate) fn of_case(case: &Case) -> BTreeSet<String> {
    newest_first(case.submitted_at, case.id.as_uuid())
}

pub(crate) fn of_invoice(invoice: &Invoice) -> BTreeSet<String> {
    newest_first(invoice.issued_at, invoice.id.as_uuid())
}

fn of_service_record(record: &ServiceRecord) -> BTreeSet<String> {
    newest_first(record.performed_at, record.id.as_uuid())
}

/// The term of a notification that was not read.
pub(crate) const UNREAD: &str = "unread";

pub(crate) fn of_notification(notification: &Notification) -> BTreeSet<String> {
    let mut terms = newest_first(notification.created_at, notification.id.as_uuid());
    if notification.read_at.is_none() {
        terms.insert(UNREAD.to_owned());
    }
    terms
}

/// A place that sorts as text before those of earlier times, and of smaller ids of the same time.
fn newest_first(time: Timestamp, id: Uuid) -> BTreeSet<String> {
    let from_the_end = i128::from(i64::MAX) - i128::from(time.unix_millis());
    BTreeSet::from([format!(
        "place {from_the_end:017x} {:032x}",
        u128::MAX - id.as_u128()
    )])
}

/// The term of a word of a name. The terms of longer words that begin with it begin with its term.
pub(super) fn word(word: &str) -> String {
    format!("word {word}")
}

/// The term of an identifier's value, with any kind and issuer.
pub(super) fn value(value: &IdentifierValue) -> String {
    format!("value {}", value.as_str())
}

fn of_likeness(likeness: &Likeness<'_>) -> Vec<String> {
    let (Some(name), Some(birth_date), Some(sex)) = (likeness.name, likeness.birth_date, likeness.sex) else {
        return Vec::new();
    };
    let keys = name.keys().into_iter();
    keys.map(|key| format!("likeness {birth_date} {} {}", sex.name(), key.as_str()))
        .collect()
}

/// Stores these terms of a record in place of those from the same source; none for a record that cannot be read.
pub(crate) fn put(
    conn: &Connection,
    kind: RecordKind,
    id: Uuid,
    source: Source,
    terms: BTreeSet<String>,
) -> Result<(), StoreError> {
    conn.prepare_cached("delete from record_term where kind = ?1 and id = ?2 and laid = ?3")?
        .execute(params![kind.name(), Stored(id), source.laid()])?;
    let mut statement =
        conn.prepare_cached("insert into record_term (kind, term, id, laid) values (?1, ?2, ?3, ?4)")?;
    for term in terms {
        statement.execute(params![kind.name(), term, Stored(id), source.laid()])?;
    }
    Ok(())
}

/// Patients who may have one of these identifiers.
pub(crate) fn with_identifier(
    conn: &Connection,
    identifiers: &[Identifier],
) -> Result<BTreeSet<PatientId>, StoreError> {
    with_any(
        conn,
        identifiers.iter().map(|identifier| value(&identifier.value)),
    )
}

/// Patients who may match.
pub(crate) fn alike(conn: &Connection, likeness: &Likeness<'_>) -> Result<BTreeSet<PatientId>, StoreError> {
    with_any(conn, of_likeness(likeness))
}

fn with_any(
    conn: &Connection,
    terms: impl IntoIterator<Item = String>,
) -> Result<BTreeSet<PatientId>, StoreError> {
    let mut statement = conn.prepare_cached("select id from record_term where kind = ?1 and term = ?2")?;
    let mut found = BTreeSet::new();
    for term in terms {
        let patients = statement.query_map(params![RecordKind::Patient.name(), term], |row| {
            row.get::<_, Stored<PatientId>>(0)
        })?;
        for patient in patients {
            found.insert(patient?.0);
        }
    }
    Ok(found)
}
