//! `DeleteIssue`: its owner or an admin removes an issue. Everybody can still see that it existed (D-9).

use serde::{Deserialize, Serialize};

use super::issue::{Issue, IssueState};
use super::settling::settle;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::command::{CaseOperation, PartOperation, Spec, Step};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteIssue {
    pub case_id: CaseId,
    pub issue_id: IssueId,
}

impl CaseOperation for DeleteIssue {
    const SPEC: Spec = Spec::offline("delete_issue", &[Role::Provider, Role::Admin]).under_token();

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues]
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
        let settled = IssueState::Deleted {
            by: Some(ctx.actor.user),
            at: ctx.now,
        };
        Ok(settle(case, issues, issue, settled, ctx))
    }
}

impl PartOperation for DeleteIssue {
    type Part = Issue;

    fn admits_part(issue: &Issue, _case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        match issue.state {
            IssueState::Open | IssueState::Answered => {}
            IssueState::Deleted { .. } => return Ok(Step::Noop),
            IssueState::Resolved { .. } => return Err(Refusal::IssueClosed),
        }
        issue.owned_by(actor)?;
        Ok(Step::Go)
    }
}
