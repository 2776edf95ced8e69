//! From the tables to what commands carry: patients, requests, opinions.
//!
//! The invariant: nothing is added that is not in the tables, so a text is changed there.

use mso_core::cases::{
    Advice, AdvisedMedication, Allergy, CaseRequest, ConsentBasis, ConsentKind, CurrentDiagnosis,
    CurrentMedication, Diagnosis, DiagnosisRank, Finding, History, Icd10Code, RecommendationContent,
    ReviewedDocument, ServiceType, Urgency,
};
use mso_core::catalogue::SpecialtyCode;
use mso_core::documents::DeclaredFile;
use mso_core::ids::PatientId;
use mso_core::patients::{CreatePatient, Identifier, IdentifierKind, IdentifierValue, PatientName};
use mso_core::people::Language;
use mso_core::time::{PartialDate, Timestamp};

use super::cases::{CaseText, Opinion};
use super::error::{DemoDataError, text};
use super::patients::{House, Person};

/// The command that adds a patient.
pub(super) fn patient(person: &Person, id: PatientId) -> Result<CreatePatient, DemoDataError> {
    let name = PatientName::new(
        text("family name", person.family)?,
        Some(text("given name", person.given)?),
    );
    let born = person.born.parse::<PartialDate>();
    let born = born.map_err(|_| DemoDataError::Value("birth date"))?;
    let issuer = match person.house {
        House::Hospital => "DH",
        House::Clinic => "OC",
        House::Gdansk => "SD",
    };
    let mut identifiers = vec![identifier(IdentifierKind::Mrn, issuer, person.mrn)?];
    if let Some((kind, country, value)) = person.national {
        identifiers.push(identifier(kind, country, value)?);
    }
    let language = Language::new(person.language).map_err(|_| DemoDataError::Value("language"))?;
    Ok(CreatePatient {
        identifiers,
        birth_date_estimated: person.born.len() == 4,
        preferred_language: Some(language),
        ..CreatePatient::new(id, name, born, person.sex)
    })
}

fn identifier(kind: IdentifierKind, issuer: &str, value: &str) -> Result<Identifier, DemoDataError> {
    let value = IdentifierValue::new(value).ok_or(DemoDataError::Value("identifier"))?;
    Ok(Identifier::new(kind, text("issuer", issuer)?, value))
}

/// What is asked.
pub(super) fn request(case: &CaseText, consent_at: Timestamp) -> Result<CaseRequest, DemoDataError> {
    let urgency = match case.urgent {
        None => Urgency::Routine,
        Some(reason) => Urgency::Urgent {
            reason: text("reason of urgency", reason)?,
        },
    };
    let mut current_diagnosis = Vec::new();
    for (code, what, certainty) in case.diagnosis {
        let is_first = current_diagnosis.is_empty();
        current_diagnosis.push(CurrentDiagnosis {
            icd10: Some(icd10(code)?),
            text: text("diagnosis", what)?,
            rank: if is_first {
                DiagnosisRank::Primary
            } else {
                DiagnosisRank::Secondary
            },
            certainty: *certainty,
        });
    }
    Ok(CaseRequest {
        service_type: ServiceType::OneSpecialist,
        specialty: SpecialtyCode::new(case.specialty).ok_or(DemoDataError::Value("specialty"))?,
        subspecialty: None,
        urgency,
        clinical_question: text("question", case.question)?,
        history: history(case)?,
        treatment_so_far: None,
        previous_opinion: None,
        consent_basis: ConsentBasis {
            kind: ConsentKind::Written,
            obtained_by: text("consent", "the ward physician")?,
            obtained_at: consent_at,
            document_id: None,
        },
        current_diagnosis,
        differential: None,
        follows_case: None,
    })
}

fn history(case: &CaseText) -> Result<History, DemoDataError> {
    let mut medications = Vec::new();
    for (name, dose, frequency) in case.medications {
        medications.push(CurrentMedication {
            name: text("medication", name)?,
            dose: dose.map(|dose| text("dose", dose)).transpose()?,
            frequency: Some(text("frequency", frequency)?),
            route: None,
            since: None,
        });
    }
    let mut allergies = Vec::new();
    for (substance, reaction, severity) in case.allergies {
        allergies.push(Allergy {
            substance: text("allergy", substance)?,
            reaction: Some(text("reaction", reaction)?),
            severity: Some(*severity),
        });
    }
    Ok(History {
        present_illness: Some(text("history", case.illness)?),
        past_medical: Some(text("past history", case.past)?),
        medications,
        no_known_allergies: allergies.is_empty(),
        allergies,
        ..History::default()
    })
}

/// What the expert answers, having read these files.
pub(super) fn opinion(
    case: &CaseText,
    opinion: &Opinion,
    files: &[DeclaredFile],
) -> Result<RecommendationContent, DemoDataError> {
    let mut findings = Vec::new();
    if let Some(first) = files.first() {
        findings.push(Finding {
            document_id: first.document_id,
            comment: text("finding", opinion.finding)?,
        });
    }
    let mut recommendations = Vec::new();
    for (kind, what, when) in opinion.advice {
        recommendations.push(Advice {
            kind: *kind,
            text: text("advice", what)?,
            priority: None,
            timeframe: when.map(|when| text("time frame", when)).transpose()?,
        });
    }
    let mut medications = Vec::new();
    for (name, dose, route, frequency) in opinion.medications {
        medications.push(AdvisedMedication {
            name: text("medication", name)?,
            dose: text("dose", dose)?,
            route: text("route", route)?,
            frequency: text("frequency", frequency)?,
            duration: None,
            code: None,
            unit: None,
            caution: None,
            allergy_acknowledged: false,
        });
    }
    let reviewed = |file: &DeclaredFile| ReviewedDocument {
        document_id: file.document_id,
        sha256: file.sha256,
    };
    Ok(RecommendationContent {
        brief_history: text("brief history", case.illness)?,
        findings,
        assessment: text("assessment", opinion.assessment)?,
        diagnosis: vec![Diagnosis {
            icd10: Some(icd10(opinion.icd)?),
            text: text("diagnosis", opinion.diagnosis)?,
            rank: DiagnosisRank::Primary,
            agreement: opinion.agreement,
        }],
        recommendations,
        medications,
        answer_to_question: text("answer", opinion.answer)?,
        limitations: None,
        urgency_flag: case.urgent.is_some(),
        references: Vec::new(),
        reviewed_documents: files.iter().map(reviewed).collect(),
        declaration: true,
    })
}

fn icd10(code: &str) -> Result<Icd10Code, DemoDataError> {
    Icd10Code::new(code).ok_or(DemoDataError::Value("diagnosis code"))
}
