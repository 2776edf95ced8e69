//! Texts that scenarios and the demo put into cases: a realistic request and its answer.

use serde_json::{Value, json};

/// A patient as entered on a phone.
#[must_use]
pub fn patient(family: &str, given: &str, number: &str) -> Value {
    json!({
        "family_name": family,
        "given_name": given,
        "birth_date": "1958-04-17",
        "sex": "female",
        "identifiers": [{"kind": "national_id", "issuer": "DE", "number": number}],
        "preferred_language": "de",
    })
}

/// A case for this patient with these staged files.
#[must_use]
pub fn request(patient_id: &str, documents: &[String]) -> Value {
    json!({
        "patient_id": patient_id,
        "specialty": "cardiology",
        "urgency": "routine",
        "clinical_question": "Severe mitral regurgitation: is repair indicated now, or is watchful waiting safe?",
        "present_illness": "Dyspnoea on exertion for three months, NYHA II to III.",
        "past_medical": "Arterial hypertension since 2009.",
        "treatment_so_far": "Ramipril 5 mg, torasemide 10 mg.",
        "previous_opinion": "Conservative treatment was advised in September.",
        "consent_kind": "written",
        "consent_obtained_by": "Dr. Weber",
        "consent_obtained_at": "2026-01-05T09:00:00Z",
        "documents": documents,
    })
}

#[must_use]
pub fn opinion() -> Value {
    json!({
        "brief_history": "68-year-old patient with symptomatic primary mitral regurgitation.",
        "assessment": "Severe primary mitral regurgitation with preserved left ventricular function and symptoms.",
        "diagnosis": [
            {"icd10": "I34.0", "text": "Mitral valve insufficiency", "rank": "primary", "agreement": "confirmed"},
            {"icd10": "I10", "text": "Essential hypertension", "rank": "secondary", "agreement": "confirmed"},
        ],
        "recommendations": [
            {"kind": "surgery", "text": "Mitral valve repair in an experienced centre.", "timeframe": "within 8 weeks"},
            {"kind": "investigation", "text": "Transoesophageal echocardiography beforehand."},
        ],
        "medications": [
            {"name": "Ramipril", "dose": "5 mg", "route": "oral", "frequency": "once daily"},
        ],
        "answer_to_question": "Repair is indicated now: symptoms are present, and waiting costs function.",
        "urgency_flag": false,
        "declaration": true,
    })
}
