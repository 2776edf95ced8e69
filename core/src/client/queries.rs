//! What screens read: the store and nothing else, at any time, offline too.
//!
//! Each view shows the server's records with pending commands laid over them, and names what is pending, so that a
//! screen can say "accepted, waiting to send" and never passes a wish off as a fact. Not here: any decision; what a
//! user may do comes from `Case::allowed_actions`.

mod patients;

use rusqlite::Connection;

use super::overlay;
use super::session;
use super::shared::{Progress, Shared};
use super::store::files::{FileRow, FileState, TransferTotals};
use super::store::outbox::OutboxState;
use super::store::{StoreError, files, outbox, records, settings};
use super::sync_report::SyncReport;
use crate::cases::{Case, CaseAction, CaseStatus, Closure, Due, Readiness, Recommendation, UrgencyLevel};
use crate::catalogue::{Specialty, SpecialtyCode};
use crate::command::Aggregate;
use crate::documents::Document;
use crate::ids::{CaseId, CommandId, PatientId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::patients::{ClinicalPatient, PatientName};
use crate::protocol::records::{CaseRecord, ExpertName, Record, RecordKind, TimelineEntry};
use crate::time::Timestamp;

pub use patients::PatientSummary;
pub(crate) use patients::{patient, patients, search_patients};

/// A line of the case list.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSummary {
    /// The case.
    pub case_id: CaseId,
    /// Its number, once the server has seen it.
    pub number: Option<String>,
    /// Where it stands, pending commands included.
    pub status: CaseStatus,
    /// Frozen, and why.
    pub closure: Option<Closure>,
    /// Whether all files are with the server.
    pub readiness: Readiness,
    /// For whom.
    pub patient_id: PatientId,
    /// The patient's name, where this role may see it.
    pub patient_name: Option<PatientName>,
    /// The specialty asked for.
    pub specialty: SpecialtyCode,
    /// The specialty as shown, where the catalogue is here.
    pub specialty_display: Option<String>,
    /// How soon.
    pub urgency: UrgencyLevel,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// What is owed by when.
    pub due: Due,
    /// How many documents it has.
    pub documents: u32,
    /// What the user may do now.
    pub allowed_actions: Vec<CaseAction>,
    /// Names of commands that wait for the server.
    pub pending: Vec<&'static str>,
}

/// How far the bytes of a document have come on this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Where the file is on its way.
    pub state: FileState,
    /// Bytes that are through.
    pub transferred: u64,
    /// All bytes.
    pub size: u64,
    /// Failed attempts since the last success.
    pub attempts: u32,
    /// Why the last one failed, as a code.
    pub last_error: Option<String>,
}

/// A document of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentView {
    /// The record.
    pub document: Document,
    /// The file on this phone, if there is or will be one.
    pub transfer: Option<Transfer>,
}

/// A case with everything on its screen.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDetail {
    /// The line of the case list.
    pub summary: CaseSummary,
    /// The case, pending commands included.
    pub case: Case,
    /// Statuses that the server has confirmed.
    pub timeline: Vec<TimelineEntry>,
    /// Who the expert is, for the requester from Accepted on.
    pub expert: Option<ExpertName>,
    /// The patient's clinical part.
    pub patient: Option<ClinicalPatient>,
    /// Who asks, for the expert.
    pub institution_name: Option<String>,
    /// Its documents, oldest first.
    pub documents: Vec<DocumentView>,
    /// The opinion.
    pub recommendation: Option<Recommendation>,
    /// The invoice, for the requester.
    pub invoice: Option<Invoice>,
}

/// What the engine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncState {
    /// Not asked to be online, and nothing runs.
    Offline,
    /// Online, and level with the server as of the last time.
    Idle,
    /// A cycle runs.
    Syncing,
}

/// How far phone and server are apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// What the engine is doing.
    pub state: SyncState,
    /// When the phone was last level with the server.
    pub last_sync_at: Option<Timestamp>,
    /// Commands without an answer.
    pub pending_commands: u32,
    /// Files being sent.
    pub uploads: TransferTotals,
    /// Files being fetched.
    pub downloads: TransferTotals,
    /// The code of what went wrong since.
    pub last_error: Option<String>,
    /// Records that need a newer app.
    pub unreadable_records: u32,
    /// What the last cycle since opening did.
    pub last_report: Option<SyncReport>,
}

/// A command that waits for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// The place in the order of sending.
    pub device_seq: u64,
    /// The command.
    pub command_id: CommandId,
    /// Its name.
    pub command: &'static str,
    /// What it is about.
    pub aggregate: Aggregate,
    /// When the user gave it.
    pub issued_at: Timestamp,
    /// Whether the server may have seen it.
    pub state: OutboxState,
    /// How often it was sent.
    pub attempts: u32,
}

fn pending(conn: &Connection, aggregate: Aggregate) -> Result<Vec<&'static str>, StoreError> {
    let rows = outbox::of_aggregate(conn, aggregate)?;
    Ok(rows.iter().map(|row| row.envelope.command.name()).collect())
}

fn display(specialties: &[Specialty], code: &SpecialtyCode) -> Option<String> {
    specialties
        .iter()
        .find(|known| known.code == *code)
        .map(|known| known.display.as_str().to_owned())
}

/// All cases, newest first.
pub(crate) fn cases(conn: &Connection) -> Result<Vec<CaseSummary>, StoreError> {
    let specialties = specialties(conn)?;
    let mut summaries = Vec::new();
    for record in records::all_shown(conn, RecordKind::Case)? {
        let Record::Case(record) = record else { continue };
        let patient = clinical_patient(conn, &record)?;
        summaries.push(summary(conn, &record.case, patient.as_ref(), &specialties)?);
    }
    summaries.sort_by_key(|summary| (std::cmp::Reverse(summary.submitted_at), summary.case_id));
    Ok(summaries)
}

/// The clinical part of the case's patient, from the case itself or from the institution's patient record.
fn clinical_patient(conn: &Connection, record: &CaseRecord) -> Result<Option<ClinicalPatient>, StoreError> {
    match &record.patient {
        Some(patient) => Ok(Some(patient.clone())),
        None => Ok(patient(conn, record.case.patient_id)?.map(|patient| patient.clinical())),
    }
}

fn summary(
    conn: &Connection,
    case: &Case,
    patient: Option<&ClinicalPatient>,
    specialties: &[Specialty],
) -> Result<CaseSummary, StoreError> {
    let session = session::current(conn)?;
    Ok(CaseSummary {
        case_id: case.id,
        number: case.number.clone(),
        status: case.status,
        closure: case.closure,
        readiness: case.readiness,
        patient_id: case.patient_id,
        patient_name: patient.map(|patient| patient.name.clone()),
        specialty_display: display(specialties, &case.request.specialty),
        specialty: case.request.specialty.clone(),
        urgency: case.request.urgency.level(),
        submitted_at: case.submitted_at,
        due: case.due,
        documents: records::count_shown_under(conn, RecordKind::Document, case.id)?,
        allowed_actions: session
            .map(|session| case.allowed_actions(&session.actor))
            .unwrap_or_default(),
        pending: pending(conn, Aggregate::Case(case.id))?,
    })
}

/// One case with everything on its screen.
pub(crate) fn case(conn: &Connection, id: CaseId) -> Result<Option<CaseDetail>, StoreError> {
    let view = overlay::shown_view(conn, Aggregate::Case(id))?;
    let recommendation = view.newest_recommendation();
    let Some(record) = view.case else { return Ok(None) };
    let patient = clinical_patient(conn, &record)?;
    let files = files::of_case(conn, id)?;
    let transfer = |document: &Document| {
        files
            .iter()
            .find(|row| row.document_id == document.id)
            .map(transfer_of)
    };
    let documents = view.documents.into_values();
    Ok(Some(CaseDetail {
        summary: summary(conn, &record.case, patient.as_ref(), &specialties(conn)?)?,
        case: record.case,
        timeline: record.timeline,
        expert: record.expert,
        patient,
        institution_name: record.institution_name,
        documents: documents
            .map(|d| DocumentView {
                transfer: transfer(&d),
                document: d,
            })
            .collect(),
        recommendation,
        invoice: invoice(conn, id)?,
    }))
}

fn transfer_of(row: &FileRow) -> Transfer {
    Transfer {
        state: row.state,
        transferred: row.transferred,
        size: row.size,
        attempts: row.attempts,
        last_error: row.last_error.clone(),
    }
}

/// The opinion on a case.
pub(crate) fn recommendation(conn: &Connection, id: CaseId) -> Result<Option<Recommendation>, StoreError> {
    Ok(overlay::shown_view(conn, Aggregate::Case(id))?.newest_recommendation())
}

/// All invoices and credit notes, newest first.
pub(crate) fn invoices(conn: &Connection) -> Result<Vec<Invoice>, StoreError> {
    let mut all = Vec::new();
    for record in records::all_shown(conn, RecordKind::Invoice)? {
        if let Record::Invoice(invoice) = record {
            all.push(invoice);
        }
    }
    all.sort_by_key(|invoice| {
        (
            std::cmp::Reverse(invoice.issued_at),
            std::cmp::Reverse(invoice.id),
        )
    });
    Ok(all)
}

/// The invoice of a case that counts: the newest that asks, be it credited since.
pub(crate) fn invoice(conn: &Connection, id: CaseId) -> Result<Option<Invoice>, StoreError> {
    let counts = |invoice: &Invoice| invoice.case_id == id && !invoice.is_credit_note();
    Ok(invoices(conn)?.into_iter().find(counts))
}

/// A provider's service records, newest first.
pub(crate) fn service_records(conn: &Connection) -> Result<Vec<ServiceRecord>, StoreError> {
    let mut all = Vec::new();
    for record in records::all_shown(conn, RecordKind::ServiceRecord)? {
        if let Record::ServiceRecord(record) = record {
            all.push(record);
        }
    }
    all.sort_by_key(|record| (std::cmp::Reverse(record.performed_at), record.id));
    Ok(all)
}

/// The specialties that opinions are offered in, by name.
pub(crate) fn specialties(conn: &Connection) -> Result<Vec<Specialty>, StoreError> {
    let mut all = Vec::new();
    for record in records::all_shown(conn, RecordKind::Specialty)? {
        if let Record::Specialty(specialty) = record {
            all.push(specialty);
        }
    }
    all.sort_by(|one, other| one.display.cmp(&other.display));
    Ok(all)
}

/// Commands that wait for the server, oldest first.
pub(crate) fn outbox_items(conn: &Connection) -> Result<Vec<OutboxItem>, StoreError> {
    let rows = outbox::all(conn)?;
    let item = |row: outbox::OutboxRow| OutboxItem {
        device_seq: row.device_seq,
        command_id: row.envelope.command_id,
        command: row.envelope.command.name(),
        aggregate: row.envelope.command.aggregate(),
        issued_at: row.envelope.issued_at,
        state: row.state,
        attempts: row.attempts,
    };
    Ok(rows.into_iter().map(item).collect())
}

/// How far phone and server are apart.
pub(crate) fn sync_status(shared: &Shared) -> Result<SyncStatus, StoreError> {
    let Progress {
        online,
        syncing,
        last_report,
    } = *shared.progress();
    let state = match (syncing, online) {
        (true, _) => SyncState::Syncing,
        (false, true) => SyncState::Idle,
        (false, false) => SyncState::Offline,
    };
    shared.store().read(|conn| {
        Ok(SyncStatus {
            state,
            last_sync_at: settings::last_sync_at(conn)?,
            pending_commands: outbox::count(conn)?,
            uploads: files::upload_totals(conn)?,
            downloads: files::download_totals(conn)?,
            last_error: settings::last_error(conn)?,
            unreadable_records: records::count_unread(conn)?,
            last_report,
        })
    })
}

#[cfg(test)]
mod tests;
