//! An assignment: one attempt by one provider. Its id is the fencing token for that provider's commands
//! (D-14).
//!
//! A row is never changed after `ended_at`. Who may be assigned is in `eligibility.rs`.

use serde::{Deserialize, Serialize};

use crate::ids::{AssignmentId, CaseId, ProviderId, UserId};
use crate::text::Reason;
use crate::time::Timestamp;

named! {
    /// Progress of an assignment.
    pub enum AssignmentState {
        /// Waits for the provider's answer.
        Offered = "offered",
        Accepted = "accepted",
        InReview = "in_review",
        /// The recommendation was submitted. The assignment stays live until the clarification window closes.
        Completed = "completed",
    }
}

named! {
    /// Why an expert rejects a case, as shown to the requester (T6).
    pub enum RejectionReason {
        OutOfSpecialty = "out_of_specialty",
        ConflictOfInterest = "conflict_of_interest",
        NoCapacity = "no_capacity",
        InsufficientInformation = "insufficient_information",
        /// Explained in the expert's own words, which only admins read.
        Other = "other",
    }
}

named! {
    /// Why an assignment ended.
    pub enum AssignmentEnd {
        /// An admin assigned another expert.
        Reassigned = "reassigned",
        /// An admin removed the expert from the case.
        Unassigned = "unassigned",
        Rejected = "rejected",
        /// The requester withdrew the case.
        Withdrawn = "withdrawn",
        /// An admin cancelled the case.
        Cancelled = "cancelled",
        /// The recommendation was submitted and the clarification window has closed.
        Completed = "completed",
        /// The expert's account was deactivated.
        ProviderDeactivated = "provider_deactivated",
    }
}

named! {
    /// A warning that an admin may override with a reason.
    pub enum OverridableRule {
        ProviderOnLeave = "provider_on_leave",
        /// The expert has no free capacity.
        ProviderFull = "provider_full",
        ConflictOfInterest = "conflict_of_interest",
        /// The expert rejected this case earlier.
        RejectedBefore = "rejected_before",
    }
}

/// An overridden warning and the admin's reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub rule: OverridableRule,
    /// Without a reason the warning is not overridden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub id: AssignmentId,
    pub case_id: CaseId,
    pub provider_id: ProviderId,
    pub assigned_by: UserId,
    pub assigned_at: Timestamp,
    pub overrides: Vec<Override>,
    pub state: AssignmentState,
    /// `None` while the assignment is live.
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<AssignmentEnd>,
}
