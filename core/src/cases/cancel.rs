//! `CancelCase`: an admin closes a case that is not done (D-13). No invoice or service record is created.

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::assignment::AssignmentEnd;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus, Closure};
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::documents::abort_uploads;
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::issues::{IssueKind, resolve_pointless};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelCase {
    pub case_id: CaseId,
    pub reason: Reason,
}

impl CaseOperation for CancelCase {
    const SPEC: Spec = Spec::online("cancel_case", &[Role::Admin]);
    const ACTION: Option<CaseAction> = Some(CaseAction::Cancel);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Issues, Need::Documents]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        if case.status == CaseStatus::Done {
            return Err(Refusal::CaseDone);
        }
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let id = self.case_id;
        let closed = CaseEvent::Closed(Closure::Cancelled, self.reason.clone());
        let requests = [IssueKind::Release, IssueKind::CancelRequest];
        let decision = abort_uploads(Decision::of(Event::Case(id, closed)), facts);
        let decision = resolve_pointless(decision, facts, &requests, "cancelled", ctx)
            .notifying(Notify::case(Audience::Team(id), NotificationKind::CaseClosed, id));
        Ok(match case.assignment {
            Some(attempt) => decision
                .ending(attempt, AssignmentEnd::Cancelled, Some(&self.reason), ctx)
                .notifying(Notify::case(
                    Audience::Expert(attempt.provider_id),
                    NotificationKind::CaseClosed,
                    id,
                )),
            None => decision,
        })
    }
}
