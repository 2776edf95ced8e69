//! An assignment: one attempt by one provider. Its id fences that provider's commands (D-14).
//!
//! Not here: who may be assigned (`eligibility.rs`). A row is never changed after `ended_at`.

use serde::{Deserialize, Serialize};

use crate::ids::{AssignmentId, CaseId, ProviderId, UserId};
use crate::text::Reason;
use crate::time::Timestamp;

named! {
    /// How far an attempt has come.
    pub enum AssignmentState {
        /// Awaits the provider's answer.
        Offered = "offered",
        /// Taken.
        Accepted = "accepted",
        /// Being worked on.
        InReview = "in_review",
        /// The recommendation is given. Stays live until the clarification window closes.
        Completed = "completed",
    }
}

named! {
    /// Why an expert declines, as the requester is told (T6).
    pub enum RejectionReason {
        /// Another field of medicine.
        OutOfSpecialty = "out_of_specialty",
        /// The expert is not independent here.
        ConflictOfInterest = "conflict_of_interest",
        /// No time.
        NoCapacity = "no_capacity",
        /// Too little to go on.
        InsufficientInformation = "insufficient_information",
        /// In the expert's own words, which admins read.
        Other = "other",
    }
}

named! {
    /// Why an attempt is over.
    pub enum AssignmentEnd {
        /// Another expert was asked.
        Reassigned = "reassigned",
        /// An admin relieved the expert.
        Unassigned = "unassigned",
        /// The expert declined.
        Rejected = "rejected",
        /// The requester took the case back.
        Withdrawn = "withdrawn",
        /// An admin closed the case.
        Cancelled = "cancelled",
        /// The expert's work is done, and the time for questions over.
        Completed = "completed",
        /// The expert is no longer with us.
        ProviderDeactivated = "provider_deactivated",
    }
}

named! {
    /// A warning that an admin may pass over, with a reason.
    pub enum OverridableRule {
        /// The expert is on leave.
        ProviderOnLeave = "provider_on_leave",
        /// The expert's capacity is used up.
        ProviderFull = "provider_full",
        /// The expert is affiliated with the requesting institution.
        ConflictOfInterest = "conflict_of_interest",
        /// The expert rejected this case before.
        RejectedBefore = "rejected_before",
    }
}

/// A rule passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which rule.
    pub rule: OverridableRule,
    /// Why. Without it the rule is not passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The fencing token.
    pub id: AssignmentId,
    /// Of which case.
    pub case_id: CaseId,
    /// By whom.
    pub provider_id: ProviderId,
    /// The admin.
    pub assigned_by: UserId,
    /// When.
    pub assigned_at: Timestamp,
    /// Rules passed over.
    pub overrides: Vec<Override>,
    /// How far it has come.
    pub state: AssignmentState,
    /// Over since.
    pub ended_at: Option<Timestamp>,
    /// Why it is over.
    pub end_reason: Option<AssignmentEnd>,
}
