//! `ResolveIssue`: its owner or an admin settles an issue. With the last open return the case goes on (T10).

use serde::{Deserialize, Serialize};

use super::issue::IssueState;
use crate::actor::Role;
use crate::cases::{CaseEvent, release};
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Text;

/// Settles an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveIssue {
    /// Of which case.
    pub case_id: CaseId,
    /// Which issue.
    pub issue_id: IssueId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<1, 2_000>>,
}

impl Operation for ResolveIssue {
    const NAME: &'static str = "resolve_issue";
    const ROLES: &'static [Role] = &[Role::Provider, Role::Admin];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Issues];
    const FENCE: Fence = Fence::Token;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        let Some(issues) = facts.issues.known() else {
            return Ok(Decision::noop());
        };
        let issue = issues.iter().find(|issue| issue.id == self.issue_id);
        let issue = issue.ok_or(Refusal::NotFound)?;
        match issue.state {
            IssueState::Open | IssueState::Answered => {}
            IssueState::Resolved { .. } => return Ok(Decision::noop()),
            IssueState::Deleted { .. } => return Err(Refusal::IssueClosed),
        }
        issue.owned_by(&ctx.actor)?;
        let settled = IssueState::Resolved {
            by: Some(ctx.actor.user),
            at: ctx.now,
            note: self.note.clone(),
        };
        let (id, event) = (self.case_id, release(case, issues, issue.id, ctx));
        let kind = if matches!(event, CaseEvent::Resumed { .. }) {
            NotificationKind::CaseNoLongerReturned
        } else {
            NotificationKind::IssueResolved
        };
        Ok(Decision::of(Event::Case(id, event))
            .and(Event::Issue(issue.changed(|issue| issue.state = settled)))
            .telling(Notify::case(Audience::Team(id), kind, id)))
    }
}
