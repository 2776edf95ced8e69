//! Cases.

use std::time::SystemTime;

use mso_core::actor::Role;
use mso_core::cases::{
    AllergySeverity, CaseAction, CaseStatus, Closure, ConsentKind, DiagnosisCertainty, DiagnosisRank,
    Obligation, PregnancyStatus, Readiness, RejectionReason, UrgencyLevel, Vitals,
};
use mso_core::documents::DocumentKind;
use mso_core::ids::{CaseId, ClarificationId, DocumentId, IssueId, PatientId, UserId};
use mso_core::issues::{IssueAction, IssueKind};
use mso_core::patients::Sex;
use serde::{Deserialize, Serialize};

use super::billing::InvoiceView;
use super::document::DocumentItem;
use super::opinion::{Feedback, RecommendationView};
use crate::text::EnteredText;

/// A case to be submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct NewCase {
    /// Made by `Cases::new_id` when the form opens, and kept until the case is submitted: the same form sent twice makes one
    /// case. A draft keeps the id that it has.
    pub case_id: CaseId,
    /// A verified patient.
    pub patient_id: PatientId,
    pub request: CaseRequest,
    /// Files staged before.
    #[serde(default)]
    pub documents: Vec<DocumentId>,
}

/// What is asked of the expert, as entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct CaseRequest {
    /// A code of the catalogue.
    pub specialty: EnteredText,
    #[uniffi(default = None)]
    pub subspecialty: Option<EnteredText>,
    pub urgency: UrgencyLevel,
    /// Needed when urgent, at least ten characters.
    pub urgency_reason: Option<EnteredText>,
    /// 20 to 4,000 characters.
    pub clinical_question: EnteredText,
    pub present_illness: Option<EnteredText>,
    pub past_medical: Option<EnteredText>,
    #[uniffi(default = None)]
    pub surgical: Option<EnteredText>,
    #[uniffi(default = None)]
    pub family: Option<EnteredText>,
    /// Occupation, habits, living conditions.
    #[uniffi(default = None)]
    pub social: Option<EnteredText>,
    /// What the patient takes.
    #[serde(default)]
    #[uniffi(default = [])]
    pub medications: Vec<CurrentMedicationItem>,
    #[serde(default)]
    #[uniffi(default = [])]
    pub allergies: Vec<AllergyItem>,
    /// Stated, not only unknown. Not together with an allergy.
    #[serde(default)]
    #[uniffi(default = false)]
    pub no_known_allergies: bool,
    #[uniffi(default = None)]
    pub vitals: Option<Vitals>,
    /// Absent where it does not apply.
    #[uniffi(default = None)]
    pub pregnancy_status: Option<PregnancyStatus>,
    /// At most ten, of which at most one is primary.
    #[serde(default)]
    #[uniffi(default = [])]
    pub current_diagnosis: Vec<CurrentDiagnosisItem>,
    /// Differential diagnoses, as free text.
    #[uniffi(default = None)]
    pub differential: Option<EnteredText>,
    pub treatment_so_far: Option<EnteredText>,
    /// The first opinion.
    pub previous_opinion: Option<EnteredText>,
    /// Who gave it.
    #[uniffi(default = None)]
    pub previous_opinion_source: Option<EnteredText>,
    /// When: a year, a month or a day, `2026-04`.
    #[uniffi(default = None)]
    pub previous_opinion_date: Option<EnteredText>,
    /// Files of the case that contain it.
    #[serde(default)]
    #[uniffi(default = [])]
    pub previous_opinion_documents: Vec<DocumentId>,
    /// The earlier case that this one follows.
    #[uniffi(default = None)]
    pub follows_case: Option<CaseId>,
    /// How consent was given.
    pub consent_kind: ConsentKind,
    /// Who obtained it.
    pub consent_obtained_by: EnteredText,
    /// When; not in the future.
    pub consent_obtained_at: SystemTime,
    /// The file that proves it.
    #[uniffi(default = None)]
    pub consent_document: Option<DocumentId>,
}

/// A medicine that the patient takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct CurrentMedicationItem {
    pub name: EnteredText,
    pub dose: Option<EnteredText>,
    pub frequency: Option<EnteredText>,
    pub route: Option<EnteredText>,
    /// A year, a month or a day, `2026-04`.
    pub since: Option<EnteredText>,
}

/// A substance that the patient does not tolerate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct AllergyItem {
    pub substance: EnteredText,
    pub reaction: Option<EnteredText>,
    pub severity: Option<AllergySeverity>,
}

/// A diagnosis at the time of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
pub struct CurrentDiagnosisItem {
    /// ICD-10 with dot.
    pub icd10: Option<EnteredText>,
    pub text: EnteredText,
    pub rank: DiagnosisRank,
    pub certainty: DiagnosisCertainty,
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
    /// What was not done by its deadline.
    #[uniffi(default = [])]
    pub overdue: Vec<Obligation>,
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
    /// What is asked, whole: to show it, and to edit it.
    pub request: CaseRequest,
    /// Statuses reached, oldest first.
    pub timeline: Vec<TimelineStep>,
    /// Who the expert is, for a requester from Accepted on.
    pub expert_name: Option<String>,
    /// Who asks, for an expert.
    pub institution_name: Option<String>,
    pub patient_birth_date: Option<String>,
    pub patient_sex: Option<Sex>,
    pub documents: Vec<DocumentItem>,
    /// The opinion, when there is one: its newest version.
    pub recommendation: Option<RecommendationView>,
    /// Its earlier versions, newest first.
    #[uniffi(default = [])]
    pub earlier_recommendations: Vec<RecommendationView>,
    /// Questions about the opinion, oldest first.
    #[uniffi(default = [])]
    pub clarifications: Vec<ClarificationItem>,
    /// Assessments of the opinion, oldest first.
    #[uniffi(default = [])]
    pub feedback: Vec<FeedbackItem>,
    /// The invoice, for a requester after Done.
    pub invoice: Option<InvoiceView>,
    /// Why the last expert declined, while nobody else has the case.
    #[uniffi(default = None)]
    pub rejection: Option<RejectionReason>,
    /// It was sent back to the expert, and goes there when its files have arrived.
    #[uniffi(default = false)]
    pub resubmission_pending: bool,
    /// The requester's users on the case.
    #[uniffi(default = [])]
    pub team: Vec<UserId>,
    /// Why it was withdrawn or cancelled.
    #[uniffi(default = None)]
    pub closure_reason: Option<String>,
    /// When the requester read the opinion.
    #[uniffi(default = None)]
    pub read_at: Option<SystemTime>,
    /// Until when questions about the opinion can be asked.
    #[uniffi(default = None)]
    pub window_ends_at: Option<SystemTime>,
}

/// A question about the opinion.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClarificationItem {
    /// The id, to answer by.
    pub id: ClarificationId,
    pub text: String,
    pub asked_by: UserId,
    pub asked_at: SystemTime,
    /// When the admins were told that nobody answers.
    pub escalated_at: Option<SystemTime>,
    pub answer: Option<String>,
    pub answered_at: Option<SystemTime>,
}

/// What an institution said of one version of the opinion.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FeedbackItem {
    pub recommendation_version: u32,
    pub given_by: UserId,
    pub given_at: SystemTime,
    pub feedback: Feedback,
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
    /// Answers, oldest first.
    #[uniffi(default = [])]
    pub answers: Vec<IssueAnswerItem>,
    /// Kinds of file that are asked for.
    #[uniffi(default = [])]
    pub wanted_items: Vec<DocumentKind>,
    /// Who reported it; absent for a reader who may not know.
    #[uniffi(default = None)]
    pub author: Option<UserId>,
    pub author_role: Role,
    pub created_at: SystemTime,
    /// Earlier texts, oldest first.
    #[uniffi(default = [])]
    pub earlier_texts: Vec<IssueEditItem>,
    /// When it was resolved or removed.
    #[uniffi(default = None)]
    pub settled_at: Option<SystemTime>,
    /// What was said when it was resolved.
    #[uniffi(default = None)]
    pub note: Option<String>,
    /// What this user may do with it now.
    #[uniffi(default = [])]
    pub allowed_actions: Vec<IssueAction>,
}

/// An answer to an issue: words, files of the case, or both.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct IssueAnswerItem {
    pub by: UserId,
    pub at: SystemTime,
    pub text: Option<String>,
    pub document_ids: Vec<DocumentId>,
}

/// A text of an issue that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct IssueEditItem {
    /// When it was replaced.
    pub at: SystemTime,
    pub text: String,
}
