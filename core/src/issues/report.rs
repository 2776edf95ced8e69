//! `ReportIssue`: the assigned expert or an admin reports an issue. Of kind `return` it sends the case back (T8).
//!
//! A return goes from every status but Done; the expert keeps the assignment and the expert's deadlines stand still.
//! Requests for release and for cancellation are operations of their own.

use serde::{Deserialize, Serialize};

use super::issue::{IssueKind, IssueText};
use super::new_issue::NewIssue;
use crate::actor::Role;
use crate::cases::{CaseEvent, CaseStatus, return_case};
use crate::command::{Aggregate, Fence, Operation, Reach};
use crate::decision::{Decision, Event};
use crate::documents::DocumentKind;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// Reports an issue, or returns the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportIssue {
    /// Of which case.
    pub case_id: CaseId,
    /// The new issue.
    pub issue_id: IssueId,
    /// What it is about.
    pub kind: IssueKind,
    /// What it says.
    pub text: IssueText,
    /// Kinds of document that are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_items: Vec<DocumentKind>,
}

impl Operation for ReportIssue {
    const NAME: &'static str = "report_issue";
    const ROLES: &'static [Role] = &[Role::Provider, Role::Admin];
    const REACH: Reach = Reach::Offline;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Issues, Need::Deadlines];
    const FENCE: Fence = Fence::Token;
    const QUARANTINES: bool = true;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        match (self.kind, case.status) {
            (IssueKind::Release | IssueKind::CancelRequest, _) => return Err(Refusal::BadRequest),
            (IssueKind::Return, CaseStatus::Done) => return Err(Refusal::CaseDone),
            (
                IssueKind::Return
                | IssueKind::Quality
                | IssueKind::Technical
                | IssueKind::Compliance
                | IssueKind::Other,
                CaseStatus::New | CaseStatus::Rejected,
            ) if ctx.actor.role() == Role::Provider => return Err(Refusal::NotAssigned),
            (
                IssueKind::Return
                | IssueKind::Quality
                | IssueKind::Technical
                | IssueKind::Compliance
                | IssueKind::Other,
                _,
            ) => {}
        }
        let (id, returns) = (self.case_id, self.kind == IssueKind::Return);
        let issue = NewIssue {
            id: self.issue_id,
            case_id: id,
            kind: self.kind,
            text: &self.text,
            wanted_items: &self.wanted_items,
        };
        let Some(issue) = issue.open(facts, ctx)? else {
            return Ok(Decision::noop());
        };
        let events = if returns {
            return_case(case, &facts.deadlines(), ctx)
        } else {
            vec![CaseEvent::Touched]
        };
        let mut decision = Decision::of(Event::Issue(Box::new(issue)));
        decision
            .events
            .extend(events.into_iter().map(|event| Event::Case(id, event)));
        let kind = if returns {
            NotificationKind::CaseReturned
        } else {
            NotificationKind::IssueReported
        };
        let told = Notify::case(Audience::Team(id), kind, id);
        decision = decision.telling(told.high_if(returns && case.is_urgent()));
        Ok(match case.expert() {
            Some(expert) if ctx.actor.provider() != Some(expert) => decision.telling(Notify::case(
                Audience::Expert(expert),
                NotificationKind::IssueReported,
                id,
            )),
            Some(_) | None => decision,
        })
    }
}
