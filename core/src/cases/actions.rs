//! The buttons that a case shows. Which operation offers which, and when, is said by the operation itself
//! ([`CaseOperation::offered`](crate::command::CaseOperation::offered)); the rules have the last word.

use serde::{Deserialize, Serialize};

/// A button on a case. The order is the one in which apps show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseAction {
    Assign,
    Accept,
    StartReview,
    SubmitRecommendation,
    /// `AnswerIssue`, `ResubmitCase`
    AnswerReturn,
    Reassign,
    Unassign,
    Reject,
    /// `ReportIssue` of kind `return`
    Return,
    /// `ReportIssue` of another kind
    ReportIssue,
    RequestRelease,
    AmendRecommendation,
    AnswerClarification,
    MarkEnteredInError,
    /// `DeclareDocument`
    AddDocument,
    /// `EditCaseDetails`
    EditDetails,
    GiveFeedback,
    RequestClarification,
    Withdraw,
    RequestCancellation,
    Cancel,
    /// `AddTeamMember`, `RemoveTeamMember`
    ChangeTeam,
}
