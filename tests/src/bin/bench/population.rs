//! An institution with as many patients and cases as wanted. One of each is made over the API; the others are
//! copies of their rows.

use anyhow::{Context, Result};
use mso_tests::admin::new_id;
use mso_tests::caller::Caller;
use mso_tests::database::Database;
use serde_json::{Value, json};

pub(crate) struct Population {
    patient: String,
    case: String,
    number: String,
    institution: String,
    size: i64,
}

/// The birth date that copies replace.
pub(crate) const BIRTH_DATE: &str = "1901-02-03";

/// A birth date made from an id without hyphens. Hardly two are the same, so hardly two patients look alike.
pub(crate) fn a_birth_date(id: &str) -> String {
    let number = u64::from_str_radix(id.get(20..).unwrap_or_default(), 16).unwrap_or_default();
    let (year, month, day) = (1900 + number % 120, 1 + number / 120 % 12, 1 + number / 1440 % 28);
    format!("{year}-{month:02}-{day:02}")
}

/// The payload of `create_patient` for somebody new.
pub(crate) fn patient(id: &str, family: &str, number: &str, birth_date: &str) -> Value {
    json!({
        "patient_id": id, "name": {"family": family, "given": "Amal"}, "birth_date": birth_date, "sex": "female",
        "identifiers": [{"kind": "national_id", "issuer": "SY", "value": number}],
    })
}

/// The payload of `submit_case`, without files.
pub(crate) fn case(id: &str, patient: &str) -> Value {
    json!({
        "case_id": id, "patient_id": patient,
        "request": {
            "service_type": "one_specialist", "specialty": "cardiology", "urgency": {"level": "routine"},
            "clinical_question": "Is an operation needed before the summer?",
            "history": {"present_illness": "Short of breath on stairs for two months."},
            "consent_basis": {"kind": "written", "obtained_by": "A. Nasser", "obtained_at": "2026-01-02T10:00:00.000Z"},
        },
    })
}

impl Population {
    /// One verified patient and one case.
    pub(crate) async fn begin(requester: &Caller) -> Result<Self> {
        let (patient_id, case_id) = (new_id(), new_id());
        requester
            .does(
                "create_patient",
                patient(&patient_id, "Zzpattern", "ZZ-NUMBER", BIRTH_DATE),
            )
            .await?;
        let verify = json!({"patient_id": patient_id, "method": "document_seen"});
        requester.does("verify_patient", verify).await?;
        requester.does("submit_case", case(&case_id, &patient_id)).await?;
        let stored = requester.get(&format!("/v1/cases/{case_id}")).await?;
        let text = |name: &str| stored.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            number: text("number").context("no number")?,
            institution: text("institution_id").context("no institution")?,
            patient: patient_id,
            case: case_id,
            size: 1,
        })
    }

    pub(crate) fn patient(&self) -> &str {
        &self.patient
    }

    /// Adds patients and cases until there are this many of each.
    pub(crate) async fn grow(&mut self, database: &Database, size: i64) -> Result<()> {
        let settings = [
            ("bench.patient", self.patient.clone()),
            ("bench.case", self.case.clone()),
            ("bench.number", self.number.clone()),
            ("bench.institution", self.institution.clone()),
            ("bench.from", (self.size + 1).to_string()),
            ("bench.to", size.to_string()),
        ];
        database.run(&settings, include_str!("sql/grow.sql")).await?;
        database.run(&[], "vacuum analyze").await?;
        self.size = size;
        Ok(())
    }
}
