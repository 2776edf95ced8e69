//! The queries of screens, answered from the store alone.
//!
//! Each view shows the server's records with pending commands applied, and names what is pending, so that a screen can say
//! "accepted, waiting to send" and never presents a pending change as confirmed.

mod notifications;
mod patients;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::overlay;
use super::session;
use super::shared::{Progress, Shared};
use super::store::files::{FileRow, FileState, TransferTotals};
use super::store::lists::{self, Range, Rows};
use super::store::outbox::{OutboxRow, OutboxState, Trouble};
use super::store::{self, StoreError, files, outbox, records, settings};
use super::sync_report::SyncReport;
use crate::actor::Actor;
use crate::cases::{
    Case, CaseAction, CaseStatus, Clarification, Closure, Due, Feedback, Obligation, Readiness,
    Recommendation, UrgencyLevel,
};
use crate::catalogue::{Specialty, SpecialtyCode};
use crate::command::Aggregate;
use crate::documents::{Document, DocumentAction};
use crate::facts::{Fact, Facts};
use crate::ids::{CaseId, CommandId, PatientId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::issues::{Issue, IssueAction};
use crate::patients::{ClinicalPatient, PatientName};
use crate::protocol::records::{CaseRecord, ExpertName, Record, RecordKind, TimelineEntry};
use crate::time::Timestamp;

pub use notifications::NotificationSummary;
pub(crate) use notifications::{notifications, unread_notifications};
pub use patients::PatientSummary;
pub(crate) use patients::{patient, patients, search_patients, summary as patient_summary};

/// Rows of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage<T> {
    pub rows: Vec<T>,
    /// Where the next page begins, to ask for it; `None`: these are the last rows.
    pub next: Option<String>,
}

impl<T> ListPage<T> {
    fn of<E>(rows: Rows, mut row: impl FnMut(Record) -> Result<Option<T>, E>) -> Result<Self, E> {
        let Rows { records, next } = rows;
        let rows = records.into_iter().map(|record| row(record).transpose());
        Ok(Self {
            rows: rows.flatten().collect::<Result<_, _>>()?,
            next: next.map(|place| place.to_string()),
        })
    }
}

/// A row of the case list.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSummary {
    pub case_id: CaseId,
    /// Drawn by the server; `None` until then.
    pub number: Option<String>,
    /// With pending commands applied.
    pub status: CaseStatus,
    /// Set on a case that was withdrawn or cancelled.
    pub closure: Option<Closure>,
    /// Whether the server has all files.
    pub readiness: Readiness,
    pub patient_id: PatientId,
    /// Where this role may see it.
    pub patient_name: Option<PatientName>,
    pub specialty: SpecialtyCode,
    /// The specialty's name; `None` until the catalogue has been received.
    pub specialty_display: Option<String>,
    pub urgency: UrgencyLevel,
    pub submitted_at: Timestamp,
    pub due: Due,
    /// Obligations that were not met by their deadline.
    pub overdue: Vec<Obligation>,
    pub documents: u32,
    pub allowed_actions: Vec<CaseAction>,
    /// Names of commands that wait for the server.
    pub pending: Vec<String>,
}

/// The transfer of a document's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub state: FileState,
    /// Plaintext bytes transferred so far.
    pub transferred: u64,
    pub size: u64,
    /// Failed attempts since the last success.
    pub attempts: u32,
    /// Why it does not get on, since when. Over as soon as it gets further than before.
    pub trouble: Option<Trouble>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DocumentView {
    pub document: Document,
    /// The file on this phone, if it is present or being transferred.
    pub transfer: Option<Transfer>,
    /// What the user may do with it now.
    pub allowed_actions: Vec<DocumentAction>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct IssueView {
    /// With pending commands applied.
    pub issue: Issue,
    /// What the user may do with it now.
    pub allowed_actions: Vec<IssueAction>,
}

/// A case with everything on its screen.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDetail {
    /// The row of the case list.
    pub summary: CaseSummary,
    /// With pending commands applied.
    pub case: Case,
    /// Statuses that the server has confirmed.
    pub timeline: Vec<TimelineEntry>,
    /// For the requester, from Accepted on.
    pub expert: Option<ExpertName>,
    /// The patient's clinical part.
    pub patient: Option<ClinicalPatient>,
    /// The requesting institution, for the expert.
    pub institution_name: Option<String>,
    /// Its documents, oldest first.
    pub documents: Vec<DocumentView>,
    /// The newest version of the opinion.
    pub recommendation: Option<Recommendation>,
    /// Its earlier versions, newest first.
    pub earlier_recommendations: Vec<Recommendation>,
    /// Questions about the opinion, oldest first.
    pub clarifications: Vec<Clarification>,
    /// Assessments of the opinion, oldest first.
    pub feedback: Vec<Feedback>,
    /// The invoice, for the requester.
    pub invoice: Option<Invoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncState {
    /// Offline, and no cycle is running.
    Offline,
    /// Online, and no cycle is running.
    Idle,
    Syncing,
}

/// The sync status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    pub state: SyncState,
    /// When the phone was last up to date with the server.
    pub last_sync_at: Option<Timestamp>,
    /// Commands without an answer.
    pub pending_commands: u32,
    /// Those among them that the server cannot process.
    pub held_commands: u32,
    /// Refused commands that wait for their author.
    pub drafts: u32,
    /// Files being sent.
    pub uploads: TransferTotals,
    /// Files being fetched.
    pub downloads: TransferTotals,
    /// The code of the last error since then.
    pub last_error: Option<String>,
    /// Records that are not shown, or not as they are now: they need a newer app, or the server could not read them.
    pub unreadable_records: u32,
    /// The last complete cycle since the workspace was opened.
    pub last_report: Option<SyncReport>,
}

/// A command that waits for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// The position in the order of sending.
    pub device_seq: u64,
    pub command_id: CommandId,
    /// The operation's name.
    pub command: String,
    /// `None`: of a kind that this build does not know.
    pub aggregate: Option<Aggregate>,
    pub issued_at: Timestamp,
    /// Whether the server may have seen it.
    pub state: OutboxState,
    /// How often it was sent.
    pub attempts: u32,
    /// Why it has not been answered, once it was sent.
    pub trouble: Option<Trouble>,
    /// The earlier command that it waits for.
    pub waits_for: Option<CommandId>,
}

fn pending(conn: &Connection, aggregate: Aggregate) -> Result<Vec<String>, StoreError> {
    let rows = outbox::of_aggregate(conn, aggregate)?;
    Ok(rows.into_iter().map(|row| row.command).collect())
}

fn display(specialties: &[Specialty], code: &SpecialtyCode) -> Option<String> {
    specialties
        .iter()
        .find(|known| known.code == *code)
        .map(|known| known.display.as_str().to_owned())
}

/// Cases, newest first.
pub(crate) fn cases(conn: &Connection, range: &Range) -> Result<ListPage<CaseSummary>, StoreError> {
    let specialties = specialties(conn)?;
    let actor = session::current(conn)?.map(|session| session.actor);
    ListPage::of(lists::page(conn, RecordKind::Case, range)?, |record| {
        let Record::Case(record) = record else {
            return Ok(None);
        };
        let patient = clinical_patient(conn, &record)?;
        summary(conn, &record.case, actor.as_ref(), patient.as_ref(), &specialties).map(Some)
    })
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
    actor: Option<&Actor>,
    patient: Option<&ClinicalPatient>,
    specialties: &[Specialty],
) -> Result<CaseSummary, StoreError> {
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
        overdue: case.overdue.clone(),
        documents: records::count_shown_under(conn, RecordKind::Document, case.id)?,
        allowed_actions: allowed_actions(conn, case, actor)?,
        pending: pending(conn, Aggregate::Case(case.id))?,
    })
}

/// What the actor may do with the case, as far as this phone knows.
fn allowed_actions(
    conn: &Connection,
    case: &Case,
    actor: Option<&Actor>,
) -> Result<Vec<CaseAction>, StoreError> {
    let Some(actor) = actor else {
        return Ok(Vec::new());
    };
    let mut asked = Vec::new();
    // Questions follow an opinion: the list of cases reads none for the others.
    if case.status == CaseStatus::Done {
        for record in records::shown_under(conn, RecordKind::Clarification, case.id)? {
            if let Record::Clarification(clarification) = record {
                asked.push(clarification);
            }
        }
    }
    let facts = Facts {
        clarifications: Fact::Known(asked),
        ..Facts::default()
    };
    Ok(case.allowed_actions(actor, &facts))
}

/// One case with everything on its screen.
pub(crate) fn case(conn: &Connection, id: CaseId) -> Result<Option<CaseDetail>, StoreError> {
    let view = overlay::shown_view(conn, Aggregate::Case(id))?;
    let mut recommendations = view.recommendations.into_values().rev();
    let Some(record) = view.case else { return Ok(None) };
    let patient = clinical_patient(conn, &record)?;
    let actor = session::current(conn)?.map(|session| session.actor);
    let files = files::of_case(conn, id)?;
    let transfer = |document: &Document| {
        files
            .iter()
            .find(|row| row.document_id == document.id)
            .map(transfer_of)
    };
    let documents = view.documents.into_values().map(|document| DocumentView {
        transfer: transfer(&document),
        allowed_actions: actor
            .map(|actor| document.allowed_actions(&record.case, &actor))
            .unwrap_or_default(),
        document,
    });
    let documents: Vec<DocumentView> = documents.collect();
    Ok(Some(CaseDetail {
        summary: summary(
            conn,
            &record.case,
            actor.as_ref(),
            patient.as_ref(),
            &specialties(conn)?,
        )?,
        case: record.case,
        timeline: record.timeline,
        expert: record.expert,
        patient,
        institution_name: record.institution_name,
        documents,
        recommendation: recommendations.next(),
        earlier_recommendations: recommendations.collect(),
        clarifications: oldest_first(view.clarifications, |asked| asked.asked_at),
        feedback: oldest_first(view.feedback, |given| given.given_at),
        invoice: invoice(conn, id)?,
    }))
}

/// The issues of a case, oldest first.
pub(crate) fn issues(conn: &Connection, id: CaseId) -> Result<Vec<IssueView>, StoreError> {
    let view = overlay::shown_view(conn, Aggregate::Case(id))?;
    let actor = session::current(conn)?.map(|session| session.actor);
    let known = view.case.as_ref().zip(actor.as_ref());
    let issues = view.issues.into_values().map(|issue| IssueView {
        allowed_actions: known
            .map(|(record, actor)| issue.allowed_actions(&record.case, actor))
            .unwrap_or_default(),
        issue,
    });
    Ok(issues.collect())
}

/// The records in the order of these times; of one time, in the order of their ids.
fn oldest_first<K, T>(records: BTreeMap<K, T>, at: impl Fn(&T) -> Timestamp) -> Vec<T> {
    let mut records: Vec<T> = records.into_values().collect();
    records.sort_by_key(at);
    records
}

fn transfer_of(row: &FileRow) -> Transfer {
    Transfer {
        state: row.state,
        transferred: row.transferred,
        size: row.size,
        attempts: row.attempts,
        trouble: row.trouble.clone(),
    }
}

/// The opinion on a case.
pub(crate) fn recommendation(conn: &Connection, id: CaseId) -> Result<Option<Recommendation>, StoreError> {
    Ok(overlay::shown_view(conn, Aggregate::Case(id))?.newest_recommendation())
}

/// Invoices and credit notes, newest first.
pub(crate) fn invoices(conn: &Connection, range: &Range) -> Result<ListPage<Invoice>, StoreError> {
    ListPage::of(lists::page(conn, RecordKind::Invoice, range)?, |record| {
        let Record::Invoice(invoice) = record else {
            return Ok(None);
        };
        Ok(Some(invoice))
    })
}

/// Invoices and credit notes of a case, newest first.
pub(crate) fn invoices_of(conn: &Connection, id: CaseId) -> Result<Vec<Invoice>, StoreError> {
    let mut all = Vec::new();
    for received in records::server_under(conn, RecordKind::Invoice, id)? {
        let Record::Invoice(received) = received else {
            continue;
        };
        let shown = records::shown(conn, RecordKind::Invoice, received.id.as_uuid())?;
        if let Some(Record::Invoice(invoice)) = shown {
            all.push(invoice);
        }
    }
    all.sort_by_key(|invoice| std::cmp::Reverse((invoice.issued_at, invoice.id)));
    Ok(all)
}

/// The current invoice of a case: the newest that is not a credit note, even if it was credited since.
pub(crate) fn invoice(conn: &Connection, id: CaseId) -> Result<Option<Invoice>, StoreError> {
    let mut all = invoices_of(conn, id)?.into_iter();
    Ok(all.find(|invoice| !invoice.is_credit_note()))
}

/// A provider's service records, newest first.
pub(crate) fn service_records(
    conn: &Connection,
    range: &Range,
) -> Result<ListPage<ServiceRecord>, StoreError> {
    ListPage::of(lists::page(conn, RecordKind::ServiceRecord, range)?, |record| {
        let Record::ServiceRecord(record) = record else {
            return Ok(None);
        };
        Ok(Some(record))
    })
}

/// The active specialties, by name.
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
    // The rule of [`HeldUp`](crate::protocol::sync::HeldUp), with the command that is waited for.
    let (mut stuck, mut stuck_on) = (BTreeSet::new(), BTreeMap::new());
    let mut waits_for = |row: &OutboxRow| {
        let before = stuck_on.get(&row.aggregate).copied();
        let before = before.or_else(|| row.depends_on.iter().copied().find(|id| stuck.contains(id)));
        if row.trouble.is_some() || before.is_some() {
            stuck.insert(row.command_id);
            stuck_on.entry(row.aggregate.clone()).or_insert(row.command_id);
        }
        before
    };
    let item = |row: &OutboxRow| OutboxItem {
        device_seq: row.device_seq,
        command_id: row.command_id,
        command: row.command.clone(),
        aggregate: Aggregate::of_key(&row.aggregate),
        issued_at: row.issued_at,
        state: row.state,
        attempts: row.attempts,
        trouble: row.trouble.clone(),
        waits_for: waits_for(row),
    };
    Ok(rows.iter().map(item).collect())
}

/// How far phone and server are apart.
pub(crate) fn sync_status(shared: &Shared) -> Result<SyncStatus, StoreError> {
    let Progress {
        online,
        syncing,
        last_report,
        advances: _,
        chat_bytes: _,
        freshness: _,
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
            held_commands: outbox::count_held(conn)?,
            drafts: store::drafts::count(conn)?,
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
