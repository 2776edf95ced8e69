//! `ReportIssue`: the assigned expert or an admin reports an issue. Kind `return` returns the case (T8).
//!
//! A return is possible in every status but Done. The expert keeps the assignment, and the expert's deadlines
//! are paused. Requests for release and for cancellation have their own operations.

use serde::{Deserialize, Serialize};

use super::issue::{IssueKind, IssueText};
use super::new_issue::NewIssue;
use super::opening::opened;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::cases::CaseAction;
use crate::cases::CaseStatus;
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::Decision;
use crate::documents::DocumentKind;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportIssue {
    pub case_id: CaseId,
    pub issue_id: IssueId,
    pub kind: IssueKind,
    pub text: IssueText,
    /// Kinds of document that are requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_items: Vec<DocumentKind>,
}

impl CaseOperation for ReportIssue {
    const SPEC: Spec = Spec::offline("report_issue", &[Role::Provider, Role::Admin])
        .under_token()
        .quarantining();

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn repeats(&self, earlier: &Self) -> bool {
        let Self {
            case_id,
            issue_id: _,
            kind,
            text,
            wanted_items,
        } = self;
        *case_id == earlier.case_id
            && *kind == earlier.kind
            && *text == earlier.text
            && *wanted_items == earlier.wanted_items
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues, Need::Deadlines]
    }

    fn admits(case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        let waits = matches!(case.status, CaseStatus::New | CaseStatus::Rejected);
        if waits && actor.role() == Role::Provider {
            return Err(Refusal::NotAssigned);
        }
        Ok(Step::Go)
    }

    fn offered(case: &Case, actor: &Actor, _facts: &Facts) -> Vec<CaseAction> {
        match Self::admits(case, actor) {
            Err(_) => Vec::new(),
            Ok(_) if case.status == CaseStatus::Done => vec![CaseAction::ReportIssue],
            Ok(_) => vec![CaseAction::Return, CaseAction::ReportIssue],
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        match self.kind {
            IssueKind::Release | IssueKind::CancelRequest => return Err(Refusal::BadRequest),
            IssueKind::Return if case.status == CaseStatus::Done => return Err(Refusal::CaseDone),
            IssueKind::Return
            | IssueKind::Quality
            | IssueKind::Technical
            | IssueKind::Compliance
            | IssueKind::Other => {}
        }
        let issue = NewIssue {
            id: self.issue_id,
            case_id: self.case_id,
            kind: self.kind,
            text: &self.text,
            wanted_items: &self.wanted_items,
        };
        let Some(issue) = issue.open(facts, ctx)? else {
            return Ok(Decision::noop());
        };
        Ok(opened(case, Box::new(issue), &facts.deadlines(), ctx))
    }
}
