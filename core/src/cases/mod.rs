//! The case and its lifecycle. One file an operation; each is the whole rule on one page.
//!
//! ```text
//!          submit            assign             accept            start_review        submit_recommendation
//!   (none) ──────▶ New ─────────────▶ Assigned ─────────▶ Accepted ─────────▶ InProgress ─────────▶ Done
//!                                        ▲                   │                   │                (invoice,
//!                                        └───────────────────┴───────────────────┘             service record)
//!                                                      reassign
//! ```
//!
//! `Rejected` and `Returned` are in the status set, and every rule here answers for them; the commands that lead
//! there are not built yet. Not here: storage, numbers, money.

mod accept;
mod assign;
mod assignment;
mod case;
mod deadlines;
mod eligibility;
mod reassign;
mod recommendation;
mod request;
mod start_review;
mod submit;
mod submit_recommendation;
#[cfg(test)]
mod tests;

pub use accept::AcceptCase;
pub use assign::AssignCase;
pub use assignment::{Assignment, AssignmentEnd, AssignmentState, OverridableRule, Override};
pub use case::{Case, CaseAction, CaseEvent, CaseStatus, Closure, CurrentAssignment, Due, Readiness};
pub use reassign::ReassignCase;
pub use recommendation::{
    Advice, AdviceKind, AdvisedMedication, Agreement, Diagnosis, DiagnosisRank, Finding, Icd10Code,
    Recommendation, RecommendationContent, ReviewedDocument,
};
pub use request::{
    Allergy, CaseRequest, ConsentBasis, ConsentKind, CurrentMedication, History, PreviousOpinion,
    ServiceType, Urgency, UrgencyLevel,
};
pub use start_review::StartReview;
pub use submit::SubmitCase;
pub use submit_recommendation::SubmitRecommendation;
