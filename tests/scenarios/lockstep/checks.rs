//! What must hold after every step, and in the end.

use mso_core::cases::CaseStatus;
use mso_core::issues::{Issue, ResolveIssue};
use mso_core::time::Clock as _;

use super::commands::Writer;
use super::step::{AdminAct, ExpertAct, RequesterAct, Who};
use super::world::World;

const THIRTY_DAYS: i64 = 30 * 24 * 3_600_000;

impl World {
    /// What the phone shows is what the server has.
    pub(super) async fn phone_agrees(&self, who: Who) {
        let truth = self.truth().await;
        let phone = self.phone(who);
        let shown = phone.workspace.case(self.case_id).ok();
        let expected = match phone.actor.provider() {
            // When the window for questions ends, the case leaves the expert.
            Some(_) if truth.window_closed => false,
            Some(provider) => truth
                .assignment
                .is_some_and(|attempt| attempt.provider_id == provider),
            None => true,
        };
        assert_eq!(shown.is_some(), expected, "{who:?} has the case: {truth:?}");
        let Some(shown) = shown else { return };
        let case = &shown.case;
        assert_eq!(
            (
                case.status,
                case.resume_status,
                case.closure,
                case.readiness,
                &case.overdue
            ),
            (
                truth.status,
                truth.resume_status,
                truth.closure,
                truth.readiness,
                &truth.overdue
            ),
            "{who:?}"
        );
        assert_eq!((case.version, &case.due), (truth.version, &truth.due), "{who:?}");
        assert_eq!(case.request, truth.request, "{who:?}");
        let seen = self.seen_by_admins().await;
        let states = |issues: &[Issue]| {
            let mut states: Vec<_> = issues.iter().map(|i| (i.id, i.state.name(), i.version)).collect();
            states.sort();
            states
        };
        let issues = phone.workspace.issues(self.case_id).unwrap().into_iter();
        let issues: Vec<Issue> = issues.map(|view| view.issue).collect();
        assert_eq!(states(&issues), states(&seen.issues), "{who:?}");
        assert_eq!(shown.documents.len(), seen.documents.len(), "{who:?}");
        assert_eq!(shown.clarifications.len(), seen.questions.len(), "{who:?}");
        let version = shown.recommendation.map_or(0, |opinion| opinion.version);
        assert_eq!(version, seen.version, "{who:?}");
    }

    /// The invariants of the matrix of statuses and commands, in the server's database.
    pub(super) async fn server_is_sound(&mut self) {
        let case = self.truth().await;
        let (live, live_of_case, open_returns, invoices, services): (i64, i64, i64, i64, i64) =
            sqlx::query_as(
                "select (select count(*) from assignment where case_id = $1 and ended_at is null),
                    (select count(*) from assignment a join mso_case c on c.assignment_id = a.id
                     where c.id = $1 and a.ended_at is null),
                    (select count(*) from issue where case_id = $1 and kind = 'return' and state = 'open'),
                    (select count(*) from invoice where case_id = $1),
                    (select count(*) from service_record where case_id = $1)",
            )
            .bind(self.case_id.as_uuid())
            .fetch_one(&self.server.root)
            .await
            .unwrap();
        assert!(live <= 1, "one live assignment: {case:?}");
        assert_eq!(live, live_of_case, "it is the case's: {case:?}");
        let done = case.status == CaseStatus::Done;
        let waits = [CaseStatus::New, CaseStatus::Rejected];
        let held = !waits.contains(&case.status)
            && case.resume_status != Some(CaseStatus::New)
            && !case.window_closed;
        if case.closure.is_none() {
            assert_eq!(live == 1, held, "{case:?}");
            assert_eq!(case.status == CaseStatus::Returned, open_returns > 0, "{case:?}");
        } else {
            assert_eq!(live, 0, "{case:?}");
            assert!(case.closure_reason.is_some(), "{case:?}");
        }
        assert_eq!(
            case.status == CaseStatus::Returned,
            case.resume_status.is_some(),
            "{case:?}"
        );
        assert_eq!(
            (invoices, services),
            (i64::from(done), i64::from(done)),
            "{case:?}"
        );
        assert!(!self.was_done || done, "Done is never left: {case:?}");
        self.was_done = done;
        self.coverage.statuses.insert(case.status.name());
        self.coverage
            .closures
            .extend(case.closure.map(|closure| closure.name()));
    }

    /// All phones come to rest; nothing that was typed is lost, and the case can still be finished.
    pub(super) async fn ends_well(&mut self) {
        for who in Who::ALL {
            self.sync(who).await;
        }
        for who in Who::ALL {
            self.sync(who).await;
        }
        for done in &self.confirmed {
            let answer = self.answer(done.who, done.command_id).await;
            let Some(code) = answer else {
                panic!("{} of {:?} has no answer", done.name, done.who);
            };
            let forgotten = self.server.clock.now() >= done.at.plus_millis(THIRTY_DAYS);
            if code == "applied" {
                continue;
            }
            self.coverage.refused_late.insert((done.name, code.clone()));
            if !done.words || forgotten {
                continue;
            }
            let drafts = self.phone(done.who).workspace.drafts().unwrap();
            let kept = drafts.iter().any(|draft| {
                draft.command_id == done.command_id
                    || draft
                        .waiting
                        .iter()
                        .any(|waiting| waiting.command_id == done.command_id)
            });
            assert!(
                kept,
                "{} of {:?} was refused with {code} and is lost",
                done.name, done.who
            );
            self.coverage.drafts += 1;
        }
        let case = self.truth().await;
        if case.closure.is_some() || case.status == CaseStatus::Done {
            return;
        }
        if self.number.is_multiple_of(3) {
            self.close().await;
        } else {
            self.finish().await;
        }
    }

    /// The requester withdraws the case or, once an expert has accepted it, an admin cancels it.
    async fn close(&mut self) {
        let seen = self.seen_by_admins().await;
        let writer = Writer {
            seen: &seen,
            pick: 0,
            now: self.server.clock.now(),
            number: 0,
        };
        let withdraw = writer.requester(RequesterAct::Withdraw, self.colleague.user);
        let cancel = writer.admin(AdminAct::Cancel, self.experts());
        let requester = self.phone(Who::Requester).actor;
        let answer = self.executes(&requester, withdraw.unwrap(), None).await;
        if answer != "applied" {
            assert_eq!(answer, "ask_admin");
            let admin = self.admin;
            let answer = self.executes(&admin, cancel.unwrap(), None).await;
            assert_eq!(answer, "applied");
        }
        self.changed();
        self.server_is_sound().await;
        for who in Who::ALL {
            self.sync(who).await;
        }
    }

    /// An admin and an expert bring the case to Done, wherever it stands.
    async fn finish(&mut self) {
        let admin = self.admin;
        let seen = self.seen_by_admins().await;
        for issue in &seen.issues {
            let resolve = ResolveIssue {
                case_id: self.case_id,
                issue_id: issue.id,
                note: None,
            };
            if issue.state.is_live() {
                let answer = self.executes(&admin, resolve.into(), None).await;
                assert_eq!(answer, "applied", "{issue:?}");
            }
        }
        let experts = self.experts();
        let case = self.truth().await;
        if case.assignment.is_none() {
            let writer = Writer {
                seen: &self.seen_by_admins().await,
                pick: 1,
                now: self.server.clock.now(),
                number: 0,
            };
            let assign = writer.admin(AdminAct::Assign, experts).unwrap();
            assert_eq!(self.executes(&admin, assign, None).await, "applied", "{case:?}");
        }
        let attempt = self.truth().await.assignment.unwrap();
        let who = [Who::Cardiologist, Who::Generalist]
            .into_iter()
            .find(|who| self.phone(*who).actor.provider() == Some(attempt.provider_id))
            .unwrap();
        let expert = self.phone(who).actor;
        for act in [ExpertAct::Accept, ExpertAct::Start, ExpertAct::Recommend] {
            let seen = self.seen_by_admins().await;
            let writer = Writer {
                seen: &seen,
                pick: 0,
                now: self.server.clock.now(),
                number: 0,
            };
            let command = writer.expert(act).unwrap();
            let answer = self.executes(&expert, command, Some(attempt.id)).await;
            assert_eq!(answer, "applied", "{act:?}");
        }
        self.changed();
        self.server_is_sound().await;
        assert!(self.was_done);
        self.sync(Who::Requester).await;
        self.sync(who).await;
    }
}
