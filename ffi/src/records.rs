//! Flat records, named for what a screen shows. Not here: how they are filled (`views.rs`).

use std::time::SystemTime;

use mso_core::actor::Role;
use mso_core::cases::{
    AdviceKind, Agreement, CaseAction, CaseStatus, ConsentKind, DiagnosisRank, Readiness, UrgencyLevel,
};
use mso_core::documents::DocumentKind;
use mso_core::ids::{CaseId, DocumentId, IssueId, PatientId, ProviderId, RecommendationId, UserId};
use mso_core::issues::IssueKind;
use mso_core::patients::{IdentifierKind, Sex};

use crate::money::Amount;

/// How to open a workspace.
#[derive(Debug, Clone, uniffi::Record)]
pub struct WorkspaceOptions {
    /// A folder of the app's own, not backed up.
    pub directory: String,
    /// `https://mso.example`
    pub server_url: String,
    /// `android`, `ios`, `linux`
    pub platform: String,
    /// The app's version.
    pub app_version: String,
    /// As the user knows the phone.
    pub device_name: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SessionSummary {
    /// The user.
    pub user_id: UserId,
    /// As shown.
    pub display_name: String,
    /// Decides which screens there are.
    pub role: Role,
}

/// A patient as typed in.
#[derive(Debug, Clone, uniffi::Record)]
pub struct NewPatient {
    /// Family name, or the only name.
    pub family_name: String,
    /// Given names.
    pub given_name: Option<String>,
    /// `1958`, `1958-04` or `1958-04-17`.
    pub birth_date: String,
    /// Administrative sex.
    pub sex: Sex,
    /// At most eight.
    pub identifiers: Vec<PatientIdentifier>,
    /// Needed when there is no identifier.
    pub no_identifier_reason: Option<String>,
    /// BCP 47.
    pub preferred_language: Option<String>,
}

/// A number that somebody gave the patient.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PatientIdentifier {
    /// What it is.
    pub kind: IdentifierKind,
    /// ISO 3166-1 alpha-2 country, or the institution.
    pub issuer: String,
    /// The number.
    pub number: String,
}

/// A patient in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PatientSummary {
    /// The id.
    pub patient_id: PatientId,
    /// As shown.
    pub display_name: String,
    /// `1958`, `1958-04` or `1958-04-17`.
    pub birth_date: String,
    /// Administrative sex.
    pub sex: Sex,
    /// Identity attested.
    pub verified: bool,
    /// May be used for new cases.
    pub active: bool,
    /// Names of commands that wait to be sent.
    pub pending: Vec<String>,
}

/// A case as filled in.
#[derive(Debug, Clone, uniffi::Record)]
pub struct NewCase {
    /// A verified patient.
    pub patient_id: PatientId,
    /// A code of the catalogue.
    pub specialty: String,
    /// How soon.
    pub urgency: UrgencyLevel,
    /// Needed when urgent, at least ten characters.
    pub urgency_reason: Option<String>,
    /// 20 to 4,000 characters.
    pub clinical_question: String,
    /// The present illness.
    pub present_illness: Option<String>,
    /// Earlier illnesses.
    pub past_medical: Option<String>,
    /// Treatment up to now.
    pub treatment_so_far: Option<String>,
    /// The first opinion.
    pub previous_opinion: Option<String>,
    /// How consent was given.
    pub consent_kind: ConsentKind,
    /// Who obtained it.
    pub consent_obtained_by: String,
    /// When; not in the future.
    pub consent_obtained_at: SystemTime,
    /// Files staged before.
    pub documents: Vec<DocumentId>,
}

/// A file taken into the encrypted store, not yet part of a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StagedFile {
    /// The id.
    pub document_id: DocumentId,
    /// As found in the bytes.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseSummary {
    /// The id.
    pub case_id: CaseId,
    /// Drawn by the server; absent until then.
    pub number: Option<String>,
    /// As shown.
    pub patient_name: Option<String>,
    /// As shown.
    pub specialty: String,
    /// How soon.
    pub urgency: UrgencyLevel,
    /// Where it stands, pending commands included.
    pub status: CaseStatus,
    /// Whether all files have arrived.
    pub readiness: Readiness,
    /// When it was submitted.
    pub submitted_at: SystemTime,
    /// How many documents it has.
    pub document_count: u32,
    /// Names of commands that wait to be sent: "accepted, waiting to send".
    pub pending: Vec<String>,
    /// What this user may do now.
    pub allowed_actions: Vec<CaseAction>,
}

/// A status reached.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TimelineStep {
    /// The status.
    pub status: CaseStatus,
    /// When, by the server's clock.
    pub at: SystemTime,
}

/// How far a file's transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TransferState {
    /// Not on this phone, and not on its way.
    Absent,
    /// Staged or waiting for the case to be known to the server.
    Waiting,
    /// On its way to the server.
    Uploading,
    /// With the server.
    Uploaded,
    /// On its way to this phone.
    Downloading,
    /// On this phone, whole and hash-checked.
    Present,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DocumentItem {
    /// The id.
    pub document_id: DocumentId,
    /// As shown.
    pub title: String,
    /// As it was called.
    pub file_name: String,
    /// What it shows.
    pub kind: DocumentKind,
    /// IANA media type.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// As declared, 64 hexadecimal digits.
    pub sha256: String,
    /// The server has it, whole and hash-checked.
    pub stored: bool,
    /// Came after the recommendation.
    pub after_opinion: bool,
    /// This phone's part.
    pub transfer: TransferState,
    /// Bytes transferred so far.
    pub transferred: u64,
}

/// A case's screen.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseDetail {
    /// The row of the list.
    pub summary: CaseSummary,
    /// The question.
    pub clinical_question: String,
    /// The present illness.
    pub present_illness: Option<String>,
    /// Earlier illnesses.
    pub past_medical: Option<String>,
    /// Treatment up to now.
    pub treatment_so_far: Option<String>,
    /// The first opinion.
    pub previous_opinion: Option<String>,
    /// Statuses reached, oldest first.
    pub timeline: Vec<TimelineStep>,
    /// Who the expert is, for a requester from Accepted on.
    pub expert_name: Option<String>,
    /// Who asks, for an expert.
    pub institution_name: Option<String>,
    /// Birth date as shown.
    pub patient_birth_date: Option<String>,
    /// Administrative sex.
    pub patient_sex: Option<Sex>,
    /// Files.
    pub documents: Vec<DocumentItem>,
    /// The opinion, when there is one.
    pub recommendation: Option<RecommendationView>,
    /// The invoice, for a requester after Done.
    pub invoice: Option<InvoiceView>,
}

/// A diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DiagnosisItem {
    /// ICD-10 with dot.
    pub icd10: Option<String>,
    /// In words.
    pub text: String,
    /// Exactly one is primary.
    pub rank: DiagnosisRank,
    /// Against the referring diagnosis.
    pub agreement: Agreement,
}

/// One advised step.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AdviceItem {
    /// What kind.
    pub kind: AdviceKind,
    /// What to do.
    pub text: String,
    /// Within what time.
    pub timeframe: Option<String>,
}

/// One advised medicine.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MedicationItem {
    /// What.
    pub name: String,
    /// How much, with unit.
    pub dose: String,
    /// By which way.
    pub route: String,
    /// How often.
    pub frequency: String,
    /// How long.
    pub duration: Option<String>,
}

/// An opinion as written. The documents on this phone are listed as reviewed by the core itself.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Opinion {
    /// 20 to 10,000 characters.
    pub brief_history: String,
    /// 20 to 20,000 characters.
    pub assessment: String,
    /// 1 to 10, exactly one primary.
    pub diagnosis: Vec<DiagnosisItem>,
    /// 1 to 30.
    pub recommendations: Vec<AdviceItem>,
    /// 0 to 30.
    pub medications: Vec<MedicationItem>,
    /// The direct answer.
    pub answer_to_question: String,
    /// What the opinion cannot say.
    pub limitations: Option<String>,
    /// "Contact now".
    pub urgency_flag: bool,
    /// Independence and licence, stated by the expert. Must be true.
    pub declaration: bool,
}

/// An opinion as given.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecommendationView {
    /// The id.
    pub recommendation_id: RecommendationId,
    /// From 1.
    pub version: u32,
    /// The author's profile.
    pub author: ProviderId,
    /// When the server took it.
    pub signed_at: SystemTime,
    /// What it says.
    pub opinion: Opinion,
    /// Comments on single documents.
    pub findings: Vec<String>,
    /// Literature.
    pub references: Vec<String>,
    /// How many documents the expert had on the phone.
    pub reviewed_documents: u32,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InvoiceView {
    /// Series and gapless number.
    pub number: String,
    /// When.
    pub issued_at: SystemTime,
    /// Before tax.
    pub net: Amount,
    /// Tax.
    pub tax: Amount,
    /// To be paid.
    pub gross: Amount,
}

/// What a provider did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceRecordItem {
    /// The case's number.
    pub case_number: String,
    /// What was done.
    pub service_code: String,
    /// When.
    pub performed_at: SystemTime,
    /// The own fee, where configured.
    pub fee: Option<Amount>,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum NoticeKind {
    /// The server refused a command.
    CommandRefused,
    /// A case left this phone: it was given to a colleague.
    CaseGivenAway,
}

/// Something the user must know: a refusal, or a case that went to a colleague.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Notice {
    /// To mark it read with.
    pub id: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// The refusal's code, or the reason a case was removed.
    pub code: String,
    /// The refused command's name.
    pub command: Option<String>,
    /// The case, where there is one.
    pub case_id: Option<CaseId>,
    /// The case's number, where known.
    pub case_number: Option<String>,
    /// When, by this phone's clock.
    pub at: SystemTime,
    /// Seen by the user.
    pub read: bool,
}

/// A field of medicine.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SpecialtyItem {
    /// The code.
    pub code: String,
    /// As shown.
    pub display: String,
}

/// What the sync does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SyncState {
    /// Switched off, or no network.
    Offline,
    /// Nothing to do.
    Idle,
    /// At work.
    Syncing,
}

/// The one status line users can trust.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncStatus {
    /// What it does.
    pub state: SyncState,
    /// The last complete round.
    pub last_sync_at: Option<SystemTime>,
    /// Commands that wait.
    pub pending_commands: u32,
    /// Files that wait or are on their way up.
    pub pending_uploads: u32,
    /// Their bytes that the server does not have yet.
    pub pending_upload_bytes: u64,
    /// Files that wait or are on their way down.
    pub pending_downloads: u32,
    /// The last error's code.
    pub last_error: Option<String>,
}

/// A command in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OutboxItem {
    /// The command's id.
    pub command_id: String,
    /// The command's name.
    pub command: String,
    /// When it was made.
    pub issued_at: SystemTime,
    /// Sent at least once, answer unknown.
    pub sent: bool,
}

/// What one round of sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Commands the server applied.
    pub applied: u32,
    /// Commands the server refused.
    pub refused: u32,
    /// Records received.
    pub records: u32,
    /// Files sent whole.
    pub uploaded: u32,
    /// Files received whole.
    pub downloaded: u32,
    /// Files that did not get on; each says why.
    pub failed: u32,
}

/// An issue of a case.
#[derive(Debug, Clone, uniffi::Record)]
pub struct IssueItem {
    /// The id, to answer by.
    pub id: IssueId,
    /// What it is about.
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
