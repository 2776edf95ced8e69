//! `SubmitCase`: a requester asks for a second opinion on a verified patient. (none) → New.
//!
//! The device generates the case and document ids, so a repeated submit finds the existing case. Files are
//! uploaded later: until all are stored the case is `awaiting_uploads` and cannot be assigned.

use serde::{Deserialize, Serialize};

use super::case::{Case, CaseEvent, CaseStatus, Due, Readiness};
use super::request::{CaseRequest, UrgencyLevel};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event};
use crate::documents::{DeclaredFile, MAX_CASE_BYTES, MAX_DOCUMENTS};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, InstitutionId, PatientId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::patients::Verification;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitCase {
    pub case_id: CaseId,
    pub patient_id: PatientId,
    pub request: CaseRequest,
    /// Manifest of the files that will be uploaded.
    #[serde(default)]
    pub documents: Vec<DeclaredFile>,
}

impl Operation for SubmitCase {
    const SPEC: Spec = Spec::offline("submit_case", &[Role::Requester]).creating();

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![
            Need::TakenDocuments(&self.documents),
            Need::Patient(self.patient_id),
            Need::Survivor,
            Need::Specialties,
            Need::Price(&self.request),
            Need::Seller,
            Need::InstitutionActive,
        ]
    }

    fn files(&self) -> &[DeclaredFile] {
        &self.documents
    }

    fn builds_on(&self) -> Option<Aggregate> {
        Some(Aggregate::Patient(self.patient_id))
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(institution_id) = ctx.actor.institution() else {
            return Err(Refusal::Forbidden);
        };
        if facts.case.known().is_some_and(Option::is_some) {
            return Err(Refusal::CaseExists);
        }
        if facts
            .documents
            .known()
            .is_some_and(|documents| !documents.is_empty())
        {
            return Err(Refusal::DocumentExists);
        }
        if facts.institution_active.known() == Some(&false) {
            return Err(Refusal::InstitutionInactive);
        }
        let patient_id = self.patient(facts, institution_id)?;
        self.request.check(facts, ctx)?;
        if self.documents.is_empty() && !self.request.history.has_narrative() {
            return Err(Refusal::NothingToReview);
        }
        if self.documents.len() > MAX_DOCUMENTS {
            return Err(Refusal::TooManyDocuments);
        }
        for file in &self.documents {
            file.check()?;
        }
        let bytes = self
            .documents
            .iter()
            .try_fold(0_u64, |sum, file| sum.checked_add(file.size));
        if bytes.is_none_or(|bytes| bytes > MAX_CASE_BYTES) {
            return Err(Refusal::CaseTooLarge);
        }
        if facts.price.known().is_some_and(Option::is_none) {
            return Err(Refusal::NoPrice);
        }
        if let Some(Some(price)) = facts.price.known()
            && !facts.sells_in(price.net.currency)
        {
            return Err(Refusal::NoSeller);
        }

        let readiness = if self.documents.is_empty() {
            Readiness::Ready
        } else {
            Readiness::AwaitingUploads
        };
        let case = Case {
            id: self.case_id,
            number: None,
            institution_id,
            patient_id,
            requester_id: ctx.actor.user,
            request: self.request.clone(),
            status: CaseStatus::New,
            resume_status: None,
            closure: None,
            closure_reason: None,
            readiness,
            assignment: None,
            rejection: None,
            ever_accepted: false,
            pending_resubmission: None,
            team: vec![ctx.actor.user],
            due: Due::default(),
            overdue: Vec::new(),
            version: 0,
            submitted_at: ctx.now,
            done_at: None,
            window_ends_at: None,
            window_closed: false,
            read_at: None,
        };
        let mut decision = Decision::of(Event::Case(self.case_id, CaseEvent::Submitted(Box::new(case))));
        for file in &self.documents {
            let mut document = file.declare(self.case_id, ctx, false);
            document.of_submission = true;
            decision = decision.and(Event::Document(Box::new(document)));
        }
        if readiness == Readiness::Ready {
            let urgent = self.request.urgency.level() == UrgencyLevel::Urgent;
            let ready = Notify::case(Audience::Admins, NotificationKind::CaseReady, self.case_id);
            decision = decision.notifying(ready.high_if(urgent));
        }
        Ok(decision
            .with(Effect::DrawCaseNumber)
            .with(Effect::FreezeQuote)
            .with(Effect::GrantToInstitution(institution_id)))
    }
}

impl SubmitCase {
    /// Returns the patient of the case: the one named, or the one into which it was merged (R16).
    fn patient(&self, facts: &Facts, institution_id: InstitutionId) -> Result<PatientId, Refusal> {
        let Some(named) = facts.patient.existing()? else {
            return Ok(self.patient_id);
        };
        if named.institution_id != institution_id {
            return Err(Refusal::PatientForeign);
        }
        let patient = match named.duplicate_of {
            Some(survivor) => match facts.other_patient.known().and_then(Option::as_ref) {
                Some(patient) => patient,
                None => return Ok(survivor),
            },
            None => named,
        };
        if !patient.active {
            return Err(Refusal::PatientInactive);
        }
        if !matches!(patient.verification, Verification::Verified { .. }) {
            return Err(Refusal::PatientUnverified);
        }
        Ok(patient.id)
    }
}
