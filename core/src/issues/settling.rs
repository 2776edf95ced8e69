//! How an issue ends: shared by resolving and deleting, and by the operations that leave it without a purpose. If it was the
//! last open return issue, the case resumes.

use super::issue::{Issue, IssueKind, IssueState};
use crate::cases::{Case, CaseEvent, release};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::text::Text;

/// Returns the decision: the issue's final state, its effect on the case, and the notification of the sides that it concerns:
/// a request to be released concerns the expert alone.
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
    let decision = Decision::of(Event::Case(case.id, event))
        .and(Event::Issue(issue.changed(|issue| issue.state = state)));
    let expert = case
        .expert()
        .filter(|expert| ctx.actor.provider() != Some(*expert))
        .map(Audience::Expert);
    let team = Some(Audience::Team(case.id)).filter(|_| issue.kind != IssueKind::Release);
    let concerned = team.into_iter().chain(expert);
    concerned.fold(decision, |decision, to| {
        decision.notifying(Notify::case(to, kind, case.id))
    })
}

/// Resolves the issues of these kinds that are not settled yet, because what happens to the case leaves them without a
/// purpose. `note` says what happened.
pub(crate) fn resolve_pointless(
    decision: Decision,
    facts: &Facts,
    kinds: &[IssueKind],
    note: &str,
    ctx: &Context,
) -> Decision {
    let issues = facts.issues.known().into_iter().flatten();
    let pointless = issues.filter(|issue| kinds.contains(&issue.kind) && issue.state.is_live());
    pointless.fold(decision, |decision, issue| {
        decision.and(Event::Issue(issue.changed(|issue| {
            issue.state = IssueState::Resolved {
                by: None,
                at: ctx.now,
                note: Text::new(note).ok(),
            };
        })))
    })
}
