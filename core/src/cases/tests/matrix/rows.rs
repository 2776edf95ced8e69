//! The commands of the matrix, each as its proper sender would give it.

use super::scene::Scene;
use crate::cases::*;
use crate::command::Command;
use crate::documents::{
    DeclareDocument, MarkDocumentScanned, MarkDocumentStored, Scan, StrikeDocument, WithdrawDocument,
};
use crate::ids::{AssignmentId, ClarificationId, FeedbackId, IssueId, ProviderId, RecommendationId};
use crate::issues::{AnswerIssue, DeleteIssue, EditIssue, IssueKind, ReopenIssue, ReportIssue, ResolveIssue};
use crate::testing::text;

/// Makes the command of a row for a scene.
pub(super) type Make = fn(&Scene) -> Command;

/// All commands on cases, in the order of a case's life. The label says which of several things is meant.
pub(super) const ROWS: [(&str, Make); 48] = [
    ("submit_case", |s| {
        Command::SubmitCase(SubmitCase {
            case_id: s.case.id,
            patient_id: s.fixture.patient,
            request: s.fixture.request(),
            documents: Vec::new(),
        })
    }),
    ("edit_case_details", |s| {
        let mut request = s.case.request.clone();
        request.clinical_question = text("Is surgery indicated before the summer?");
        Command::EditCaseDetails(EditCaseDetails {
            case_id: s.case.id,
            request,
        })
    }),
    ("add_team_member", |s| {
        Command::AddTeamMember(AddTeamMember {
            case_id: s.case.id,
            user_id: s.colleague,
        })
    }),
    ("remove_team_member", |s| {
        Command::RemoveTeamMember(RemoveTeamMember {
            case_id: s.case.id,
            user_id: s.colleague,
        })
    }),
    ("withdraw_case", |s| {
        Command::WithdrawCase(WithdrawCase {
            case_id: s.case.id,
            reason: text("seen elsewhere"),
        })
    }),
    ("request_cancellation", |s| {
        Command::RequestCancellation(RequestCancellation {
            case_id: s.case.id,
            issue_id: IssueId::generate(s.fixture.now),
            reason: text("The patient was transferred."),
        })
    }),
    ("cancel_case", |s| {
        Command::CancelCase(CancelCase {
            case_id: s.case.id,
            reason: text("no consent"),
        })
    }),
    ("declare_document", |s| {
        Command::DeclareDocument(DeclareDocument {
            case_id: s.case.id,
            file: s.fixture.file(),
        })
    }),
    ("mark_document_stored", |s| {
        Command::MarkDocumentStored(MarkDocumentStored {
            case_id: s.case.id,
            document_id: s.document,
            sha256: s.fixture.file().sha256,
        })
    }),
    ("mark_document_scanned", |s| {
        Command::MarkDocumentScanned(MarkDocumentScanned {
            case_id: s.case.id,
            document_id: s.document,
            scan: Scan::Clean,
        })
    }),
    ("withdraw_document", |s| {
        Command::WithdrawDocument(WithdrawDocument {
            case_id: s.case.id,
            document_id: s.document,
        })
    }),
    ("strike_document", |s| {
        Command::StrikeDocument(StrikeDocument {
            case_id: s.case.id,
            document_id: s.document,
            reason: text("another patient's"),
        })
    }),
    ("assign_case", |s| {
        Command::AssignCase(AssignCase {
            case_id: s.case.id,
            assignment_id: AssignmentId::generate(s.fixture.now),
            provider_id: ProviderId::generate(s.fixture.now),
            overrides: Vec::new(),
        })
    }),
    ("reassign_case (state confirmed)", |s| {
        Command::ReassignCase(reassign(s, Some(s.case.status)))
    }),
    ("reassign_case (state not confirmed)", |s| {
        Command::ReassignCase(reassign(s, None))
    }),
    ("unassign_case", |s| {
        Command::UnassignCase(UnassignCase {
            case_id: s.case.id,
            reason: text("on leave from tomorrow"),
        })
    }),
    ("accept_case", |s| {
        Command::AcceptCase(AcceptCase { case_id: s.case.id })
    }),
    ("reject_case", |s| {
        Command::RejectCase(RejectCase {
            case_id: s.case.id,
            reason: RejectionReason::NoCapacity,
            text: None,
        })
    }),
    ("start_review", |s| {
        Command::StartReview(StartReview { case_id: s.case.id })
    }),
    ("request_release", |s| {
        Command::RequestRelease(RequestRelease {
            case_id: s.case.id,
            issue_id: IssueId::generate(s.fixture.now),
            reason: text("I know the patient's family."),
        })
    }),
    ("report_issue (return)", |s| {
        Command::ReportIssue(report(s, IssueKind::Return))
    }),
    ("report_issue (another kind)", |s| {
        Command::ReportIssue(report(s, IssueKind::Quality))
    }),
    ("edit_issue", |s| {
        Command::EditIssue(EditIssue {
            case_id: s.case.id,
            issue_id: s.target(),
            text: text("The letter of discharge is missing."),
            wanted_items: Vec::new(),
        })
    }),
    ("answer_issue", |s| {
        Command::AnswerIssue(AnswerIssue {
            case_id: s.case.id,
            issue_id: s.target(),
            text: Some(text("It is attached.")),
            document_ids: Vec::new(),
        })
    }),
    ("resolve_issue (the open return, else another)", |s| {
        Command::ResolveIssue(ResolveIssue {
            case_id: s.case.id,
            issue_id: s.target(),
            note: None,
        })
    }),
    ("resolve_issue (another)", |s| {
        Command::ResolveIssue(ResolveIssue {
            case_id: s.case.id,
            issue_id: s.other_issue,
            note: None,
        })
    }),
    ("delete_issue (the open return, else another)", |s| {
        Command::DeleteIssue(DeleteIssue {
            case_id: s.case.id,
            issue_id: s.target(),
        })
    }),
    ("delete_issue (another)", |s| {
        Command::DeleteIssue(DeleteIssue {
            case_id: s.case.id,
            issue_id: s.other_issue,
        })
    }),
    ("reopen_issue (return)", |s| {
        Command::ReopenIssue(ReopenIssue {
            case_id: s.case.id,
            issue_id: s.resolved_return,
        })
    }),
    ("resubmit_case (answered)", resubmit),
    ("resubmit_case (not answered)", resubmit),
    ("submit_recommendation", |s| {
        Command::SubmitRecommendation(SubmitRecommendation {
            case_id: s.case.id,
            recommendation_id: RecommendationId::generate(s.fixture.now),
            content: s.fixture.opinion(),
        })
    }),
    ("amend_recommendation", |s| {
        let mut content = s.fixture.opinion();
        content.limitations = Some(text("The echo was not seen."));
        Command::AmendRecommendation(AmendRecommendation {
            case_id: s.case.id,
            recommendation_id: RecommendationId::generate(s.fixture.now),
            content,
        })
    }),
    ("mark_entered_in_error", |s| {
        Command::MarkEnteredInError(MarkEnteredInError {
            case_id: s.case.id,
            version: 1,
            reason: text("another patient's"),
        })
    }),
    ("mark_recommendation_read", |s| {
        Command::MarkRecommendationRead(MarkRecommendationRead { case_id: s.case.id })
    }),
    ("give_feedback", |s| {
        Command::GiveFeedback(GiveFeedback {
            case_id: s.case.id,
            feedback_id: FeedbackId::generate(s.fixture.now),
            recommendation_version: 1,
            content: FeedbackContent {
                rating: Rating::new(5).unwrap(),
                usefulness: None,
                outcome: FeedbackOutcome::Followed,
                changed_management: None,
                comment: None,
                shared_with_provider: true,
            },
        })
    }),
    ("request_clarification", |s| {
        Command::RequestClarification(RequestClarification {
            case_id: s.case.id,
            clarification_id: ClarificationId::generate(s.fixture.now),
            text: text("And if she declines an operation?"),
        })
    }),
    ("answer_clarification", |s| {
        Command::AnswerClarification(AnswerClarification {
            case_id: s.case.id,
            clarification_id: s.question,
            text: text("No: she is too old for one."),
        })
    }),
    ("escalate_clarification", |s| {
        Command::EscalateClarification(EscalateClarification {
            case_id: s.case.id,
            clarification_id: s.question,
        })
    }),
    ("discard_quarantine", |s| {
        Command::DiscardQuarantine(DiscardQuarantine {
            case_id: s.case.id,
            quarantine_id: s.kept,
        })
    }),
    ("flag_overdue (accept)", |s| flag(s, Obligation::Accept)),
    ("flag_overdue (start)", |s| flag(s, Obligation::Start)),
    ("flag_overdue (finish)", |s| flag(s, Obligation::Finish)),
    ("flag_overdue (answer)", |s| flag(s, Obligation::Answer)),
    ("flag_overdue (read)", |s| flag(s, Obligation::Read)),
    ("close_window (in time)", |s| {
        Command::CloseWindow(CloseWindow { case_id: s.case.id })
    }),
    ("close_window (when it ends)", |s| {
        Command::CloseWindow(CloseWindow { case_id: s.case.id })
    }),
    ("reopen_issue (that is open)", |s| {
        Command::ReopenIssue(ReopenIssue {
            case_id: s.case.id,
            issue_id: s.other_issue,
        })
    }),
];

fn reassign(scene: &Scene, confirm_state: Option<CaseStatus>) -> ReassignCase {
    ReassignCase {
        case_id: scene.case.id,
        assignment_id: AssignmentId::generate(scene.fixture.now),
        provider_id: ProviderId::generate(scene.fixture.now),
        reason: text("on leave from tomorrow"),
        confirm_state,
        overrides: Vec::new(),
    }
}

fn report(scene: &Scene, kind: IssueKind) -> ReportIssue {
    ReportIssue {
        case_id: scene.case.id,
        issue_id: IssueId::generate(scene.fixture.now),
        kind,
        text: text("The list of drugs is missing."),
        wanted_items: Vec::new(),
    }
}

fn resubmit(scene: &Scene) -> Command {
    Command::ResubmitCase(ResubmitCase {
        case_id: scene.case.id,
        issues: vec![scene.open_return],
    })
}

fn flag(scene: &Scene, what: Obligation) -> Command {
    Command::FlagOverdue(FlagOverdue {
        case_id: scene.case.id,
        what,
    })
}
