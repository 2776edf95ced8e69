//! How an issue ends: shared by resolving and deleting. If it was the last open return issue, the case
//! resumes.

use super::issue::{Issue, IssueState};
use crate::cases::{Case, CaseEvent, release};
use crate::decision::{Decision, Event};
use crate::facts::Context;
use crate::notifications::{Audience, NotificationKind, Notify};

/// Returns the decision: the issue's final state, its effect on the case, and the notification of the team.
pub(super) fn settle(
    case: &Case,
    issues: &[Issue],
    issue: &Issue,
    state: IssueState,
    ctx: &Context,
) -> Decision {
    let event = release(case, issues, issue.id, ctx);
    let kind = if matches!(event, CaseEvent::Resumed { .. }) {
        NotificationKind::CaseNoLongerReturned
    } else {
        NotificationKind::IssueResolved
    };
    Decision::of(Event::Case(case.id, event))
        .and(Event::Issue(issue.changed(|issue| issue.state = state)))
        .notifying(Notify::case(Audience::Team(case.id), kind, case.id))
}
