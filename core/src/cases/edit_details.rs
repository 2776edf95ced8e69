//! `EditCaseDetails`: the requester edits the request, as long as no expert has accepted the case.
//!
//! Urgency and service type cannot change because their price was frozen at submit (D-16). The specialty
//! cannot change while an expert has the case. Once an expert works on the case, new information goes into a
//! file or an answer (`frozen`, R7).

use serde::{Deserialize, Serialize};

use super::actions::CaseAction;
use super::case::Case;
use super::case::{CaseEvent, CaseStatus};
use super::request::CaseRequest;
use super::returning::files_settled;
use crate::actor::{Actor, Role};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::documents::Document;
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditCaseDetails {
    pub case_id: CaseId,
    /// The complete new request.
    pub request: CaseRequest,
}

impl CaseOperation for EditCaseDetails {
    const SPEC: Spec = Spec::offline("edit_case_details", &[Role::Requester]).clinical();
    const ACTION: Option<CaseAction> = Some(CaseAction::EditDetails);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Documents, Need::Specialties]
    }

    fn admits(case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        match case.status {
            CaseStatus::New | CaseStatus::Assigned | CaseStatus::Rejected | CaseStatus::Returned => {
                Ok(Step::Go)
            }
            CaseStatus::Accepted | CaseStatus::InProgress => Err(Refusal::Frozen),
            CaseStatus::Done => Err(Refusal::CaseDone),
        }
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let (old, new) = (&case.request, &self.request);
        let priced = |request: &CaseRequest| (request.service_type, request.urgency.level());
        if priced(old) != priced(new) || (old.specialty != new.specialty && case.assignment.is_some()) {
            return Err(Refusal::Frozen);
        }
        new.check(facts, ctx)?;
        let documents = facts.documents.known();
        let no_documents = documents.is_some_and(|documents| !documents.iter().any(Document::is_in_use));
        if no_documents && !new.history.has_narrative() {
            return Err(Refusal::NothingToReview);
        }
        if old == new {
            return Ok(Decision::noop());
        }
        let edited = CaseEvent::DetailsEdited(Box::new(new.clone()));
        let mut decision = Decision::of(Event::Case(self.case_id, edited));
        // A history may be what the case still waited for.
        let after = Case {
            request: new.clone(),
            ..case.clone()
        };
        if let Some(follows) = documents.and_then(|documents| files_settled(&after, documents, None, ctx)) {
            decision.events.extend(follows.events);
            decision.effects.extend(follows.effects);
        }
        if let Some(expert) = case.expert() {
            decision = decision.notifying(Notify::case(
                Audience::Expert(expert),
                NotificationKind::CaseDetailsEdited,
                self.case_id,
            ));
        }
        Ok(decision)
    }
}
