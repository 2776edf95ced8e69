//! The buttons that a case shows. Which operation offers which, and when, is said by the operation itself
//! ([`CaseOperation::offered`](crate::command::CaseOperation::offered)); the rules have the last word.

named! {
    /// A button on a case. The order is the one in which apps show them.
    pub enum CaseAction {
        Assign = "assign",
        Accept = "accept",
        StartReview = "start_review",
        SubmitRecommendation = "submit_recommendation",
        /// `AnswerIssue`, `ResubmitCase`
        AnswerReturn = "answer_return",
        Reassign = "reassign",
        Unassign = "unassign",
        Reject = "reject",
        /// `ReportIssue` of kind `return`
        Return = "return",
        /// `ReportIssue` of another kind
        ReportIssue = "report_issue",
        RequestRelease = "request_release",
        AmendRecommendation = "amend_recommendation",
        AnswerClarification = "answer_clarification",
        MarkEnteredInError = "mark_entered_in_error",
        /// `DeclareDocument`
        AddDocument = "add_document",
        /// `EditCaseDetails`
        EditDetails = "edit_details",
        GiveFeedback = "give_feedback",
        RequestClarification = "request_clarification",
        Withdraw = "withdraw",
        RequestCancellation = "request_cancellation",
        Cancel = "cancel",
        /// `AddTeamMember`, `RemoveTeamMember`
        ChangeTeam = "change_team",
    }
}
