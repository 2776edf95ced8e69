//! How a case enters and leaves Returned: a case is Returned exactly while one of its return issues is open
//! (D-5).
//!
//! Shared by the operations on issues and files, which decide who may do it.

use super::Deadlines;
use super::case::{Case, CaseEvent, CaseStatus, PendingResubmission};
use crate::actor::Role;
use crate::decision::{Decision, Event};
use crate::documents::Document;
use crate::facts::Context;
use crate::ids::IssueId;
use crate::issues::{Issue, IssueState};
use crate::notifications::{Audience, NotificationKind, Notify};

/// Returns the effect of a new or reopened return issue on its case.
pub(crate) fn return_case(case: &Case, deadlines: &Deadlines, ctx: &Context) -> Vec<CaseEvent> {
    if case.status != CaseStatus::Returned {
        let answer_by = deadlines.of(case.request.urgency.level()).answer.after(ctx.now);
        return vec![CaseEvent::Returned {
            answer_by,
            at: ctx.now,
        }];
    }
    match case.pending_resubmission {
        Some(_) => vec![CaseEvent::ResubmissionDropped],
        None => vec![CaseEvent::Touched],
    }
}

/// Returns the effect on a case when this issue no longer holds it in Returned.
pub(crate) fn release(case: &Case, issues: &[Issue], no_longer: IssueId, ctx: &Context) -> CaseEvent {
    let held = issues
        .iter()
        .any(|issue| issue.id != no_longer && issue.holds_the_case());
    if case.status == CaseStatus::Returned && !held {
        CaseEvent::Resumed { at: ctx.now }
    } else {
        CaseEvent::Touched
    }
}

/// Resumes the case: open return issues count as answered, and the waiting side is notified.
pub(crate) fn resume(case: &Case, issues: &[Issue], ctx: &Context) -> Decision {
    let mut decision = Decision::of(Event::Case(case.id, CaseEvent::Resumed { at: ctx.now }));
    for issue in issues.iter().filter(|issue| issue.holds_the_case()) {
        decision = decision.and(Event::Issue(
            issue.changed(|issue| issue.state = IssueState::Answered),
        ));
    }
    let waiting = case.expert_or_admins();
    decision = decision.notifying(Notify::case(waiting, NotificationKind::CaseResubmitted, case.id));
    // An admin who returned the case asked a question, too.
    let asked = |issue: &Issue| issue.holds_the_case() && issue.author_role == Role::Admin;
    if waiting != Audience::Admins && issues.iter().any(asked) {
        let told = Notify::case(Audience::Admins, NotificationKind::CaseResubmitted, case.id);
        decision = decision.notifying(told);
    }
    decision
}

/// Whether an expert would have something: a history, or a file that has arrived and was neither withdrawn nor struck.
fn has_something_to_review(case: &Case, documents: &[Document]) -> bool {
    let mut files = documents.iter();
    case.request.history.has_narrative()
        || files.any(|document| document.is_in_use() && document.is_readable())
}

/// Returns what follows for the case from the state of its files: it may become ready, or a pending
/// resubmission may complete. `None` if nothing follows.
pub(crate) fn files_settled(
    case: &Case,
    documents: &[Document],
    issues: Option<&[Issue]>,
    ctx: &Context,
) -> Option<Decision> {
    // A file added later delays nothing: the request was complete without it.
    let submitted = documents.iter().filter(|document| document.of_submission);
    let is_complete =
        submitted.into_iter().all(Document::is_settled) && has_something_to_review(case, documents);
    let mut decision = Decision::noop();
    if case.readiness == super::Readiness::AwaitingUploads && is_complete {
        decision = decision.and(Event::Case(case.id, CaseEvent::BecameReady));
        if case.status == CaseStatus::New {
            let ready = Notify::case(Audience::Admins, NotificationKind::CaseReady, case.id);
            decision = decision.notifying(ready.high_if(case.is_urgent()));
        }
    }
    if documents.iter().all(Document::is_settled)
        && let (Some(PendingResubmission { .. }), Some(issues)) = (&case.pending_resubmission, issues)
        && issues
            .iter()
            .filter(|issue| issue.holds_the_case())
            .all(Issue::is_answered)
    {
        let resumed = resume(case, issues, ctx);
        decision.events.extend(resumed.events);
        decision.effects.extend(resumed.effects);
    }
    (!decision.events.is_empty()).then_some(decision)
}
