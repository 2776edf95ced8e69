//! `RequestRelease`: the expert asks an admin to be released from a case (D-7), with an issue of kind
//! `release`. The status does not change.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::issues::{IssueKind, IssueText, NewIssue};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRelease {
    pub case_id: CaseId,
    pub issue_id: IssueId,
    pub reason: IssueText,
}

impl CaseOperation for RequestRelease {
    const SPEC: Spec = Spec::offline("request_release", &[Role::Provider]).under_token();
    const ACTION: Option<CaseAction> = Some(CaseAction::RequestRelease);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn repeats(&self, earlier: &Self) -> bool {
        let Self {
            case_id,
            issue_id: _,
            reason,
        } = self;
        *case_id == earlier.case_id && *reason == earlier.reason
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress | CaseStatus::Returned => {
                Ok(Step::Go)
            }
            CaseStatus::New | CaseStatus::Rejected => Err(Refusal::NotAssigned),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let issue = NewIssue {
            id: self.issue_id,
            case_id: self.case_id,
            kind: IssueKind::Release,
            text: &self.reason,
            wanted_items: &[],
        };
        let Some(issue) = issue.open(facts, ctx)? else {
            return Ok(Decision::noop());
        };
        let told = Notify::case(Audience::Admins, NotificationKind::ReleaseRequested, self.case_id);
        Ok(Decision::of(Event::Case(self.case_id, CaseEvent::Touched))
            .and(Event::Issue(Box::new(issue)))
            .notifying(told.high_if(case.is_urgent())))
    }
}
