//! The command that a step means now: about the issues, files and questions that whoever acts can see.

use mso_core::cases::*;
use mso_core::command::Command;
use mso_core::documents::{DeclareDocument, DocumentKind, StrikeDocument, WithdrawDocument};
use mso_core::ids::{
    AssignmentId, CaseId, ClarificationId, DocumentId, FeedbackId, IssueId, ProviderId, QuarantineId,
    RecommendationId, UserId,
};
use mso_core::issues::{
    AnswerIssue, DeleteIssue, EditIssue, Issue, IssueKind, ReopenIssue, ReportIssue, ResolveIssue,
};
use mso_core::testing::{Fixture, text};
use mso_core::text::{Form, Text};
use mso_core::time::Timestamp;

use super::step::{AdminAct, ExpertAct, RequesterAct};

/// What can be named in a command, as seen by whoever gives it.
pub(super) struct Seen {
    pub(super) case_id: CaseId,
    pub(super) status: CaseStatus,
    pub(super) request: CaseRequest,
    pub(super) issues: Vec<Issue>,
    pub(super) documents: Vec<DocumentId>,
    pub(super) questions: Vec<ClarificationId>,
    /// The newest version of the opinion; 0: there is none.
    pub(super) version: u32,
    pub(super) quarantine: Vec<QuarantineId>,
    /// What is offered to whoever acts; nothing to admins, who choose themselves.
    pub(super) allowed: Vec<CaseAction>,
}

/// Makes commands in which every text is another one.
pub(super) struct Writer<'a> {
    pub(super) seen: &'a Seen,
    pub(super) pick: u8,
    pub(super) now: Timestamp,
    /// Of this command.
    pub(super) number: u32,
}

fn pick<T: Clone>(things: &[T], pick: u8) -> Option<T> {
    let len = things.len().max(1);
    things.get(usize::from(pick) % len).cloned()
}

/// Whether the issue does not wait for the requester.
fn is_answered(issue: &Issue) -> bool {
    let open = issue.kind == IssueKind::Return && issue.state.name() == "open";
    !open || issue.answers.iter().any(|answer| answer.at >= issue.opened_at)
}

impl Writer<'_> {
    fn words<const MIN: usize, const MAX: usize, F: Form>(&self) -> Text<MIN, MAX, F> {
        text(&format!("Words that were typed, number {}", self.number))
    }

    fn issue(&self) -> Option<IssueId> {
        // Mostly one that waits for an answer.
        let waiting = self.seen.issues.iter().find(|issue| !is_answered(issue));
        let ids: Vec<IssueId> = self.seen.issues.iter().map(|issue| issue.id).collect();
        let any = pick(&ids, self.pick);
        waiting.filter(|_| self.pick < 192).map(|issue| issue.id).or(any)
    }

    fn opinion(&self) -> RecommendationContent {
        let mut opinion = Fixture::new().opinion();
        opinion.assessment = text(&format!("Assessment as it was typed, number {}", self.number));
        opinion
    }

    fn report(&self, kind: IssueKind) -> Command {
        let (case_id, issue_id) = (self.seen.case_id, IssueId::generate(self.now));
        Command::ReportIssue(ReportIssue {
            case_id,
            issue_id,
            kind,
            text: self.words(),
            wanted_items: Vec::new(),
        })
    }

    fn edit_issue(&self) -> Option<Command> {
        Some(Command::EditIssue(EditIssue {
            case_id: self.seen.case_id,
            issue_id: self.issue()?,
            text: self.words(),
            wanted_items: vec![DocumentKind::Lab],
        }))
    }

    fn resolve_issue(&self) -> Option<Command> {
        Some(Command::ResolveIssue(ResolveIssue {
            case_id: self.seen.case_id,
            issue_id: self.issue()?,
            note: Some(self.words()),
        }))
    }

    fn delete_issue(&self) -> Option<Command> {
        let (case_id, issue_id) = (self.seen.case_id, self.issue()?);
        Some(Command::DeleteIssue(DeleteIssue { case_id, issue_id }))
    }

    fn reopen_issue(&self) -> Option<Command> {
        let (case_id, issue_id) = (self.seen.case_id, self.issue()?);
        Some(Command::ReopenIssue(ReopenIssue { case_id, issue_id }))
    }

    fn strike(&self) -> Option<Command> {
        Some(Command::StrikeDocument(StrikeDocument {
            case_id: self.seen.case_id,
            document_id: pick(&self.seen.documents, self.pick)?,
            reason: self.words(),
        }))
    }

    fn may(&self, action: CaseAction) -> bool {
        self.seen.allowed.contains(&action)
    }

    fn next_of_requester(&self) -> RequesterAct {
        if self.may(CaseAction::AnswerReturn) {
            let answered = self.seen.issues.iter().all(is_answered);
            return if answered {
                RequesterAct::Resubmit
            } else {
                RequesterAct::AnswerIssue
            };
        }
        if self.may(CaseAction::GiveFeedback) {
            return match self.pick {
                0..80 => RequesterAct::ReadOpinion,
                80..160 => RequesterAct::GiveFeedback,
                160.. => RequesterAct::Ask,
            };
        }
        RequesterAct::EditDetails
    }

    fn next_of_expert(&self) -> ExpertAct {
        let ways = [
            (CaseAction::Accept, ExpertAct::Accept),
            (CaseAction::StartReview, ExpertAct::Start),
            (CaseAction::SubmitRecommendation, ExpertAct::Recommend),
            (CaseAction::AnswerClarification, ExpertAct::Answer),
        ];
        let next = ways.into_iter().find(|(action, _)| self.may(*action));
        next.map_or(ExpertAct::ResolveIssue, |(_, act)| act)
    }

    /// `None`: there is nothing to do it to, or it is adding a file, which needs a phone.
    pub(super) fn requester(&self, act: RequesterAct, colleague: UserId) -> Option<Command> {
        let case_id = self.seen.case_id;
        Some(match act {
            RequesterAct::Next => return self.requester(self.next_of_requester(), colleague),
            RequesterAct::EditDetails => {
                let mut request = self.seen.request.clone();
                request.clinical_question = self.words();
                Command::EditCaseDetails(EditCaseDetails { case_id, request })
            }
            RequesterAct::Withdraw => Command::WithdrawCase(WithdrawCase {
                case_id,
                reason: self.words(),
            }),
            RequesterAct::RequestCancellation => Command::RequestCancellation(RequestCancellation {
                case_id,
                issue_id: IssueId::generate(self.now),
                reason: self.words(),
            }),
            RequesterAct::AnswerIssue => Command::AnswerIssue(AnswerIssue {
                case_id,
                issue_id: self.issue()?,
                text: Some(self.words()),
                document_ids: pick(&self.seen.documents, self.pick).into_iter().collect(),
            }),
            RequesterAct::Resubmit => {
                let returns = self.seen.issues.iter();
                let open = returns.filter(|i| i.kind == IssueKind::Return && i.state.name() == "open");
                Command::ResubmitCase(ResubmitCase {
                    case_id,
                    issues: open.map(|issue| issue.id).collect(),
                })
            }
            RequesterAct::AddDocument => return None,
            RequesterAct::WithdrawDocument => Command::WithdrawDocument(WithdrawDocument {
                case_id,
                document_id: pick(&self.seen.documents, self.pick)?,
            }),
            RequesterAct::StrikeDocument => self.strike()?,
            RequesterAct::AddColleague => Command::AddTeamMember(AddTeamMember {
                case_id,
                user_id: colleague,
            }),
            RequesterAct::RemoveColleague => Command::RemoveTeamMember(RemoveTeamMember {
                case_id,
                user_id: colleague,
            }),
            RequesterAct::ReadOpinion => Command::MarkRecommendationRead(MarkRecommendationRead { case_id }),
            RequesterAct::GiveFeedback => Command::GiveFeedback(GiveFeedback {
                case_id,
                feedback_id: FeedbackId::generate(self.now),
                recommendation_version: self.seen.version.max(1),
                content: FeedbackContent {
                    rating: Rating::new(1 + self.pick % 5).unwrap(),
                    usefulness: None,
                    outcome: FeedbackOutcome::Followed,
                    changed_management: None,
                    comment: Some(self.words()),
                    shared_with_provider: self.pick < 128,
                },
            }),
            RequesterAct::Ask => Command::RequestClarification(RequestClarification {
                case_id,
                clarification_id: ClarificationId::generate(self.now),
                text: self.words(),
            }),
        })
    }

    pub(super) fn expert(&self, act: ExpertAct) -> Option<Command> {
        let case_id = self.seen.case_id;
        Some(match act {
            ExpertAct::Next => return self.expert(self.next_of_expert()),
            ExpertAct::Accept => Command::AcceptCase(AcceptCase { case_id }),
            ExpertAct::Reject => Command::RejectCase(RejectCase {
                case_id,
                reason: RejectionReason::Other,
                text: Some(self.words()),
            }),
            ExpertAct::Start => Command::StartReview(StartReview { case_id }),
            ExpertAct::Return => self.report(IssueKind::Return),
            ExpertAct::ReportOther => self.report(IssueKind::Quality),
            ExpertAct::EditIssue => self.edit_issue()?,
            ExpertAct::ResolveIssue => self.resolve_issue()?,
            ExpertAct::DeleteIssue => self.delete_issue()?,
            ExpertAct::ReopenIssue => self.reopen_issue()?,
            ExpertAct::RequestRelease => Command::RequestRelease(RequestRelease {
                case_id,
                issue_id: IssueId::generate(self.now),
                reason: self.words(),
            }),
            ExpertAct::Recommend => Command::SubmitRecommendation(SubmitRecommendation {
                case_id,
                recommendation_id: RecommendationId::generate(self.now),
                content: self.opinion(),
            }),
            ExpertAct::Amend => Command::AmendRecommendation(AmendRecommendation {
                case_id,
                recommendation_id: RecommendationId::generate(self.now),
                content: self.opinion(),
            }),
            ExpertAct::Answer => Command::AnswerClarification(AnswerClarification {
                case_id,
                clarification_id: pick(&self.seen.questions, self.pick)?,
                text: self.words(),
            }),
        })
    }

    pub(super) fn admin(&self, act: AdminAct, experts: [ProviderId; 2]) -> Option<Command> {
        let case_id = self.seen.case_id;
        let assignment_id = AssignmentId::generate(self.now);
        let [first, second] = experts;
        let provider_id = if self.pick.is_multiple_of(3) {
            second
        } else {
            first
        };
        let overrides = vec![Override {
            rule: OverridableRule::RejectedBefore,
            reason: Some(self.words()),
        }];
        Some(match act {
            AdminAct::Assign => Command::AssignCase(AssignCase {
                case_id,
                assignment_id,
                provider_id,
                overrides,
            }),
            AdminAct::Reassign => Command::ReassignCase(ReassignCase {
                case_id,
                assignment_id,
                provider_id,
                reason: self.words(),
                // Sometimes what was on screen an hour ago.
                confirm_state: (self.pick >= 64).then_some(self.seen.status),
                overrides,
            }),
            AdminAct::Unassign => Command::UnassignCase(UnassignCase {
                case_id,
                reason: self.words(),
            }),
            AdminAct::Return => self.report(IssueKind::Return),
            AdminAct::EditIssue => self.edit_issue()?,
            AdminAct::ResolveIssue => self.resolve_issue()?,
            AdminAct::DeleteIssue => self.delete_issue()?,
            AdminAct::ReopenIssue => self.reopen_issue()?,
            AdminAct::Strike => self.strike()?,
            AdminAct::MarkEnteredInError => Command::MarkEnteredInError(MarkEnteredInError {
                case_id,
                version: self.seen.version.max(1),
                reason: self.words(),
            }),
            AdminAct::DiscardQuarantine => Command::DiscardQuarantine(DiscardQuarantine {
                case_id,
                quarantine_id: pick(&self.seen.quarantine, self.pick)?,
            }),
            AdminAct::Cancel => Command::CancelCase(CancelCase {
                case_id,
                reason: self.words(),
            }),
        })
    }

    pub(super) fn add_document(&self, file: mso_core::documents::DeclaredFile) -> Command {
        Command::DeclareDocument(DeclareDocument {
            case_id: self.seen.case_id,
            file,
        })
    }
}
