//! How issues are created: shared by the operations that create one.

use super::issue::{Issue, IssueKind, IssueState, IssueText};
use crate::documents::DocumentKind;
use crate::facts::{Context, Facts};
use crate::ids::{CaseId, IssueId};
use crate::refusal::Refusal;

/// An issue to be created.
pub(crate) struct NewIssue<'a> {
    pub(crate) id: IssueId,
    pub(crate) case_id: CaseId,
    pub(crate) kind: IssueKind,
    pub(crate) text: &'a IssueText,
    pub(crate) wanted_items: &'a [DocumentKind],
}

impl NewIssue<'_> {
    /// Returns the new open issue; `None` if the same author already created it.
    pub(crate) fn open(self, facts: &Facts, ctx: &Context) -> Result<Option<Issue>, Refusal> {
        let same_id = |issue: &&Issue| issue.id == self.id;
        if let Some(there) = facts.issues.known().and_then(|all| all.iter().find(same_id)) {
            return if there.author == Some(ctx.actor.user) && there.kind == self.kind {
                Ok(None)
            } else {
                Err(Refusal::IssueExists)
            };
        }
        Ok(Some(Issue {
            id: self.id,
            case_id: self.case_id,
            kind: self.kind,
            text: Some(self.text.clone()),
            wanted_items: self.wanted_items.to_vec(),
            author: Some(ctx.actor.user),
            author_role: ctx.actor.role(),
            state: IssueState::Open,
            answers: Vec::new(),
            history: Vec::new(),
            created_at: ctx.now,
            opened_at: ctx.now,
            version: 1,
        }))
    }
}
