//! `AnswerIssue`: the requester answers a return issue with text, files, or both.
//!
//! The case stays Returned until `ResubmitCase`.

use serde::{Deserialize, Serialize};

use super::issue::{Issue, IssueAnswer};
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::cases::CaseAction;
use crate::cases::{CaseEvent, CaseStatus};
use crate::command::{CaseOperation, PartOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId, IssueId};
use crate::notifications::{NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerIssue {
    pub case_id: CaseId,
    pub issue_id: IssueId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<1, 4_000>>,
    /// Documents of the case that belong to the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document_ids: Vec<DocumentId>,
}

impl CaseOperation for AnswerIssue {
    const SPEC: Spec = Spec::offline("answer_issue", &[Role::Requester]).clinical();
    const ACTION: Option<CaseAction> = Some(CaseAction::AnswerReturn);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues, Need::Documents]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Returned => Ok(Step::Go),
            CaseStatus::Done => Err(Refusal::CaseDone),
            CaseStatus::New
            | CaseStatus::Assigned
            | CaseStatus::Accepted
            | CaseStatus::InProgress
            | CaseStatus::Rejected => Err(Refusal::NoOpenReturn),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if self.text.is_none() && self.document_ids.is_empty() {
            return Err(Refusal::BadRequest);
        }
        let Some(issues) = facts.issues.known() else {
            return Ok(Decision::noop());
        };
        let issue = issues.iter().find(|issue| issue.id == self.issue_id);
        let issue = issue.ok_or(Refusal::NotFound)?;
        if Self::admits_part(issue, case, &ctx.actor)? == Step::Noop {
            return Ok(Decision::noop());
        }
        if let Some(documents) = facts.documents.known() {
            let usable = |id: &DocumentId| documents.iter().any(|d| d.id == *id && d.is_in_use());
            if !self.document_ids.iter().all(usable) {
                return Err(Refusal::NotFound);
            }
        }
        let answer = IssueAnswer {
            by: ctx.actor.user,
            at: ctx.now,
            text: self.text.clone(),
            document_ids: self.document_ids.clone(),
        };
        let told = Notify::case(
            case.expert_or_admins(),
            NotificationKind::IssueAnswered,
            self.case_id,
        );
        Ok(Decision::of(Event::Case(self.case_id, CaseEvent::Touched))
            .and(Event::Issue(issue.changed(|issue| issue.answers.push(answer))))
            .notifying(told))
    }
}

impl PartOperation for AnswerIssue {
    type Part = Issue;

    fn admits_part(issue: &Issue, _case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if !issue.holds_the_case() {
            return Err(Refusal::IssueClosed);
        }
        Ok(Step::Go)
    }
}
