//! How an issue ends: shared by resolving and deleting. A return issue that was the last open one lets the case resume.

use super::issue::{Issue, IssueState};
use crate::cases::{Case, CaseEvent, release};
use crate::decision::{Decision, Event};
use crate::facts::Context;
use crate::notifications::{Audience, NotificationKind, Notify};

/// The issue in its last state, what that does to its case, and the notification of the team.
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
        .telling(Notify::case(Audience::Team(case.id), kind, case.id))
}
