//! Everything a user can do with one case, as one sealed type. An operation that is not listed here does not exist for
//! apps; one that is needs nothing else from them.

use mso_core::cases::RejectionReason;
use mso_core::client::Workspace;
use mso_core::documents::DocumentKind;
use mso_core::ids::{CaseId, ClarificationId, DocumentId, IssueId, RecommendationId, UserId};
use mso_core::issues::IssueKind;

use crate::entered::{optional, required};
use crate::error::MsoError;
use crate::records::{CaseRequest, Feedback, Opinion};
use crate::text::EnteredText;

/// What a user does with a case. Which of them are open to this user now is said by the `allowed_actions` of the case,
/// of its issues and of its documents.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
#[expect(
    clippy::large_enum_variant,
    reason = "made one at a time, on its way over the border, which knows no boxes"
)]
pub enum CaseOperation {
    /// An expert takes an assigned case.
    Accept,
    /// An expert declines an assigned case. The text is for admins only; the reason `OTHER` needs one.
    Reject {
        reason: RejectionReason,
        text: Option<EnteredText>,
    },
    /// The expert starts the review.
    StartReview,
    /// Reports an issue of 10 to 4,000 characters. One of kind `RETURN` sends the case back to the requester.
    ReportIssue {
        kind: IssueKind,
        text: EnteredText,
        wanted_items: Vec<DocumentKind>,
    },
    /// Changes an issue that the user reported.
    EditIssue {
        issue_id: IssueId,
        text: EnteredText,
        wanted_items: Vec<DocumentKind>,
    },
    /// Settles an issue that the user reported.
    ResolveIssue {
        issue_id: IssueId,
        note: Option<EnteredText>,
    },
    /// Opens a settled issue that the user reported again. One of kind `RETURN` sends the case back once more.
    ReopenIssue { issue_id: IssueId },
    /// Removes an issue that the user reported.
    DeleteIssue { issue_id: IssueId },
    /// Answers a question that the case was returned with: text, files of the case, or both.
    AnswerIssue {
        issue_id: IssueId,
        text: Option<EnteredText>,
        document_ids: Vec<DocumentId>,
    },
    /// Sends a returned case back to the expert, once every question is answered.
    Resubmit,
    /// Changes what is asked, before an expert works on it.
    EditDetails { request: CaseRequest },
    /// Takes back a case that no expert has accepted.
    Withdraw { reason: EnteredText },
    /// Asks an admin to cancel a case that an expert has accepted.
    RequestCancellation { reason: EnteredText },
    /// The expert asks an admin to be released from the case.
    RequestRelease { reason: EnteredText },
    /// Adds a colleague to the case's team.
    AddTeamMember { user_id: UserId },
    /// Removes a colleague from the case's team.
    RemoveTeamMember { user_id: UserId },
    /// Adds a staged file.
    AddDocument { document_id: DocumentId },
    /// Takes back a file that no expert can have read.
    WithdrawDocument { document_id: DocumentId },
    /// Marks a file that an expert may have read as not to be used.
    StrikeDocument {
        document_id: DocumentId,
        reason: EnteredText,
    },
    /// Gives the opinion. The case is done when the server has it.
    SubmitRecommendation { opinion: Opinion },
    /// Gives a further version of the user's own opinion.
    AmendRecommendation { opinion: Opinion },
    /// Records that the requester has read the opinion.
    MarkRecommendationRead,
    /// Assesses a version of the opinion. A second time replaces the assessment.
    GiveFeedback {
        recommendation_version: u32,
        feedback: Feedback,
    },
    /// Asks about the opinion, in 10 to 4,000 characters.
    RequestClarification { text: EnteredText },
    /// Answers a question about the user's own opinion.
    AnswerClarification {
        clarification_id: ClarificationId,
        text: EnteredText,
    },
}

/// The record that an operation created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Created {
    Issue { issue_id: IssueId },
    Recommendation { recommendation_id: RecommendationId },
    Clarification { clarification_id: ClarificationId },
}

impl CaseOperation {
    pub(crate) fn perform(self, core: &Workspace, case: CaseId) -> Result<Option<Created>, MsoError> {
        let issue = |issue_id| Some(Created::Issue { issue_id });
        let recommendation = |recommendation_id| Some(Created::Recommendation { recommendation_id });
        match self {
            Self::Accept => core.accept(case)?,
            Self::Reject { reason, text } => core.reject(case, reason, optional("text", text)?)?,
            Self::StartReview => core.start_review(case)?,
            Self::ReportIssue {
                kind,
                text,
                wanted_items,
            } => {
                return Ok(issue(core.report_issue(
                    case,
                    kind,
                    required("text", &text)?,
                    wanted_items,
                )?));
            }
            Self::EditIssue {
                issue_id,
                text,
                wanted_items,
            } => core.edit_issue(case, issue_id, required("text", &text)?, wanted_items)?,
            Self::ResolveIssue { issue_id, note } => {
                core.resolve_issue(case, issue_id, optional("note", note)?)?;
            }
            Self::ReopenIssue { issue_id } => core.reopen_issue(case, issue_id)?,
            Self::DeleteIssue { issue_id } => core.delete_issue(case, issue_id)?,
            Self::AnswerIssue {
                issue_id,
                text,
                document_ids,
            } => core.answer_issue(case, issue_id, optional("text", text)?, document_ids)?,
            Self::Resubmit => core.resubmit(case)?,
            Self::EditDetails { request } => core.edit_case_details(case, request.try_into()?)?,
            Self::Withdraw { reason } => core.withdraw(case, required("reason", &reason)?)?,
            Self::RequestCancellation { reason } => {
                return Ok(issue(
                    core.request_cancellation(case, required("reason", &reason)?)?,
                ));
            }
            Self::RequestRelease { reason } => {
                return Ok(issue(core.request_release(case, required("reason", &reason)?)?));
            }
            Self::AddTeamMember { user_id } => core.add_team_member(case, user_id)?,
            Self::RemoveTeamMember { user_id } => core.remove_team_member(case, user_id)?,
            Self::AddDocument { document_id } => core.add_document(case, document_id)?,
            Self::WithdrawDocument { document_id } => core.withdraw_document(case, document_id)?,
            Self::StrikeDocument { document_id, reason } => {
                core.strike_document(case, document_id, required("reason", &reason)?)?;
            }
            Self::SubmitRecommendation { opinion } => {
                return Ok(recommendation(
                    core.submit_recommendation(case, opinion.try_into()?)?,
                ));
            }
            Self::AmendRecommendation { opinion } => {
                return Ok(recommendation(
                    core.amend_recommendation(case, opinion.try_into()?)?,
                ));
            }
            Self::MarkRecommendationRead => core.mark_recommendation_read(case)?,
            Self::GiveFeedback {
                recommendation_version,
                feedback,
            } => core.give_feedback(case, recommendation_version, feedback.try_into()?)?,
            Self::RequestClarification { text } => {
                let clarification_id = core.request_clarification(case, required("text", &text)?)?;
                return Ok(Some(Created::Clarification { clarification_id }));
            }
            Self::AnswerClarification {
                clarification_id,
                text,
            } => core.answer_clarification(case, clarification_id, required("text", &text)?)?,
        }
        Ok(None)
    }
}
