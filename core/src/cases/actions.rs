//! The actions that a case offers. Each operation defines which action it offers and when
//! ([`CaseOperation::offered`](crate::command::CaseOperation::offered)); its rule still decides when the
//! command is sent.

named! {
    /// An action on a case, in the order in which apps show the buttons.
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
        /// `ReportIssue` with kind `return`
        Return = "return",
        /// `ReportIssue` with any other kind
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
