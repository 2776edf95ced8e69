//! Converts the JSON of a request to the FFI's records.

use std::str::FromStr;
use std::time::SystemTime;

use mso_core::cases::{AdviceKind, Agreement, ConsentKind, DiagnosisRank, FeedbackOutcome, UrgencyLevel};
use mso_core::documents::DocumentKind;
use mso_core::ids::{CaseId, PatientId};
use mso_core::issues::IssueKind;
use mso_core::patients::{IdentifierKind, Sex, VerificationMethod};
use mso_ffi::{
    AdviceItem, AllergyItem, CaseOperation, CaseRequest, DiagnosisItem, Feedback, MedicationItem, MsoError,
    NewCase, NewPatient, Opinion, PatientFields, PatientIdentifier,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) fn missing(name: &str) -> MsoError {
    MsoError::Invalid {
        field: name.to_owned(),
        reason: "missing".to_owned(),
    }
}

pub(crate) fn text<T: for<'a> From<&'a str>>(request: &Value, name: &str) -> Option<T> {
    request.get(name).and_then(Value::as_str).map(T::from)
}

fn needed<T: for<'a> From<&'a str>>(request: &Value, name: &str) -> Result<T, MsoError> {
    text(request, name).ok_or_else(|| missing(name))
}

pub(crate) fn id<T: FromStr>(request: &Value, name: &str) -> Result<T, MsoError> {
    needed::<String>(request, name)?
        .parse()
        .map_err(|_| missing(name))
}

pub(crate) fn named<T: DeserializeOwned>(request: &Value, name: &str) -> Result<T, MsoError> {
    let value = request.get(name).cloned().ok_or_else(|| missing(name))?;
    serde_json::from_value(value).map_err(|_| missing(name))
}

/// An optional list of ids.
fn ids<T: DeserializeOwned>(request: &Value, name: &str) -> Result<Vec<T>, MsoError> {
    match request.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(_) => named(request, name),
    }
}

fn rows<'a>(request: &'a Value, name: &str) -> &'a [Value] {
    request
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub(crate) const fn method() -> VerificationMethod {
    VerificationMethod::DocumentSeen
}

pub(crate) const fn kind() -> DocumentKind {
    DocumentKind::Other
}

pub(crate) fn patient(request: &Value, patient_id: PatientId) -> Result<NewPatient, MsoError> {
    Ok(NewPatient {
        patient_id,
        family_name: needed(request, "family_name")?,
        given_name: text(request, "given_name"),
        birth_date: needed(request, "birth_date")?,
        sex: named::<Sex>(request, "sex")?,
        identifiers: rows(request, "identifiers")
            .iter()
            .map(identifier)
            .collect::<Result<_, MsoError>>()?,
        no_identifier_reason: text(request, "no_identifier_reason"),
        preferred_language: text(request, "preferred_language"),
    })
}

/// A form with the values that were `entered`.
pub(crate) fn changed(mut form: PatientFields, request: &Value) -> Result<PatientFields, MsoError> {
    let entered = request.get("entered").ok_or_else(|| missing("entered"))?;
    form.family_name = text(entered, "family_name").unwrap_or(form.family_name);
    form.given_name = text(entered, "given_name").or(form.given_name);
    form.birth_date = text(entered, "birth_date").unwrap_or(form.birth_date);
    form.phone = text(entered, "phone").or(form.phone);
    form.email = text(entered, "email").or(form.email);
    form.preferred_language = text(entered, "preferred_language").or(form.preferred_language);
    if entered.get("sex").is_some() {
        form.sex = named(entered, "sex")?;
    }
    if entered.get("identifiers").is_some() {
        let rows = rows(entered, "identifiers").iter();
        form.identifiers = rows.map(identifier).collect::<Result<_, _>>()?;
    }
    Ok(form)
}

fn identifier(row: &Value) -> Result<PatientIdentifier, MsoError> {
    Ok(PatientIdentifier {
        kind: named::<IdentifierKind>(row, "kind")?,
        issuer: needed(row, "issuer")?,
        number: needed(row, "number")?,
        valid_to: None,
    })
}

pub(crate) fn case(request: &Value, case_id: CaseId) -> Result<NewCase, MsoError> {
    Ok(NewCase {
        case_id,
        patient_id: id(request, "patient_id")?,
        request: CaseRequest {
            specialty: needed(request, "specialty")?,
            subspecialty: None,
            urgency: named::<UrgencyLevel>(request, "urgency")?,
            urgency_reason: text(request, "urgency_reason"),
            clinical_question: needed(request, "clinical_question")?,
            present_illness: text(request, "present_illness"),
            past_medical: text(request, "past_medical"),
            surgical: None,
            family: None,
            social: None,
            medications: Vec::new(),
            allergies: rows(request, "allergies")
                .iter()
                .map(|row| {
                    Ok(AllergyItem {
                        substance: needed(row, "substance")?,
                        reaction: text(row, "reaction"),
                        severity: None,
                    })
                })
                .collect::<Result<_, MsoError>>()?,
            no_known_allergies: false,
            vitals: None,
            pregnancy_status: None,
            current_diagnosis: Vec::new(),
            differential: None,
            treatment_so_far: text(request, "treatment_so_far"),
            previous_opinion: text(request, "previous_opinion"),
            previous_opinion_source: None,
            previous_opinion_date: None,
            previous_opinion_documents: Vec::new(),
            follows_case: None,
            consent_kind: named::<ConsentKind>(request, "consent_kind")?,
            consent_obtained_by: needed(request, "consent_obtained_by")?,
            consent_obtained_at: SystemTime::UNIX_EPOCH,
            consent_document: None,
        },
        documents: named(request, "documents")?,
    })
}

/// `None` for a verb that is not an operation on a case.
pub(crate) fn operation(verb: &str, request: &Value) -> Option<Result<CaseOperation, MsoError>> {
    Some(match verb {
        "accept" => Ok(CaseOperation::Accept),
        "reject" => named(request, "reason").map(|reason| CaseOperation::Reject {
            reason,
            text: text(request, "text"),
        }),
        "start_review" => Ok(CaseOperation::StartReview),
        "return_case" => needed(request, "text").map(|text| CaseOperation::ReportIssue {
            kind: IssueKind::Return,
            text,
            wanted_items: Vec::new(),
        }),
        "report_issue" => report_issue(request),
        "edit_issue" => edit_issue(request),
        "resolve_issue" => id(request, "issue_id").map(|issue_id| CaseOperation::ResolveIssue {
            issue_id,
            note: text(request, "note"),
        }),
        "reopen_issue" => id(request, "issue_id").map(|issue_id| CaseOperation::ReopenIssue { issue_id }),
        "delete_issue" => id(request, "issue_id").map(|issue_id| CaseOperation::DeleteIssue { issue_id }),
        "answer_issue" => answer_issue(request),
        "resubmit" => Ok(CaseOperation::Resubmit),
        "withdraw" => needed(request, "reason").map(|reason| CaseOperation::Withdraw { reason }),
        "request_cancellation" => {
            needed(request, "reason").map(|reason| CaseOperation::RequestCancellation { reason })
        }
        "request_release" => needed(request, "reason").map(|reason| CaseOperation::RequestRelease { reason }),
        "add_document" => {
            id(request, "document_id").map(|document_id| CaseOperation::AddDocument { document_id })
        }
        "submit_recommendation" => opinion(request.get("opinion").unwrap_or(&Value::Null))
            .map(|opinion| CaseOperation::SubmitRecommendation { opinion }),
        "amend_recommendation" => opinion(request.get("opinion").unwrap_or(&Value::Null))
            .map(|opinion| CaseOperation::AmendRecommendation { opinion }),
        "mark_recommendation_read" => Ok(CaseOperation::MarkRecommendationRead),
        "give_feedback" => give_feedback(request),
        "request_clarification" => {
            needed(request, "text").map(|text| CaseOperation::RequestClarification { text })
        }
        "answer_clarification" => answer_clarification(request),
        _ => return None,
    })
}

fn report_issue(request: &Value) -> Result<CaseOperation, MsoError> {
    Ok(CaseOperation::ReportIssue {
        kind: named::<IssueKind>(request, "kind")?,
        text: needed(request, "text")?,
        wanted_items: ids(request, "wanted_items")?,
    })
}

fn give_feedback(request: &Value) -> Result<CaseOperation, MsoError> {
    Ok(CaseOperation::GiveFeedback {
        recommendation_version: named(request, "recommendation_version")?,
        feedback: Feedback {
            rating: named(request, "rating")?,
            usefulness: None,
            outcome: named::<FeedbackOutcome>(request, "outcome")?,
            changed_management: None,
            comment: text(request, "comment"),
            shared_with_provider: true,
        },
    })
}

fn answer_clarification(request: &Value) -> Result<CaseOperation, MsoError> {
    Ok(CaseOperation::AnswerClarification {
        clarification_id: id(request, "clarification_id")?,
        text: needed(request, "text")?,
    })
}

fn edit_issue(request: &Value) -> Result<CaseOperation, MsoError> {
    Ok(CaseOperation::EditIssue {
        issue_id: id(request, "issue_id")?,
        text: needed(request, "text")?,
        wanted_items: Vec::new(),
    })
}

fn answer_issue(request: &Value) -> Result<CaseOperation, MsoError> {
    Ok(CaseOperation::AnswerIssue {
        issue_id: id(request, "issue_id")?,
        text: text(request, "text"),
        document_ids: ids(request, "document_ids")?,
    })
}

pub(crate) fn opinion(request: &Value) -> Result<Opinion, MsoError> {
    let diagnosis = |row: &Value| {
        Ok(DiagnosisItem {
            icd10: text(row, "icd10"),
            text: needed(row, "text")?,
            rank: named::<DiagnosisRank>(row, "rank")?,
            agreement: named::<Agreement>(row, "agreement")?,
        })
    };
    let advice = |row: &Value| {
        let (text, timeframe) = (needed(row, "text")?, text(row, "timeframe"));
        Ok(AdviceItem {
            kind: named::<AdviceKind>(row, "kind")?,
            text,
            timeframe,
            priority: None,
        })
    };
    Ok(Opinion {
        brief_history: needed(request, "brief_history")?,
        assessment: needed(request, "assessment")?,
        diagnosis: rows(request, "diagnosis")
            .iter()
            .map(diagnosis)
            .collect::<Result<_, MsoError>>()?,
        recommendations: rows(request, "recommendations")
            .iter()
            .map(advice)
            .collect::<Result<_, MsoError>>()?,
        medications: rows(request, "medications")
            .iter()
            .map(medication)
            .collect::<Result<_, MsoError>>()?,
        answer_to_question: needed(request, "answer_to_question")?,
        limitations: text(request, "limitations"),
        urgency_flag: false,
        declaration: true,
        findings: Vec::new(),
        references: Vec::new(),
    })
}

fn medication(row: &Value) -> Result<MedicationItem, MsoError> {
    Ok(MedicationItem {
        name: needed(row, "name")?,
        dose: needed(row, "dose")?,
        route: needed(row, "route")?,
        frequency: needed(row, "frequency")?,
        duration: text(row, "duration"),
        code: None,
        unit: None,
        caution: None,
        allergy_acknowledged: row.get("allergy_acknowledged") == Some(&Value::Bool(true)),
    })
}
