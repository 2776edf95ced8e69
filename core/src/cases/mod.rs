//! The case and its lifecycle. Each operation has one file, which holds its complete rule.
//!
//! ```text
//!          submit           assign            accept           start_review       submit_recommendation
//!   (none) ─────▶ New ───────────▶ Assigned ────────▶ Accepted ───────────▶ InProgress ───────▶ Done
//!                  ▲ ◀── unassign ────┴──────────────────┴────────────────────┘            (invoice,
//!                  │                  ▲    reject        │                                  service record)
//!                  │ assign ── Rejected ◀────────────────┘
//!
//!   every status but Done ── report_issue(return) ──▶ Returned ── resubmit, resolve ──▶ the status before
//!   every status but Done ── withdraw, cancel ──▶ closed (`closure`), the status stays
//! ```
//!
//! Issues are in `crate::issues`.

mod accept;
mod actions;
mod add_team_member;
mod amend_recommendation;
mod answer_clarification;
mod assign;
mod assignment;
mod cancel;
mod case;
mod clarification;
mod close_window;
mod deadlines;
mod discard_quarantine;
mod edit_details;
mod eligibility;
mod ending;
mod escalate_clarification;
mod feedback;
mod flag_overdue;
mod give_feedback;
mod mark_entered_in_error;
mod mark_recommendation_read;
mod quarantine;
mod reassign;
mod recommendation;
mod reject;
mod remove_team_member;
mod request;
mod request_cancellation;
mod request_clarification;
mod request_release;
mod resubmit;
mod returning;
mod start_review;
mod submit;
mod submit_recommendation;
#[cfg(test)]
mod tests;
mod unassign;
mod withdraw;

pub use accept::AcceptCase;
pub use actions::CaseAction;
pub use add_team_member::AddTeamMember;
pub use amend_recommendation::AmendRecommendation;
pub use answer_clarification::AnswerClarification;
pub use assign::AssignCase;
pub use assignment::{
    Assignment, AssignmentEnd, AssignmentState, OverridableRule, Override, RejectionReason,
};
pub use cancel::CancelCase;
pub use case::{
    Case, CaseEvent, CaseStatus, Closure, CurrentAssignment, Due, Obligation, PendingResubmission, Readiness,
};
pub use clarification::{Clarification, ClarificationAnswer, ClarificationState, MAX_OPEN_CLARIFICATIONS};
pub use close_window::CloseWindow;
pub use deadlines::{Deadlines, Span, Spans};
pub use discard_quarantine::DiscardQuarantine;
pub use edit_details::EditCaseDetails;
pub use eligibility::{Findings, review};
pub use escalate_clarification::EscalateClarification;
pub use feedback::{Feedback, FeedbackContent, FeedbackOutcome, ManagementChange, Rating};
pub use flag_overdue::FlagOverdue;
pub use give_feedback::GiveFeedback;
pub use mark_entered_in_error::MarkEnteredInError;
pub use mark_recommendation_read::MarkRecommendationRead;
pub use quarantine::Quarantined;
pub use reassign::ReassignCase;
pub use recommendation::{
    Advice, AdviceKind, AdvicePriority, AdvisedMedication, Agreement, Diagnosis, DiagnosisRank,
    EnteredInError, Finding, Icd10Code, Recommendation, RecommendationContent, ReviewedDocument,
};
pub use reject::RejectCase;
pub use remove_team_member::RemoveTeamMember;
pub use request::{
    Allergy, AllergySeverity, CaseRequest, ConsentBasis, ConsentKind, CurrentDiagnosis, CurrentMedication,
    DiagnosisCertainty, History, PregnancyStatus, PreviousOpinion, ServiceType, Urgency, UrgencyLevel,
    Vitals,
};
pub use request_cancellation::RequestCancellation;
pub use request_clarification::RequestClarification;
pub use request_release::RequestRelease;
pub use resubmit::ResubmitCase;
pub(crate) use returning::{files_settled, release, return_case};
pub use start_review::StartReview;
pub use submit::SubmitCase;
pub use submit_recommendation::SubmitRecommendation;
pub use unassign::UnassignCase;
pub use withdraw::WithdrawCase;
