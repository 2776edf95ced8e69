//! The actions that an issue offers, in the order in which apps show the buttons. Each operation's file says which issues
//! it admits (`admits_part`); the operation's rule still decides when the command is sent.

use super::issue::Issue;
use super::{AnswerIssue, DeleteIssue, EditIssue, ReopenIssue, ResolveIssue};
use crate::actor::Actor;
use crate::cases::Case;
use crate::command::PartOperation;

named! {
    /// An action on one issue of a case.
    pub enum IssueAction {
        Answer = "answer",
        Edit = "edit",
        Resolve = "resolve",
        Delete = "delete",
        Reopen = "reopen",
    }
}

impl Issue {
    /// Returns what this actor may do with the issue now. `case` is the issue's case.
    #[must_use]
    pub fn allowed_actions(&self, case: &Case, actor: &Actor) -> Vec<IssueAction> {
        let offered = [
            (IssueAction::Answer, AnswerIssue::is_offered(self, case, actor)),
            (IssueAction::Edit, EditIssue::is_offered(self, case, actor)),
            (IssueAction::Resolve, ResolveIssue::is_offered(self, case, actor)),
            (IssueAction::Delete, DeleteIssue::is_offered(self, case, actor)),
            (IssueAction::Reopen, ReopenIssue::is_offered(self, case, actor)),
        ];
        let offered = offered.into_iter().filter(|(_, now)| *now);
        offered.map(|(action, _)| action).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Role;
    use crate::cases::CaseStatus;
    use crate::command::Command;
    use crate::facts::{Context, Fact, Facts};
    use crate::ids::{IssueId, UserId};
    use crate::issues::{IssueAnswer, IssueKind, IssueState};
    use crate::testing::{Fixture, a_case, cases_of_every_status, text};

    fn issue(world: &Fixture, case: &Case, kind: IssueKind, state: IssueState) -> Issue {
        Issue {
            id: IssueId::generate(world.now),
            case_id: case.id,
            kind,
            text: Some(text("Which drugs are taken, and since when?")),
            wanted_items: Vec::new(),
            author: Some(world.provider_user),
            author_role: Role::Provider,
            state,
            answers: Vec::new(),
            history: Vec::new(),
            created_at: world.now,
            opened_at: world.now,
            version: 1,
        }
    }

    /// The issue as it is, of another author, and answered.
    fn variants(world: &Fixture, issue: Issue) -> [Issue; 3] {
        let of_another = Issue {
            author: Some(UserId::generate(world.now)),
            author_role: Role::Admin,
            ..issue.clone()
        };
        let answered = Issue {
            answers: vec![IssueAnswer {
                by: world.requester,
                at: world.now,
                text: Some(text("Ramipril since 2009.")),
                document_ids: Vec::new(),
            }],
            ..issue.clone()
        };
        [issue, of_another, answered]
    }

    fn states(world: &Fixture) -> [IssueState; 4] {
        let resolved = IssueState::Resolved {
            by: Some(world.admin),
            at: world.now,
            note: None,
        };
        let deleted = IssueState::Deleted {
            by: Some(world.admin),
            at: world.now,
        };
        [IssueState::Open, IssueState::Answered, resolved, deleted]
    }

    /// Whether the operation's own rule takes it and changes something.
    fn taken(action: IssueAction, issue: &Issue, facts: &Facts, ctx: &Context) -> bool {
        let (case_id, issue_id) = (issue.case_id, issue.id);
        let command: Command = match action {
            IssueAction::Answer => AnswerIssue {
                case_id,
                issue_id,
                text: Some(text("None at all.")),
                document_ids: Vec::new(),
            }
            .into(),
            IssueAction::Edit => EditIssue {
                case_id,
                issue_id,
                text: text("Which drugs does the patient take now?"),
                wanted_items: Vec::new(),
            }
            .into(),
            IssueAction::Resolve => ResolveIssue {
                case_id,
                issue_id,
                note: None,
            }
            .into(),
            IssueAction::Delete => DeleteIssue { case_id, issue_id }.into(),
            IssueAction::Reopen => ReopenIssue { case_id, issue_id }.into(),
        };
        command
            .decide(facts, ctx)
            .is_ok_and(|decision| !decision.events.is_empty())
    }

    #[test]
    fn what_is_offered_is_what_the_rules_take() {
        let world = Fixture::new();
        for case in cases_of_every_status(&world) {
            for kind in [IssueKind::Return, IssueKind::Quality, IssueKind::CancelRequest] {
                for state in states(&world) {
                    for issue in variants(&world, issue(&world, &case, kind, state)) {
                        let facts = Facts {
                            issues: Fact::Known(vec![issue.clone()]),
                            ..world.facts(&case)
                        };
                        for ctx in [world.as_requester(), world.as_provider(&case), world.as_admin()] {
                            let offered = issue.allowed_actions(&case, &ctx.actor);
                            for action in IssueAction::ALL {
                                let wanted = taken(action, &issue, &facts, &ctx);
                                assert_eq!(
                                    offered.contains(&action),
                                    wanted,
                                    "{action:?} by {:?} in {:?}, closed {:?}: {issue:?}",
                                    ctx.actor.role(),
                                    case.status,
                                    case.closure
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_return_is_answered_by_the_requester_and_settled_by_whoever_reported_it() {
        use IssueAction::{Answer, Delete, Edit, Reopen, Resolve};
        let world = Fixture::new();
        let case = a_case(&world).in_status(CaseStatus::Returned);
        let open = issue(&world, &case, IssueKind::Return, IssueState::Open);
        let requester = world.as_requester().actor;
        let expert = world.as_provider(&case).actor;
        assert_eq!(open.allowed_actions(&case, &requester), [Answer]);
        assert_eq!(open.allowed_actions(&case, &expert), [Edit, Resolve, Delete]);
        let resumed = a_case(&world).in_progress();
        let answered = issue(&world, &resumed, IssueKind::Return, IssueState::Answered);
        assert_eq!(answered.allowed_actions(&resumed, &requester), []);
        assert_eq!(
            answered.allowed_actions(&resumed, &expert),
            [Edit, Resolve, Delete, Reopen]
        );
    }

    #[test]
    fn nothing_is_offered_to_other_parties_and_after_the_window() {
        let world = Fixture::new();
        let over = Case {
            window_closed: true,
            ..a_case(&world).done()
        };
        let quality = issue(&world, &over, IssueKind::Quality, IssueState::Open);
        let expert = world.as_provider(&over).actor;
        assert_eq!(quality.allowed_actions(&over, &expert), []);
        let returned = a_case(&world).in_status(CaseStatus::Returned);
        let open = issue(&world, &returned, IssueKind::Return, IssueState::Open);
        for stranger in [Fixture::new().as_requester().actor, world.as_system().actor] {
            assert_eq!(open.allowed_actions(&returned, &stranger), []);
        }
    }
}
