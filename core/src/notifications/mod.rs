//! The notification catalogue. A rule lists the notifications in its decision; the server writes one row per
//! recipient in the same transaction.
//!
//! The invariant: a notification contains ids and an event type, never content of a case (D-24).

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, InvoiceId, NotificationId, ProviderId};
use crate::time::Timestamp;

mod mark_read;

pub use mark_read::MarkNotificationRead;

named! {
    /// The event that a notification reports.
    pub enum NotificationKind {
        /// All files of a new case are uploaded.
        CaseReady = "case_ready",
        /// An expert rejected a case.
        CaseRejected = "case_rejected",
        /// An expert asks to be released from a case.
        ReleaseRequested = "release_requested",
        /// A requester asks to have a case cancelled.
        CancellationRequested = "cancellation_requested",
        /// A clarification question remains unanswered.
        ClarificationEscalated = "clarification_escalated",
        InvoiceFlagged = "invoice_flagged",
        /// A phone has not confirmed a purge.
        PurgeUnconfirmed = "purge_unconfirmed",
        /// A case was assigned to you.
        CaseAssigned = "case_assigned",
        /// A case was assigned to a colleague.
        CaseReassigned = "case_reassigned",
        /// A case was taken from you.
        CaseUnassigned = "case_unassigned",
        /// An expert accepted the case.
        CaseAccepted = "case_accepted",
        /// The review has started.
        CaseUnderReview = "case_under_review",
        /// Another expert is being sought.
        CaseBeingReassigned = "case_being_reassigned",
        /// The case waits for you.
        CaseReturned = "case_returned",
        /// The case no longer waits for you.
        CaseNoLongerReturned = "case_no_longer_returned",
        /// The requester has answered and resubmitted the case.
        CaseResubmitted = "case_resubmitted",
        /// The case was withdrawn or cancelled.
        CaseClosed = "case_closed",
        /// The request was edited.
        CaseDetailsEdited = "case_details_edited",
        IssueReported = "issue_reported",
        IssueAnswered = "issue_answered",
        IssueResolved = "issue_resolved",
        DocumentAdded = "document_added",
        DocumentInfected = "document_infected",
        /// The recommendation was submitted.
        RecommendationGiven = "recommendation_given",
        /// A new version of the recommendation was submitted.
        RecommendationAmended = "recommendation_amended",
        /// A version of the recommendation was marked as entered in error.
        RecommendationEnteredInError = "recommendation_entered_in_error",
        InvoiceIssued = "invoice_issued",
        /// A clarification question was asked.
        ClarificationRequested = "clarification_requested",
        /// A clarification question was answered.
        ClarificationAnswered = "clarification_answered",
        /// Feedback was given on the recommendation.
        FeedbackGiven = "feedback_given",
        /// The expert has not accepted or rejected the case in time.
        AcceptOverdue = "accept_overdue",
        /// The expert has not started the review in time.
        StartOverdue = "start_overdue",
        /// The recommendation is overdue.
        FinishOverdue = "finish_overdue",
        /// The requester has not answered a return in time.
        AnswerOverdue = "answer_overdue",
        /// The requester has not read the recommendation in time.
        ReadOverdue = "read_overdue",
    }
}

named! {
    pub enum NotificationPriority {
        /// Delivered with the next batch.
        Normal = "normal",
        /// Delivered immediately, with sound.
        High = "high",
    }
}

/// The recipients. The server resolves them to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    Admins,
    Expert(ProviderId),
    /// The requester's team on the case.
    Team(CaseId),
}

/// The record that a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationSubject {
    Case(CaseId),
    Invoice(InvoiceId),
}

/// A notification to send: part of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notify {
    pub to: Audience,
    pub kind: NotificationKind,
    pub about: NotificationSubject,
    pub priority: NotificationPriority,
}

impl Notify {
    /// Creates a notification about a case, delivered with the next batch.
    #[must_use]
    pub const fn case(to: Audience, kind: NotificationKind, case: CaseId) -> Self {
        Self {
            to,
            kind,
            about: NotificationSubject::Case(case),
            priority: NotificationPriority::Normal,
        }
    }

    /// Raises the priority to high if `urgent`.
    #[must_use]
    pub const fn high_if(mut self, urgent: bool) -> Self {
        if urgent {
            self.priority = NotificationPriority::High;
        }
        self
    }
}

/// A notification as sent to its recipient. The device creates the text from its own data (D-24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub id: NotificationId,
    pub kind: NotificationKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<InvoiceId>,
    pub priority: NotificationPriority,
    pub created_at: Timestamp,
    /// `None` while unread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for kind in NotificationKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
