//! An assignment: one attempt by one provider. Its id fences that provider's commands (D-14).
//!
//! Not here: who may be assigned (`eligibility.rs`). A row is never changed after `ended_at`.

use serde::{Deserialize, Serialize};

use crate::ids::{AssignmentId, CaseId, ProviderId, UserId};
use crate::text::Reason;
use crate::time::Timestamp;

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentState {
    /// Awaits the provider's answer.
    Offered,
    /// Taken.
    Accepted,
    /// Being worked on.
    InReview,
    /// The recommendation is given. Stays live until the clarification window closes.
    Completed,
}

/// Why an expert declines, as the requester is told (T6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// Another field of medicine.
    OutOfSpecialty,
    /// The expert is not independent here.
    ConflictOfInterest,
    /// No time.
    NoCapacity,
    /// Too little to go on.
    InsufficientInformation,
    /// In the expert's own words, which admins read.
    Other,
}

impl RejectionReason {
    /// The name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfSpecialty => "out_of_specialty",
            Self::ConflictOfInterest => "conflict_of_interest",
            Self::NoCapacity => "no_capacity",
            Self::InsufficientInformation => "insufficient_information",
            Self::Other => "other",
        }
    }
}

/// Why an attempt is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentEnd {
    /// Another expert was asked.
    Reassigned,
    /// An admin relieved the expert.
    Unassigned,
    /// The expert declined.
    Rejected,
    /// The requester took the case back.
    Withdrawn,
    /// An admin closed the case.
    Cancelled,
    /// The expert's work is done, and the time for questions over.
    Completed,
    /// The expert is no longer with us.
    ProviderDeactivated,
}

impl AssignmentState {
    /// The name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::InReview => "in_review",
            Self::Completed => "completed",
        }
    }
}

impl AssignmentEnd {
    /// The name as stored and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reassigned => "reassigned",
            Self::Unassigned => "unassigned",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::ProviderDeactivated => "provider_deactivated",
        }
    }
}

/// A warning that an admin may pass over, with a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverridableRule {
    /// The expert is on leave.
    ProviderOnLeave,
    /// The expert's capacity is used up.
    ProviderFull,
    /// The expert is affiliated with the requesting institution.
    ConflictOfInterest,
    /// The expert rejected this case before.
    RejectedBefore,
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
