//! Commands on a case beyond the main path: returning and resubmitting, closing, and what follows the opinion. Whether a
//! command is allowed is decided by its own rule.

use super::Workspace;
use crate::cases::{
    AddTeamMember, AmendRecommendation, AnswerClarification, CaseRequest, EditCaseDetails, FeedbackContent,
    GiveFeedback, MarkRecommendationRead, RecommendationContent, RejectCase, RejectionReason,
    RemoveTeamMember, RequestCancellation, RequestClarification, RequestRelease, ResubmitCase, WithdrawCase,
};
use crate::client::error::WorkspaceError;
use crate::client::overlay;
use crate::client::perform::perform;
use crate::client::queries::{self, IssueView};
use crate::command::Aggregate;
use crate::documents::{DocumentKind, StrikeDocument, WithdrawDocument};
use crate::ids::{CaseId, ClarificationId, DocumentId, FeedbackId, IssueId, RecommendationId, UserId};
use crate::issues::{
    AnswerIssue, DeleteIssue, EditIssue, IssueKind, IssueText, ReopenIssue, ReportIssue, ResolveIssue,
};
use crate::text::{Reason, Text};

impl Workspace {
    /// Declines an assigned case. The text is for admins; the requester is told the reason's code.
    pub fn reject(
        &self,
        case_id: CaseId,
        reason: RejectionReason,
        text: Option<Reason>,
    ) -> Result<(), WorkspaceError> {
        self.perform(
            RejectCase {
                case_id,
                reason,
                text,
            }
            .into(),
        )
    }

    /// Asks an admin for release from a case that is being worked on.
    pub fn request_release(&self, case_id: CaseId, reason: IssueText) -> Result<IssueId, WorkspaceError> {
        let issue_id = IssueId::generate(self.shared.now());
        let command = RequestRelease {
            case_id,
            issue_id,
            reason,
        };
        Ok(self.make(|_| Ok(command))?.issue_id)
    }

    /// Reports an issue. Of kind `Return` it sends the case back to the requester.
    pub fn report_issue(
        &self,
        case_id: CaseId,
        kind: IssueKind,
        text: IssueText,
        wanted_items: Vec<DocumentKind>,
    ) -> Result<IssueId, WorkspaceError> {
        let issue_id = IssueId::generate(self.shared.now());
        let command = ReportIssue {
            case_id,
            issue_id,
            kind,
            text,
            wanted_items,
        };
        Ok(self.make(|_| Ok(command))?.issue_id)
    }

    /// Changes the text of an issue that the user reported.
    pub fn edit_issue(
        &self,
        case_id: CaseId,
        issue_id: IssueId,
        text: IssueText,
        wanted_items: Vec<DocumentKind>,
    ) -> Result<(), WorkspaceError> {
        self.perform(
            EditIssue {
                case_id,
                issue_id,
                text,
                wanted_items,
            }
            .into(),
        )
    }

    /// Settles an issue that the user reported.
    pub fn resolve_issue(
        &self,
        case_id: CaseId,
        issue_id: IssueId,
        note: Option<Text<1, 2_000>>,
    ) -> Result<(), WorkspaceError> {
        let command = ResolveIssue {
            case_id,
            issue_id,
            note,
        };
        self.perform(command.into())
    }

    /// Opens a settled issue that the user reported again. One of kind `Return` sends the case back once more.
    pub fn reopen_issue(&self, case_id: CaseId, issue_id: IssueId) -> Result<(), WorkspaceError> {
        self.perform(ReopenIssue { case_id, issue_id }.into())
    }

    /// Removes an issue that the user reported.
    pub fn delete_issue(&self, case_id: CaseId, issue_id: IssueId) -> Result<(), WorkspaceError> {
        self.perform(DeleteIssue { case_id, issue_id }.into())
    }

    /// Answers a return issue with text, files of the case, or both.
    pub fn answer_issue(
        &self,
        case_id: CaseId,
        issue_id: IssueId,
        text: Option<Text<1, 4_000>>,
        document_ids: Vec<DocumentId>,
    ) -> Result<(), WorkspaceError> {
        self.perform(
            AnswerIssue {
                case_id,
                issue_id,
                text,
                document_ids,
            }
            .into(),
        )
    }

    /// Resubmits a returned case. It settles the return issues that this phone shows as open.
    pub fn resubmit(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        perform(&self.shared, |tx, _| {
            let view = overlay::shown_view(tx, Aggregate::Case(case_id))?;
            let open = view.issues.values().filter(|issue| issue.holds_the_case());
            let issues = open.map(|issue| issue.id).collect();
            Ok(ResubmitCase { case_id, issues }.into())
        })
        .map(drop)
    }

    /// Changes what is asked, before an expert works on it.
    pub fn edit_case_details(&self, case_id: CaseId, request: CaseRequest) -> Result<(), WorkspaceError> {
        self.perform(EditCaseDetails { case_id, request }.into())
    }

    /// Withdraws a case.
    pub fn withdraw(&self, case_id: CaseId, reason: Reason) -> Result<(), WorkspaceError> {
        self.perform(WithdrawCase { case_id, reason }.into())
    }

    /// Asks an admin to cancel a case that an expert has accepted.
    pub fn request_cancellation(
        &self,
        case_id: CaseId,
        reason: IssueText,
    ) -> Result<IssueId, WorkspaceError> {
        let issue_id = IssueId::generate(self.shared.now());
        let command = RequestCancellation {
            case_id,
            issue_id,
            reason,
        };
        Ok(self.make(|_| Ok(command))?.issue_id)
    }

    /// Adds a colleague to the case's team.
    pub fn add_team_member(&self, case_id: CaseId, user_id: UserId) -> Result<(), WorkspaceError> {
        self.perform(AddTeamMember { case_id, user_id }.into())
    }

    /// Removes a member from the case's team.
    pub fn remove_team_member(&self, case_id: CaseId, user_id: UserId) -> Result<(), WorkspaceError> {
        self.perform(RemoveTeamMember { case_id, user_id }.into())
    }

    /// Withdraws a file that no expert can have read.
    pub fn withdraw_document(&self, case_id: CaseId, document_id: DocumentId) -> Result<(), WorkspaceError> {
        let command = WithdrawDocument { case_id, document_id };
        self.perform(command.into())
    }

    /// Strikes through a file that an expert may have read.
    pub fn strike_document(
        &self,
        case_id: CaseId,
        document_id: DocumentId,
        reason: Reason,
    ) -> Result<(), WorkspaceError> {
        self.perform(
            StrikeDocument {
                case_id,
                document_id,
                reason,
            }
            .into(),
        )
    }

    /// Records that the requester has read the opinion.
    pub fn mark_recommendation_read(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        self.perform(MarkRecommendationRead { case_id }.into())
    }

    /// Assesses a version of the opinion. A second call replaces the assessment.
    pub fn give_feedback(
        &self,
        case_id: CaseId,
        recommendation_version: u32,
        content: FeedbackContent,
    ) -> Result<(), WorkspaceError> {
        let feedback_id = FeedbackId::generate(self.shared.now());
        self.perform(
            GiveFeedback {
                case_id,
                feedback_id,
                recommendation_version,
                content,
            }
            .into(),
        )
    }

    /// Asks about the opinion.
    pub fn request_clarification(
        &self,
        case_id: CaseId,
        text: Text<10, 4_000>,
    ) -> Result<ClarificationId, WorkspaceError> {
        let clarification_id = ClarificationId::generate(self.shared.now());
        let command = RequestClarification {
            case_id,
            clarification_id,
            text,
        };
        Ok(self.make(|_| Ok(command))?.clarification_id)
    }

    /// Answers a question about the user's own opinion.
    pub fn answer_clarification(
        &self,
        case_id: CaseId,
        clarification_id: ClarificationId,
        text: Text<1, 10_000>,
    ) -> Result<(), WorkspaceError> {
        self.perform(
            AnswerClarification {
                case_id,
                clarification_id,
                text,
            }
            .into(),
        )
    }

    /// Submits a further version of the user's own opinion. It lists as reviewed the files that are on this phone now and
    /// those of the previous version.
    pub fn amend_recommendation(
        &self,
        case_id: CaseId,
        content: RecommendationContent,
    ) -> Result<RecommendationId, WorkspaceError> {
        let recommendation_id = RecommendationId::generate(self.shared.now());
        let performed = self.make(|tx| {
            Ok(AmendRecommendation {
                case_id,
                recommendation_id,
                content: super::commands::reviewed_here(tx, case_id, content)?,
            })
        })?;
        Ok(performed.recommendation_id)
    }

    /// The issues of a case as this phone shows them, oldest first.
    pub fn issues(&self, case_id: CaseId) -> Result<Vec<IssueView>, WorkspaceError> {
        self.read(|conn| queries::issues(conn, case_id))
    }
}
