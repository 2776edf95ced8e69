//! `SubmitCase`: a requester asks for an opinion on a verified patient. (none) → New.
//!
//! The case and document ids are the device's, so a repeated submit finds the case there. The files follow later:
//! until all are stored the case is `awaiting_uploads` and cannot be assigned.

use serde::{Deserialize, Serialize};

use super::case::{Case, CaseEvent, CaseStatus, Due, Readiness};
use super::request::CaseRequest;
use crate::decision::{Decision, Effect, Event};
use crate::documents::{DeclaredFile, MAX_DOCUMENTS};
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, PatientId};
use crate::patients::Verification;
use crate::refusal::Refusal;

/// Opens a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitCase {
    /// The new case.
    pub case_id: CaseId,
    /// For whom.
    pub patient_id: PatientId,
    /// What is asked.
    pub request: CaseRequest,
    /// The manifest: files that will be uploaded.
    #[serde(default)]
    pub documents: Vec<DeclaredFile>,
}

impl SubmitCase {
    pub(crate) const NEEDS: &'static [Need] = &[
        Need::Case,
        Need::Documents,
        Need::Patient,
        Need::Specialties,
        Need::Price,
    ];

    pub(crate) fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
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
        if let Some(patient) = facts.patient.existing()? {
            if patient.institution_id != institution_id {
                return Err(Refusal::PatientForeign);
            }
            if !patient.active {
                return Err(Refusal::PatientInactive);
            }
            if !matches!(patient.verification, Verification::Verified { .. }) {
                return Err(Refusal::PatientUnverified);
            }
        }
        if facts
            .specialties
            .known()
            .is_some_and(|all| !all.iter().any(|s| s.code == self.request.specialty))
        {
            return Err(Refusal::SpecialtyUnknown);
        }
        if self.request.consent_basis.obtained_at > ctx.now {
            return Err(Refusal::ConsentInvalid);
        }
        if self.documents.is_empty() && !self.request.history.has_narrative() {
            return Err(Refusal::NothingToReview);
        }
        if self.documents.len() > MAX_DOCUMENTS {
            return Err(Refusal::DocumentTooLarge);
        }
        for file in &self.documents {
            file.check()?;
        }
        if facts.price.known().is_some_and(Option::is_none) {
            return Err(Refusal::NoPrice);
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
            patient_id: self.patient_id,
            requester_id: ctx.actor.user,
            request: self.request.clone(),
            status: CaseStatus::New,
            resume_status: None,
            closure: None,
            readiness,
            assignment: None,
            due: Due::default(),
            version: 0,
            submitted_at: ctx.now,
            done_at: None,
        };
        let mut decision = Decision::of(Event::Case(self.case_id, CaseEvent::Submitted(Box::new(case))));
        for file in &self.documents {
            decision = decision.and(Event::DocumentDeclared(Box::new(file.declare(
                self.case_id,
                ctx,
                false,
            ))));
        }
        Ok(decision
            .with(Effect::DrawCaseNumber)
            .with(Effect::FreezeQuote)
            .with(Effect::GrantToInstitution(institution_id)))
    }
}
