//! What a person may do with a case now: apps show buttons for these and decide nothing themselves.
//!
//! By status and role alone; the rules have the last word. The invariant: what is offered here is not refused by the
//! status (tested against the matrix).

use serde::{Deserialize, Serialize};

use super::case::{Case, CaseStatus, Readiness};
use crate::actor::{Acting, Actor};

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseAction {
    /// `AssignCase`
    Assign,
    /// `ReassignCase`
    Reassign,
    /// `UnassignCase`
    Unassign,
    /// `CancelCase`
    Cancel,
    /// `AcceptCase`
    Accept,
    /// `RejectCase`
    Reject,
    /// `StartReview`
    StartReview,
    /// `SubmitRecommendation`
    SubmitRecommendation,
    /// `AmendRecommendation`
    AmendRecommendation,
    /// `MarkEnteredInError`
    MarkEnteredInError,
    /// `RequestRelease`
    RequestRelease,
    /// `ReportIssue` of kind `return`
    Return,
    /// `ReportIssue` of another kind
    ReportIssue,
    /// `DeclareDocument`
    AddDocument,
    /// `EditCaseDetails`
    EditDetails,
    /// `AnswerIssue`, `ResubmitCase`
    AnswerReturn,
    /// `WithdrawCase`
    Withdraw,
    /// `RequestCancellation`
    RequestCancellation,
    /// `AddTeamMember`, `RemoveTeamMember`
    ChangeTeam,
    /// `GiveFeedback`
    GiveFeedback,
    /// `RequestClarification`
    RequestClarification,
    /// `AnswerClarification`
    AnswerClarification,
}

impl Case {
    /// What the actor may do now.
    #[must_use]
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<CaseAction> {
        if self.closure.is_some() {
            return Vec::new();
        }
        match actor.acting {
            Acting::Requester { institution } if institution == self.institution_id => {
                let mut actions = self.requester_actions();
                if self.team.contains(&actor.user) && !self.window_closed {
                    actions.push(CaseAction::ChangeTeam);
                }
                actions
            }
            Acting::Provider { provider } if self.expert() == Some(provider) => self.provider_actions(),
            Acting::Admin => self.admin_actions(),
            Acting::Requester { .. } | Acting::Provider { .. } | Acting::System => Vec::new(),
        }
    }

    fn requester_actions(&self) -> Vec<CaseAction> {
        use CaseAction::{
            AddDocument, AnswerReturn, EditDetails, GiveFeedback, RequestCancellation, RequestClarification,
            Withdraw,
        };
        match self.status {
            CaseStatus::New | CaseStatus::Assigned | CaseStatus::Rejected => {
                vec![AddDocument, EditDetails, Withdraw]
            }
            CaseStatus::Accepted | CaseStatus::InProgress => vec![AddDocument, RequestCancellation],
            CaseStatus::Returned => {
                let expert_works = matches!(
                    self.resume_status,
                    Some(CaseStatus::Accepted | CaseStatus::InProgress)
                );
                let leave = if expert_works {
                    RequestCancellation
                } else {
                    Withdraw
                };
                vec![AnswerReturn, AddDocument, EditDetails, leave]
            }
            CaseStatus::Done if self.window_closed => vec![AddDocument],
            CaseStatus::Done => vec![AddDocument, GiveFeedback, RequestClarification],
        }
    }

    fn provider_actions(&self) -> Vec<CaseAction> {
        use CaseAction::{
            Accept, AmendRecommendation, AnswerClarification, Reject, ReportIssue, RequestRelease, Return,
            StartReview, SubmitRecommendation,
        };
        match self.status {
            CaseStatus::New | CaseStatus::Rejected => Vec::new(),
            CaseStatus::Assigned => vec![Accept, Reject, Return, ReportIssue, RequestRelease],
            CaseStatus::Accepted => vec![StartReview, Reject, Return, ReportIssue, RequestRelease],
            CaseStatus::InProgress => vec![SubmitRecommendation, Return, ReportIssue, RequestRelease],
            CaseStatus::Returned => vec![Return, ReportIssue, RequestRelease],
            CaseStatus::Done if self.window_closed => Vec::new(),
            CaseStatus::Done => vec![AmendRecommendation, AnswerClarification, ReportIssue],
        }
    }

    fn admin_actions(&self) -> Vec<CaseAction> {
        use CaseAction::{Assign, Cancel, MarkEnteredInError, Reassign, ReportIssue, Return, Unassign};
        match self.status {
            CaseStatus::New | CaseStatus::Rejected if self.readiness == Readiness::Ready => {
                vec![Assign, Return, ReportIssue, Cancel]
            }
            CaseStatus::New | CaseStatus::Rejected => vec![Return, ReportIssue, Cancel],
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => {
                vec![Reassign, Unassign, Return, ReportIssue, Cancel]
            }
            CaseStatus::Returned if self.assignment.is_some() => {
                vec![Reassign, Unassign, Return, ReportIssue, Cancel]
            }
            CaseStatus::Returned => vec![Return, ReportIssue, Cancel],
            CaseStatus::Done => vec![MarkEnteredInError, ReportIssue],
        }
    }
}
