//! Mirrors of core enums, and of one flat record. What is missing here does not compile, so the border cannot fall behind.
//!
//! The only file outside core that may name every case status.

use mso_core::actor::Role;
use mso_core::cases::{
    AdviceKind, AdvicePriority, Agreement, AllergySeverity, CaseAction, CaseStatus, Closure, ConsentKind,
    DiagnosisCertainty, DiagnosisRank, FeedbackOutcome, ManagementChange, Obligation, PregnancyStatus,
    Readiness, RejectionReason, UrgencyLevel, Vitals,
};
use mso_core::catalogue::icd10::Icd10Edition;
use mso_core::chat::Side;
use mso_core::client::chat::transcript::TranscriptKind;
use mso_core::client::{Help, OutboxState, Remedy};
use mso_core::documents::{DocumentAction, DocumentKind};
use mso_core::invoices::{PaymentState, ServiceState};
use mso_core::issues::{IssueAction, IssueKind};
use mso_core::notifications::{NotificationKind, NotificationPriority};
use mso_core::patients::{IdentifierKind, PatientAction, PatientField, Sex, VerificationMethod};
use mso_core::people::{ExceptionKind, Weekday};

#[uniffi::remote(Enum)]
pub enum Role {
    Requester,
    Provider,
    Admin,
    System,
}

/// A side of a chat.
#[uniffi::remote(Enum)]
pub enum Side {
    Requester,
    Expert,
}

/// The form of a chat's transcript.
#[uniffi::remote(Enum)]
pub enum TranscriptKind {
    /// For a verifier: every entry of the log, and what opens the messages that this phone can read.
    Json,
    /// For people: one paragraph for each entry. Proves nothing.
    Text,
}

#[uniffi::remote(Enum)]
pub enum CaseStatus {
    New,
    Assigned,
    Accepted,
    InProgress,
    Rejected,
    Returned,
    Done,
}

#[uniffi::remote(Enum)]
pub enum CaseAction {
    Assign,
    Reassign,
    Unassign,
    Cancel,
    Accept,
    Reject,
    StartReview,
    SubmitRecommendation,
    AmendRecommendation,
    MarkEnteredInError,
    RequestRelease,
    Return,
    ReportIssue,
    AddDocument,
    EditDetails,
    AnswerReturn,
    Withdraw,
    RequestCancellation,
    ChangeTeam,
    GiveFeedback,
    RequestClarification,
    AnswerClarification,
}

#[uniffi::remote(Enum)]
pub enum IssueAction {
    Answer,
    Edit,
    Resolve,
    Delete,
    Reopen,
}

#[uniffi::remote(Enum)]
pub enum DocumentAction {
    Withdraw,
    Strike,
}

#[uniffi::remote(Enum)]
pub enum Closure {
    Withdrawn,
    Cancelled,
}

#[uniffi::remote(Enum)]
pub enum Readiness {
    AwaitingUploads,
    Ready,
}

#[uniffi::remote(Enum)]
pub enum UrgencyLevel {
    Routine,
    Urgent,
}

#[uniffi::remote(Enum)]
pub enum ConsentKind {
    Written,
    Verbal,
    LegalBasis,
}

#[uniffi::remote(Enum)]
pub enum DocumentKind {
    Referral,
    Imaging,
    Lab,
    Pathology,
    Prescription,
    Discharge,
    Consent,
    Photo,
    Report,
    Other,
}

#[uniffi::remote(Enum)]
pub enum IdentifierKind {
    NationalId,
    ResidencePermit,
    Passport,
    Mrn,
    Insurance,
    Other,
}

#[uniffi::remote(Enum)]
pub enum Sex {
    Female,
    Male,
    Other,
    Unknown,
}

#[uniffi::remote(Enum)]
pub enum VerificationMethod {
    DocumentSeen,
    Registry,
    KnownToInstitution,
}

#[uniffi::remote(Enum)]
pub enum Agreement {
    Confirmed,
    Refined,
    Changed,
    Undetermined,
}

#[uniffi::remote(Enum)]
pub enum DiagnosisRank {
    Primary,
    Secondary,
}

#[uniffi::remote(Enum)]
pub enum AdviceKind {
    Investigation,
    Treatment,
    Referral,
    FollowUp,
    Lifestyle,
    Surgery,
    NoChange,
}

#[uniffi::remote(Enum)]
pub enum RejectionReason {
    OutOfSpecialty,
    ConflictOfInterest,
    NoCapacity,
    InsufficientInformation,
    Other,
}

#[uniffi::remote(Enum)]
pub enum IssueKind {
    Return,
    Quality,
    Technical,
    Compliance,
    Release,
    CancelRequest,
    Other,
}

#[uniffi::remote(Enum)]
pub enum FeedbackOutcome {
    Followed,
    Partly,
    NotFollowed,
    Undecided,
}

#[uniffi::remote(Enum)]
pub enum ManagementChange {
    Yes,
    No,
    Undecided,
}

#[uniffi::remote(Enum)]
pub enum Icd10Edition {
    Who2019,
    Cm2026,
}

#[uniffi::remote(Enum)]
pub enum OutboxState {
    Waiting,
    Sent,
    Held,
}

#[uniffi::remote(Enum)]
pub enum Remedy {
    SendAgain,
    Change,
    UseExistingPatient,
    ResolveConflict,
}

#[uniffi::remote(Enum)]
pub enum Help {
    Wait,
    OtherNetwork,
    SignIn,
    UpdateApp,
    FreeSpace,
    AttachAgain,
    AskSupport,
}

#[uniffi::remote(Enum)]
pub enum AdvicePriority {
    Routine,
    Urgent,
    Stat,
}

#[uniffi::remote(Enum)]
pub enum AllergySeverity {
    Mild,
    Moderate,
    Severe,
}

#[uniffi::remote(Enum)]
pub enum DiagnosisCertainty {
    Confirmed,
    Provisional,
    Differential,
}

#[uniffi::remote(Enum)]
pub enum Obligation {
    Accept,
    Start,
    Finish,
    Answer,
    Read,
}

#[uniffi::remote(Enum)]
pub enum PregnancyStatus {
    Pregnant,
    NotPregnant,
    Unknown,
}

#[uniffi::remote(Record)]
pub struct Vitals {
    pub systolic: Option<u16>,
    pub diastolic: Option<u16>,
    pub heart_rate: Option<u16>,
    pub respiratory_rate: Option<u16>,
    pub temperature_tenths: Option<u16>,
    pub oxygen_saturation: Option<u8>,
    pub weight_grams: Option<u32>,
    pub height_millimetres: Option<u16>,
}

#[uniffi::remote(Enum)]
pub enum NotificationKind {
    CaseReady,
    CaseRejected,
    ReleaseRequested,
    CancellationRequested,
    ClarificationEscalated,
    InvoiceFlagged,
    PurgeUnconfirmed,
    CaseAssigned,
    CaseReassigned,
    CaseUnassigned,
    CaseAccepted,
    CaseUnderReview,
    CaseBeingReassigned,
    CaseReturned,
    CaseNoLongerReturned,
    CaseResubmitted,
    CaseClosed,
    CaseDetailsEdited,
    IssueReported,
    IssueAnswered,
    IssueResolved,
    DocumentAdded,
    DocumentInfected,
    RecommendationGiven,
    RecommendationAmended,
    RecommendationEnteredInError,
    InvoiceIssued,
    ClarificationRequested,
    ClarificationAnswered,
    FeedbackGiven,
    AcceptOverdue,
    StartOverdue,
    FinishOverdue,
    AnswerOverdue,
    ReadOverdue,
}

#[uniffi::remote(Enum)]
pub enum NotificationPriority {
    Normal,
    High,
}

#[uniffi::remote(Enum)]
pub enum PaymentState {
    Open,
    Partly,
    Paid,
    WrittenOff,
}

#[uniffi::remote(Enum)]
pub enum ServiceState {
    Recorded,
    Approved,
    Settled,
}

#[uniffi::remote(Enum)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[uniffi::remote(Enum)]
pub enum ExceptionKind {
    Leave,
    Extra,
}

#[uniffi::remote(Enum)]
pub enum PatientAction {
    SubmitCase,
    Verify,
    Edit,
    DismissDuplicate,
    Deactivate,
    Reactivate,
}

#[uniffi::remote(Enum)]
pub enum PatientField {
    Identifiers,
    Name,
    BirthDate,
    Sex,
    Nationality,
    Country,
    Phone,
    Email,
    Address,
    PreferredLanguage,
    Guardian,
}
