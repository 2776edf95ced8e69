//! Mirrors of core enums. A variant missing here does not compile, so the border cannot fall behind.
//!
//! The only file outside core that may name every case status.

use mso_core::actor::Role;
use mso_core::cases::{
    AdviceKind, Agreement, CaseAction, CaseStatus, Closure, ConsentKind, DiagnosisRank, FeedbackOutcome,
    ManagementChange, Readiness, RejectionReason, UrgencyLevel,
};
use mso_core::catalogue::icd10::Icd10Edition;
use mso_core::client::{Help, OutboxState, Remedy};
use mso_core::documents::DocumentKind;
use mso_core::issues::IssueKind;
use mso_core::patients::{IdentifierKind, Sex, VerificationMethod};

#[uniffi::remote(Enum)]
pub enum Role {
    Requester,
    Provider,
    Admin,
    System,
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
