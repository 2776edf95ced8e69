//! Who takes part in a scenario about one case: the phone that asks, the phone that answers, and the case between them.
//!
//! Not here: assertions; how a request is put and how an answer is read.

use std::path::Path;

use anyhow::{Context, Result};
use mso_tests::admin::{Admin, Answer};
use mso_tests::phone::{Phone, PhoneError};
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::stage::{CARDIOLOGIST, REQUESTER, Stage, all_documents, case_with, patient, status, stored};

/// A case that is assigned to the demo's cardiologist, on both phones.
pub(crate) struct Cast {
    pub(crate) requester: Phone,
    pub(crate) provider: Phone,
    pub(crate) case_id: String,
    pub(crate) patient_id: String,
}

impl Cast {
    /// With Rust phones, and no files.
    pub(crate) async fn on(stage: &Stage) -> Result<Self> {
        let rust = binaries::rust_phone()?;
        Self::with(stage, &rust, &rust, &[]).await
    }

    /// With phones of these programs, and a case with these real files.
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

    /// The case, as a request names it.
    pub(crate) fn case(&self) -> Value {
        json!({"case_id": self.case_id})
    }

    /// A request about the case, with these fields.
    pub(crate) fn say(&self, fields: Value) -> Value {
        about(&self.case_id, fields)
    }

    /// The expert accepts and begins; the requester's phone is told nothing.
    pub(crate) fn begin_review(&mut self) -> Result<()> {
        for verb in ["accept", "start_review"] {
            let case = self.case();
            self.provider.ok(verb, case)?;
        }
        self.provider.ok("sync", json!({}))?;
        Ok(())
    }

    /// The opinion, as a request.
    pub(crate) fn opinion(&self) -> Value {
        self.say(json!({"opinion": opinions::opinion()}))
    }

    /// Status of the case as the requester's phone shows it once it is level with the server.
    pub(crate) fn status_at_requester(&mut self) -> Result<String> {
        level(&mut self.requester)?;
        let case = self.case();
        Ok(status(&self.requester.ok("case", case)?).to_owned())
    }

    /// The same on the expert's phone.
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

/// Makes a phone level with the server.
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

/// Commands of this phone that the server refused: name and code, newest first.
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

/// The admin gives the case to the demo's other expert, having seen this status.
pub(crate) async fn give_to_generalist(admin: &Admin, case_id: &str, seen: &str) -> Result<()> {
    let other = admin.provider_named("Gene Ralist").await?;
    let answer = admin
        .reassign_seen(case_id, &other, "Cannot be reached.", seen)
        .await?;
    anyhow::ensure!(answer == Answer::Applied, "reassign was answered {answer:?}");
    Ok(())
}
