//! `EditIssue`: its owner or an admin edits an issue's text, as long as it is unanswered.
//!
//! Earlier versions of the text stay in the record, so everybody can see what changed (R17: `issue_closed`).

use serde::{Deserialize, Serialize};

use super::issue::{Issue, IssueEdit, IssueText};
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::cases::{CaseEvent, CaseStatus};
use crate::command::{CaseOperation, PartOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::documents::DocumentKind;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, IssueId};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditIssue {
    pub case_id: CaseId,
    pub issue_id: IssueId,
    /// The complete new text.
    pub text: IssueText,
    /// Kinds of document that are requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_items: Vec<DocumentKind>,
}

impl CaseOperation for EditIssue {
    const SPEC: Spec = Spec::offline("edit_issue", &[Role::Provider, Role::Admin])
        .under_token()
        .clinical();

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status == CaseStatus::Done {
            return Err(Refusal::CaseDone);
        }
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
        if issue.text.as_ref() == Some(&self.text) && issue.wanted_items == self.wanted_items {
            return Ok(Decision::noop());
        }
        let edited = issue.changed(|issue| {
            if let Some(text) = issue.text.replace(self.text.clone()) {
                issue.history.push(IssueEdit { at: ctx.now, text });
            }
            issue.wanted_items.clone_from(&self.wanted_items);
        });
        Ok(Decision::of(Event::Case(self.case_id, CaseEvent::Touched)).and(Event::Issue(edited)))
    }
}

impl PartOperation for EditIssue {
    type Part = Issue;

    fn admits_part(issue: &Issue, _case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        if !issue.state.is_live() {
            return Err(Refusal::IssueClosed);
        }
        issue.owned_by(actor)?;
        if !issue.answers.is_empty() {
            return Err(Refusal::IssueAnswered);
        }
        Ok(Step::Go)
    }
}
