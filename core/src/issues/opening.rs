//! What an open issue does: shared by reporting and reopening. A return issue sends the case back to the requester.

use super::issue::{Issue, IssueKind};
use crate::actor::Role;
use crate::cases::{Case, CaseEvent, Deadlines, return_case};
use crate::decision::{Decision, Event};
use crate::facts::Context;
use crate::notifications::{Audience, NotificationKind, Notify};

/// Returns the decision: the issue, its effect on the case, and the notification of the team, of the expert if somebody else
/// opened it, and of the admins if an expert returns the case (D-23).
pub(super) fn opened(case: &Case, issue: Box<Issue>, deadlines: &Deadlines, ctx: &Context) -> Decision {
    let (id, returns) = (case.id, issue.kind == IssueKind::Return);
    let (events, kind) = if returns {
        (return_case(case, deadlines, ctx), NotificationKind::CaseReturned)
    } else {
        (vec![CaseEvent::Touched], NotificationKind::IssueReported)
    };
    let mut decision = Decision::of(Event::Issue(issue));
    decision
        .events
        .extend(events.into_iter().map(|event| Event::Case(id, event)));
    let told = Notify::case(Audience::Team(id), kind, id);
    decision = decision.notifying(told.high_if(returns && case.is_urgent()));
    if returns && ctx.actor.role() != Role::Admin {
        decision = decision.notifying(Notify::case(Audience::Admins, kind, id));
    }
    match case.expert() {
        Some(expert) if ctx.actor.provider() != Some(expert) => decision.notifying(Notify::case(
            Audience::Expert(expert),
            NotificationKind::IssueReported,
            id,
        )),
        Some(_) | None => decision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::ResubmitCase;
    use crate::command::CaseOperation as _;
    use crate::decision::Effect;
    use crate::facts::{Fact, Facts};
    use crate::ids::IssueId;
    use crate::issues::{IssueState, ReopenIssue, ReportIssue};
    use crate::testing::{Fixture, a_case, apply, text};

    fn told(decision: &Decision) -> Vec<(Audience, NotificationKind)> {
        let mut told = Vec::new();
        for effect in &decision.effects {
            if let Effect::Notify(notify) = effect {
                told.push((notify.to, notify.kind));
            }
        }
        told
    }

    fn issue_of(decision: &Decision) -> Issue {
        let mut issue = None;
        for event in &decision.events {
            if let Event::Issue(changed) = event {
                issue = Some((**changed).clone());
            }
        }
        issue.expect("an issue")
    }

    fn with(fixture: &Fixture, case: &Case, issue: &Issue) -> Facts {
        Facts {
            issues: Fact::Known(vec![issue.clone()]),
            ..fixture.facts(case)
        }
    }

    #[test]
    fn who_must_know_of_an_issue_is_told_when_it_is_reported_reopened_and_answered() {
        let fixture = Fixture::new();
        let mut case = a_case(&fixture).in_progress();
        let expert = Audience::Expert(case.expert().expect("an expert"));
        let report = ReportIssue {
            case_id: case.id,
            issue_id: IssueId::generate(fixture.now),
            kind: IssueKind::Return,
            text: text("Which drugs are taken, and since when?"),
            wanted_items: Vec::new(),
        };
        let admin = fixture.as_admin();
        let opened = report.decide(&case, &fixture.facts(&case), &admin).unwrap();
        let returned = [
            (Audience::Team(case.id), NotificationKind::CaseReturned),
            (expert, NotificationKind::IssueReported),
        ];
        assert_eq!(told(&opened), returned);

        let mut issue = issue_of(&opened);
        apply(&mut case, &opened);
        issue.answers.push(crate::issues::IssueAnswer {
            by: case.requester_id,
            at: fixture.now,
            text: Some(text("Ramipril since 2009.")),
            document_ids: Vec::new(),
        });
        let resubmit = ResubmitCase {
            case_id: case.id,
            issues: vec![issue.id],
        };
        let resumed = resubmit
            .decide(&case, &with(&fixture, &case, &issue), &fixture.as_requester())
            .unwrap();
        let answered = [
            (expert, NotificationKind::CaseResubmitted),
            (Audience::Admins, NotificationKind::CaseResubmitted),
        ];
        assert_eq!(told(&resumed), answered);

        apply(&mut case, &resumed);
        issue.state = IssueState::Answered;
        let reopen = ReopenIssue {
            case_id: case.id,
            issue_id: issue.id,
        };
        let reopened = reopen
            .decide(&case, &with(&fixture, &case, &issue), &admin)
            .unwrap();
        assert_eq!(told(&reopened), returned);
    }
}
