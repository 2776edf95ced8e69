//! Cases: what is typed in becomes checked text here, what is read becomes flat.

use mso_core::cases::{
    Advice, AdvisedMedication, CaseRequest, ConsentBasis, Diagnosis, History, Icd10Code, PreviousOpinion,
    RecommendationContent, RejectionReason, ServiceType, Urgency, UrgencyLevel,
};
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::{CaseId, DocumentId, IssueId, RecommendationId};
use mso_core::issues::IssueKind;
use mso_core::text::Text;

use crate::error::MsoError;
use crate::patients::optional;
use crate::records::{
    AdviceItem, CaseDetail, CaseSummary, DiagnosisItem, IssueItem, MedicationItem, NewCase, Opinion,
};
use crate::views::timestamp;
use crate::workspace::{Workspace, each};

#[uniffi::export]
impl Workspace {
    /// Opens a case with the files staged before. Works offline.
    pub fn submit_case(&self, new_case: NewCase) -> Result<CaseId, MsoError> {
        let (patient_id, documents) = (new_case.patient_id, new_case.documents.clone());
        Ok(self
            .inner
            .submit_case(patient_id, new_case.try_into()?, documents)?)
    }

    /// Takes an assigned case. Works offline.
    pub fn accept(&self, case_id: CaseId) -> Result<(), MsoError> {
        Ok(self.inner.accept(case_id)?)
    }

    /// Declines an assigned case; the text is for admins only. Works offline.
    pub fn reject(
        &self,
        case_id: CaseId,
        reason: RejectionReason,
        text: Option<String>,
    ) -> Result<(), MsoError> {
        Ok(self.inner.reject(case_id, reason, optional("text", text)?)?)
    }

    /// Sends the case back to the requester with a question of 10 to 4,000 characters. Works offline.
    pub fn return_case(&self, case_id: CaseId, text: String) -> Result<IssueId, MsoError> {
        let text = required("text", &text)?;
        Ok(self
            .inner
            .report_issue(case_id, IssueKind::Return, text, Vec::new())?)
    }

    /// Answers a question that the case was returned with. Works offline.
    pub fn answer_issue(
        &self,
        case_id: CaseId,
        issue_id: IssueId,
        text: Option<String>,
        document_ids: Vec<DocumentId>,
    ) -> Result<(), MsoError> {
        let text = optional("text", text)?;
        Ok(self.inner.answer_issue(case_id, issue_id, text, document_ids)?)
    }

    /// Sends a returned case on, once everything is answered. Works offline.
    pub fn resubmit(&self, case_id: CaseId) -> Result<(), MsoError> {
        Ok(self.inner.resubmit(case_id)?)
    }

    /// Takes a case back that no expert has accepted. Works offline.
    pub fn withdraw(&self, case_id: CaseId, reason: String) -> Result<(), MsoError> {
        Ok(self.inner.withdraw(case_id, required("reason", &reason)?)?)
    }

    /// The issues of a case, oldest first.
    pub fn issues(&self, case_id: CaseId) -> Result<Vec<IssueItem>, MsoError> {
        Ok(each(self.inner.issues(case_id)?))
    }

    /// Begins the review. Works offline.
    pub fn start_review(&self, case_id: CaseId) -> Result<(), MsoError> {
        Ok(self.inner.start_review(case_id)?)
    }

    /// Gives the opinion; the case is done when the server has it. Works offline.
    pub fn submit_recommendation(
        &self,
        case_id: CaseId,
        opinion: Opinion,
    ) -> Result<RecommendationId, MsoError> {
        Ok(self.inner.submit_recommendation(case_id, opinion.try_into()?)?)
    }

    /// All cases on this phone, newest first.
    pub fn cases(&self) -> Result<Vec<CaseSummary>, MsoError> {
        Ok(each(self.inner.cases()?))
    }

    /// One case with everything its screen shows.
    pub fn case_detail(&self, case_id: CaseId) -> Result<CaseDetail, MsoError> {
        Ok(self.inner.case(case_id)?.into())
    }
}

fn required<const MIN: usize, const MAX: usize>(
    field: &'static str,
    text: &str,
) -> Result<Text<MIN, MAX>, MsoError> {
    Text::new(text).map_err(MsoError::text(field))
}

impl TryFrom<NewCase> for CaseRequest {
    type Error = MsoError;

    fn try_from(new_case: NewCase) -> Result<Self, MsoError> {
        let NewCase {
            patient_id: _,
            specialty,
            urgency,
            urgency_reason,
            clinical_question,
            present_illness,
            past_medical,
            treatment_so_far,
            previous_opinion,
            consent_kind,
            consent_obtained_by,
            consent_obtained_at,
            documents: _,
        } = new_case;
        let urgency = match urgency {
            UrgencyLevel::Routine => Urgency::Routine,
            UrgencyLevel::Urgent => Urgency::Urgent {
                reason: required("urgency_reason", &urgency_reason.unwrap_or_default())?,
            },
        };
        let previous_opinion = optional("previous_opinion", previous_opinion)?;
        Ok(Self {
            service_type: ServiceType::OneSpecialist,
            specialty: SpecialtyCode::new(&specialty).ok_or_else(|| MsoError::malformed("specialty"))?,
            urgency,
            clinical_question: required("clinical_question", &clinical_question)?,
            history: History {
                present_illness: optional("present_illness", present_illness)?,
                past_medical: optional("past_medical", past_medical)?,
                ..History::default()
            },
            treatment_so_far: optional("treatment_so_far", treatment_so_far)?,
            previous_opinion: previous_opinion.map(|summary| PreviousOpinion {
                source: None,
                summary,
                date: None,
                document_ids: Vec::new(),
            }),
            consent_basis: ConsentBasis {
                kind: consent_kind,
                obtained_by: required("consent_obtained_by", &consent_obtained_by)?,
                obtained_at: timestamp(consent_obtained_at),
                document_id: None,
            },
            subspecialty: None,
            current_diagnosis: Vec::new(),
            differential: None,
            follows_case: None,
        })
    }
}

impl TryFrom<Opinion> for RecommendationContent {
    type Error = MsoError;

    fn try_from(opinion: Opinion) -> Result<Self, MsoError> {
        let Opinion {
            brief_history,
            assessment,
            diagnosis,
            recommendations,
            medications,
            answer_to_question,
            limitations,
            urgency_flag,
            declaration,
        } = opinion;
        Ok(Self {
            brief_history: required("brief_history", &brief_history)?,
            findings: Vec::new(),
            assessment: required("assessment", &assessment)?,
            diagnosis: diagnosis
                .into_iter()
                .map(Diagnosis::try_from)
                .collect::<Result<_, _>>()?,
            recommendations: recommendations
                .into_iter()
                .map(Advice::try_from)
                .collect::<Result<_, _>>()?,
            medications: medications
                .into_iter()
                .map(AdvisedMedication::try_from)
                .collect::<Result<_, _>>()?,
            answer_to_question: required("answer_to_question", &answer_to_question)?,
            limitations: optional("limitations", limitations)?,
            urgency_flag,
            references: Vec::new(),
            // The core lists what is on this phone.
            reviewed_documents: Vec::new(),
            declaration,
        })
    }
}

impl TryFrom<DiagnosisItem> for Diagnosis {
    type Error = MsoError;

    fn try_from(item: DiagnosisItem) -> Result<Self, MsoError> {
        let DiagnosisItem {
            icd10,
            text,
            rank,
            agreement,
        } = item;
        let code = |code: String| Icd10Code::new(&code).ok_or_else(|| MsoError::malformed("icd10"));
        Ok(Self {
            icd10: icd10.map(code).transpose()?,
            text: required("diagnosis", &text)?,
            rank,
            agreement,
        })
    }
}

impl TryFrom<AdviceItem> for Advice {
    type Error = MsoError;

    fn try_from(item: AdviceItem) -> Result<Self, MsoError> {
        let AdviceItem {
            kind,
            text,
            timeframe,
        } = item;
        Ok(Self {
            kind,
            text: required("recommendations", &text)?,
            timeframe: optional("timeframe", timeframe)?,
            priority: None,
        })
    }
}

impl TryFrom<MedicationItem> for AdvisedMedication {
    type Error = MsoError;

    fn try_from(item: MedicationItem) -> Result<Self, MsoError> {
        let MedicationItem {
            name,
            dose,
            route,
            frequency,
            duration,
        } = item;
        Ok(Self {
            name: required("name", &name)?,
            dose: required("dose", &dose)?,
            route: required("route", &route)?,
            frequency: required("frequency", &frequency)?,
            duration: optional("duration", duration)?,
            code: None,
            unit: None,
            caution: None,
            allergy_acknowledged: false,
        })
    }
}
