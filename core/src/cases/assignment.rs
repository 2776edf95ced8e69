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

/// Why an attempt is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentEnd {
    /// Another expert was asked.
    Reassigned,
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
    /// Why.
    pub reason: Reason,
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
}
