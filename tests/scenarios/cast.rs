//! The participants of a scenario about one case: the requester's phone, the expert's phone, and the case
//! between them.

use std::path::Path;

use anyhow::{Context, Result};
use mso_tests::admin::{Admin, Answer};
use mso_tests::phone::{Phone, PhoneError};
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::stage::{CARDIOLOGIST, REQUESTER, Stage, all_documents, case_with, patient, status, stored};

/// A case assigned to the demo's cardiologist, on both phones.
pub(crate) struct Cast {
    pub(crate) requester: Phone,
    pub(crate) provider: Phone,
    pub(crate) case_id: String,
    pub(crate) patient_id: String,
}

impl Cast {
    /// With Rust phones and no files.
    pub(crate) async fn on(stage: &Stage) -> Result<Self> {
        let rust = binaries::rust_phone()?;
        Self::with(stage, &rust, &rust, &[]).await
    }

    /// With phones that run these programs, and a case with these real files.
    pub(crate) async fn with(stage: &Stage, asks: &Path, answers: &Path, files: &[&str]) -> Result<Self> {
        let mut requester = stage.signed_in_on(asks, "requester", REQUESTER)?;
        let patient_id = patient(&mut requester, "T22000129")?;
        let (case_id, _) = case_with(&mut requester, &patient_id, files)?;
        requester.ok("sync", json!({}))?;
        if !files.is_empty() {
            let case = json!({"case_id": case_id});
            requester.wait("the files at the server", 60, "case", &case, |case| {
                all_documents(case, stored)
            })?;
        }
        stage.assign_to_cardiologist(&case_id).await?;
        let mut provider = stage.signed_in_on(answers, "provider", CARDIOLOGIST)?;
        provider.ok("sync", json!({}))?;
        Ok(Self {
            requester,
            provider,
            case_id,
            patient_id,
        })
    }

    /// A request body that names the case.
    pub(crate) fn case(&self) -> Value {
        json!({"case_id": self.case_id})
    }

    /// A request about the case, with these fields.
    pub(crate) fn say(&self, fields: Value) -> Value {
        about(&self.case_id, fields)
    }

    /// The expert accepts and begins the review; the requester's phone does not sync.
    pub(crate) fn begin_review(&mut self) -> Result<()> {
        for verb in ["accept", "start_review"] {
            let case = self.case();
            self.provider.ok(verb, case)?;
        }
        self.provider.ok("sync", json!({}))?;
        Ok(())
    }

    /// The opinion as a request.
    pub(crate) fn opinion(&self) -> Value {
        self.say(json!({"opinion": opinions::opinion()}))
    }

    /// The status of the case on the requester's phone after a sync.
    pub(crate) fn status_at_requester(&mut self) -> Result<String> {
        level(&mut self.requester)?;
        let case = self.case();
        Ok(status(&self.requester.ok("case", case)?).to_owned())
    }

    /// The status of the case on the expert's phone after a sync.
    pub(crate) fn status_at_provider(&mut self) -> Result<String> {
        level(&mut self.provider)?;
        let case = self.case();
        Ok(status(&self.provider.ok("case", case)?).to_owned())
    }
}

/// A request about this case, with these fields.
pub(crate) fn about(case_id: &str, mut fields: Value) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("case_id".to_owned(), json!(case_id));
    }
    fields
}

/// Syncs a phone until it is up to date.
pub(crate) fn level(phone: &mut Phone) -> Result<()> {
    phone.ok("sync", json!({})).map(drop)
}

/// Why something was not done: `refused unanswered_issue`, `not_found`.
pub(crate) fn why(answer: std::result::Result<Value, PhoneError>) -> Result<String> {
    let error = answer
        .err()
        .context("this was done, and should have been refused")?;
    Ok(match error.code {
        Some(code) if error.kind == "refused" => format!("refused {code}"),
        Some(_) | None => error.kind,
    })
}

/// This phone's commands that the server refused: name and code, newest first.
pub(crate) fn refusals(phone: &mut Phone) -> Result<Vec<(String, String)>> {
    let answer = phone.ok("notices", json!({}))?;
    let rows = answer.get("notices").and_then(Value::as_array);
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(rows
        .into_iter()
        .flatten()
        .filter_map(|row| Some((text(row, "command")?, text(row, "code")?)))
        .collect())
}

/// One refused command, as [`refusals`] lists it.
pub(crate) fn refusal(command: &str, code: &str) -> (String, String) {
    (command.to_owned(), code.to_owned())
}

/// The admin reassigns the case to the demo's other expert, having seen this status.
pub(crate) async fn give_to_generalist(admin: &Admin, case_id: &str, seen: &str) -> Result<()> {
    let other = admin.provider_named("Gene Ralist").await?;
    let answer = admin
        .reassign_seen(case_id, &other, "Cannot be reached.", seen)
        .await?;
    anyhow::ensure!(answer == Answer::Applied, "reassign was answered {answer:?}");
    Ok(())
}
