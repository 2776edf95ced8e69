//! Who is told what: the notification catalogue. A rule says in its decision what is to be told; the server writes one
//! row for each person concerned, in the same transaction.
//!
//! Not here: sending. The invariant: a notification holds ids and an event type, never a word of a case (D-24).

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, InvoiceId, NotificationId, ProviderId};
use crate::time::Timestamp;

mod mark_read;

pub use mark_read::MarkNotificationRead;

named! {
    /// What happened, as far as a notification says it.
    pub enum NotificationKind {
        /// A new case has all its files.
        CaseReady = "case_ready",
        /// An expert declined a case.
        CaseRejected = "case_rejected",
        /// An expert asks to be released.
        ReleaseRequested = "release_requested",
        /// A requester asks for cancellation.
        CancellationRequested = "cancellation_requested",
        /// A question to an expert stays unanswered.
        ClarificationEscalated = "clarification_escalated",
        /// An invoice is disputed.
        InvoiceFlagged = "invoice_flagged",
        /// A phone has not confirmed a purge.
        PurgeUnconfirmed = "purge_unconfirmed",
        /// A case was given to you.
        CaseAssigned = "case_assigned",
        /// A case was given to a colleague.
        CaseReassigned = "case_reassigned",
        /// A case was taken from you.
        CaseUnassigned = "case_unassigned",
        /// An expert takes the case.
        CaseAccepted = "case_accepted",
        /// The review has begun.
        CaseUnderReview = "case_under_review",
        /// Another expert is being looked for.
        CaseBeingReassigned = "case_being_reassigned",
        /// The case waits for you.
        CaseReturned = "case_returned",
        /// It waits for you no longer.
        CaseNoLongerReturned = "case_no_longer_returned",
        /// What was missing has been answered.
        CaseResubmitted = "case_resubmitted",
        /// The case was withdrawn or cancelled.
        CaseClosed = "case_closed",
        /// What is asked has changed.
        CaseDetailsEdited = "case_details_edited",
        /// An issue was reported.
        IssueReported = "issue_reported",
        /// An issue was answered.
        IssueAnswered = "issue_answered",
        /// An issue was settled.
        IssueResolved = "issue_resolved",
        /// A file was added.
        DocumentAdded = "document_added",
        /// A file was found infected.
        DocumentInfected = "document_infected",
        /// The opinion is there.
        RecommendationGiven = "recommendation_given",
        /// A new version of it is there.
        RecommendationAmended = "recommendation_amended",
        /// A version was marked as wrong.
        RecommendationEnteredInError = "recommendation_entered_in_error",
        /// An invoice was issued.
        InvoiceIssued = "invoice_issued",
        /// A question about the opinion.
        ClarificationRequested = "clarification_requested",
        /// Its answer.
        ClarificationAnswered = "clarification_answered",
        /// The opinion was judged.
        FeedbackGiven = "feedback_given",
        /// The answer of the expert is overdue.
        AcceptOverdue = "accept_overdue",
        /// The start of the review is overdue.
        StartOverdue = "start_overdue",
        /// The opinion is overdue.
        FinishOverdue = "finish_overdue",
        /// The answer of the requester is overdue.
        AnswerOverdue = "answer_overdue",
        /// The opinion was not read yet.
        ReadOverdue = "read_overdue",
    }
}

named! {
    /// How soon somebody must know.
    pub enum NotificationPriority {
        /// With the next batch.
        Normal = "normal",
        /// At once, with sound.
        High = "high",
    }
}

/// Whom it concerns. The server knows the people behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Every active admin.
    Admins,
    /// This expert.
    Expert(ProviderId),
    /// The team of the case.
    Team(CaseId),
}

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationSubject {
    /// A case.
    Case(CaseId),
    /// An invoice.
    Invoice(InvoiceId),
}

/// Something to tell: part of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notify {
    /// Whom.
    pub to: Audience,
    /// What happened.
    pub kind: NotificationKind,
    /// To what.
    pub about: NotificationSubject,
    /// How soon.
    pub priority: NotificationPriority,
}

impl Notify {
    /// Of a case, with the next batch.
    #[must_use]
    pub const fn case(to: Audience, kind: NotificationKind, case: CaseId) -> Self {
        Self {
            to,
            kind,
            about: NotificationSubject::Case(case),
            priority: NotificationPriority::Normal,
        }
    }

    /// The same, at once if it is urgent.
    #[must_use]
    pub const fn high_if(mut self, urgent: bool) -> Self {
        if urgent {
            self.priority = NotificationPriority::High;
        }
        self
    }
}

/// A notification as its receiver reads it. The text is made on the device, from what the device holds (D-24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The id.
    pub id: NotificationId,
    /// What happened.
    pub kind: NotificationKind,
    /// To which case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// To which invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<InvoiceId>,
    /// How soon it had to be known.
    pub priority: NotificationPriority,
    /// When it happened.
    pub created_at: Timestamp,
    /// When its receiver read it.
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
