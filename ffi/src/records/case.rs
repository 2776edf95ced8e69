//! Cases.

use std::time::SystemTime;

use mso_core::cases::{CaseAction, CaseStatus, Closure, ConsentKind, Readiness, UrgencyLevel};
use mso_core::ids::{CaseId, DocumentId, IssueId, PatientId};
use mso_core::issues::IssueKind;
use mso_core::patients::Sex;

use super::billing::InvoiceView;
use super::document::DocumentItem;
use super::opinion::RecommendationView;
use crate::text::EnteredText;

/// A case to be submitted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewCase {
    /// Made by `Cases::new_id` when the form opens, and kept until the case is submitted: the same form sent twice makes one
    /// case. A draft keeps the id that it has.
    pub case_id: CaseId,
    /// A verified patient.
    pub patient_id: PatientId,
    pub request: CaseRequest,
    /// Files staged before.
    pub documents: Vec<DocumentId>,
}

/// What is asked of the expert, as entered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseRequest {
    /// A code of the catalogue.
    pub specialty: EnteredText,
    pub urgency: UrgencyLevel,
    /// Needed when urgent, at least ten characters.
    pub urgency_reason: Option<EnteredText>,
    /// 20 to 4,000 characters.
    pub clinical_question: EnteredText,
    pub present_illness: Option<EnteredText>,
    pub past_medical: Option<EnteredText>,
    pub treatment_so_far: Option<EnteredText>,
    /// The first opinion.
    pub previous_opinion: Option<EnteredText>,
    /// How consent was given.
    pub consent_kind: ConsentKind,
    /// Who obtained it.
    pub consent_obtained_by: EnteredText,
    /// When; not in the future.
    pub consent_obtained_at: SystemTime,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseSummary {
    pub case_id: CaseId,
    /// Drawn by the server; absent until then.
    pub number: Option<String>,
    pub patient_id: PatientId,
    /// Where this role may see it.
    pub patient_name: Option<String>,
    pub specialty: String,
    pub urgency: UrgencyLevel,
    /// Where it stands, pending commands included.
    pub status: CaseStatus,
    /// Set on a case that was withdrawn or cancelled.
    pub closure: Option<Closure>,
    /// Whether all files have arrived.
    pub readiness: Readiness,
    /// When it was submitted.
    pub submitted_at: SystemTime,
    pub due: Due,
    pub document_count: u32,
    /// Names of commands that wait to be sent: "accepted, waiting to send".
    pub pending: Vec<String>,
    /// What this user may do now.
    pub allowed_actions: Vec<CaseAction>,
}

/// Cases of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CasePage {
    pub cases: Vec<CaseSummary>,
    /// To ask for the page after this one; absent on the last.
    pub next: Option<String>,
}

/// Deadlines of the open obligations. A missed one never changes the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Due {
    /// The expert accepts or rejects.
    pub accept_by: Option<SystemTime>,
    /// The expert starts the review.
    pub start_by: Option<SystemTime>,
    /// The expert submits the recommendation.
    pub finish_by: Option<SystemTime>,
    /// The requester answers a returned case.
    pub answer_by: Option<SystemTime>,
    /// The requester reads the recommendation.
    pub read_by: Option<SystemTime>,
    /// Since when the expert's deadlines are paused because the case is returned.
    pub paused_at: Option<SystemTime>,
}

/// A status reached.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TimelineStep {
    pub status: CaseStatus,
    /// When, by the server's clock.
    pub at: SystemTime,
}

/// A case's screen.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseDetail {
    /// The row of the list.
    pub summary: CaseSummary,
    pub clinical_question: String,
    pub present_illness: Option<String>,
    pub past_medical: Option<String>,
    pub treatment_so_far: Option<String>,
    /// The first opinion.
    pub previous_opinion: Option<String>,
    /// Statuses reached, oldest first.
    pub timeline: Vec<TimelineStep>,
    /// Who the expert is, for a requester from Accepted on.
    pub expert_name: Option<String>,
    /// Who asks, for an expert.
    pub institution_name: Option<String>,
    pub patient_birth_date: Option<String>,
    pub patient_sex: Option<Sex>,
    pub documents: Vec<DocumentItem>,
    /// The opinion, when there is one.
    pub recommendation: Option<RecommendationView>,
    /// The invoice, for a requester after Done.
    pub invoice: Option<InvoiceView>,
}

/// An issue of a case.
#[derive(Debug, Clone, uniffi::Record)]
pub struct IssueItem {
    /// The id, to answer by.
    pub id: IssueId,
    pub kind: IssueKind,
    /// What it says; absent once it was removed.
    pub text: Option<String>,
    /// `open`, `answered`, `resolved`, `deleted`.
    pub state: String,
    /// Whether the case waits for an answer to it.
    pub awaits_answer: bool,
    /// How many answers it has.
    pub answers: u32,
}
