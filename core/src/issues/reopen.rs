//! `ReopenIssue`: its owner or an admin reopens a settled issue. A return issue returns the case again.
//!
//! Earlier answers stay, but no longer count.

use serde::{Deserialize, Serialize};

use super::issue::{Issue, IssueKind, IssueState};
use super::opening::opened;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::cases::CaseStatus;
use crate::command::{CaseOperation, PartOperation, Spec, Step};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReopenIssue {
    pub case_id: CaseId,
    pub issue_id: IssueId,
}

impl CaseOperation for ReopenIssue {
    const SPEC: Spec = Spec::offline("reopen_issue", &[Role::Provider, Role::Admin]).under_token();

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues, Need::Deadlines]
    }

    fn admits(_case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(issues) = facts.issues.known() else {
            return Ok(Decision::noop());
        };
        let issue = issues.iter().find(|issue| issue.id == self.issue_id);
        let issue = issue.ok_or(Refusal::NotFound)?;
        if Self::admits_part(issue, case, &ctx.actor)? == Step::Noop {
            return Ok(Decision::noop());
        }
        let reopened = issue.changed(|issue| {
            issue.state = IssueState::Open;
            issue.opened_at = ctx.now;
        });
        Ok(opened(case, reopened, &facts.deadlines(), ctx))
    }
}

impl PartOperation for ReopenIssue {
    type Part = Issue;

    fn admits_part(issue: &Issue, case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        match issue.state {
            IssueState::Answered | IssueState::Resolved { .. } => {}
            IssueState::Open => return Ok(Step::Noop),
            IssueState::Deleted { .. } => return Err(Refusal::IssueClosed),
        }
        issue.owned_by(actor)?;
        if issue.kind == IssueKind::Return && case.status == CaseStatus::Done {
            return Err(Refusal::CaseDone);
        }
        Ok(Step::Go)
    }
}
