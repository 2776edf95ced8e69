//! `mso-phone`: a phone in Rust over the same FFI as Kotlin and Swift, for tests in which it is killed often.
//!
//! One JSON object per line in, one per line out. The verbs are those of `android/README.md`, as far as the
//! tests need them, and a few that the FFI does not have yet (`beyond`). `MSO_CLOCK_AHEAD_DAYS` sets how far
//! this phone's clock is ahead. It contains no rules; it is as thin as an app.

#![expect(clippy::print_stdout, reason = "answers on stdout")]

mod answers;
mod beyond;
mod clock;
mod requests;
mod vault;

use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context, Result};
use mso_core::client;
use mso_ffi::{MsoError, Workspace};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut workspace = None;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?).context("not a request")?;
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        let verb = requests::text(&request, "do").unwrap_or_default();
        let answer = match (verb.as_str(), &workspace) {
            ("quit", _) => {
                println!("{}", json!({"id": id, "ok": {}}));
                break;
            }
            ("open", _) => open().map(|opened| {
                workspace = Some(opened);
                json!({})
            }),
            (_, Some((inner, workspace))) => match beyond::answer(inner, &verb, &request) {
                Some(answer) => answer,
                None => runtime.block_on(answer(workspace, &verb, &request)),
            },
            (_, None) => Err(MsoError::NotFound),
        };
        match answer {
            Ok(ok) => println!("{}", json!({"id": id, "ok": ok})),
            Err(error) => println!("{}", json!({"id": id, "error": answers::error(&error)})),
        }
    }
    if let Some((inner, _)) = workspace {
        inner.close();
    }
    Ok(())
}

/// The workspace, and the FFI over it.
fn open() -> Result<(Arc<client::Workspace>, Arc<Workspace>), MsoError> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let directory = variable("MSO_STORE");
    let vault = Arc::new(vault::FileVault::beside(&directory));
    let clock = clock::WrongClock::ahead(&variable("MSO_CLOCK_AHEAD_DAYS"));
    let options = client::OpenOptions {
        directory: directory.into(),
        server_url: variable("MSO_SERVER"),
        platform: "linux".to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        device_name: variable("MSO_DEVICE_NAME"),
    };
    let inner = client::Workspace::open(options, vault, Arc::new(clock))?;
    Ok((Arc::clone(&inner), Workspace::over(inner)))
}

async fn answer(workspace: &Workspace, verb: &str, request: &Value) -> Result<Value, MsoError> {
    let text = |name| requests::text(request, name).ok_or_else(|| requests::missing(name));
    Ok(match verb {
        "sign_in" => {
            workspace.sign_in(text("email")?, text("password")?).await?;
            json!({})
        }
        "go_online" => {
            workspace.go_online()?;
            json!({})
        }
        "go_offline" => {
            workspace.go_offline();
            json!({})
        }
        "sync" => {
            let report = workspace.sync().await?;
            json!({"applied": report.applied, "refused": report.refused, "failed": report.failed})
        }
        "status" => answers::status(&workspace.sync_status()?),
        "outbox" => {
            let names: Vec<_> = workspace.outbox()?.into_iter().map(|item| item.command).collect();
            json!({"outbox": names})
        }
        "create_patient" => {
            json!({"patient_id": workspace.create_patient(requests::patient(request)?)?.to_string()})
        }
        "verify_patient" => {
            workspace.verify_patient(requests::id(request, "patient_id")?, requests::method())?;
            json!({})
        }
        "patients" => {
            let ids: Vec<_> = workspace
                .patients()?
                .iter()
                .map(|row| row.patient_id.to_string())
                .collect();
            json!({"patients": ids})
        }
        "stage_file" => {
            let staged = workspace.stage_file(text("path")?, requests::kind(), text("title")?)?;
            answers::staged(&staged)
        }
        "submit_case" => json!({"case_id": workspace.submit_case(requests::case(request)?)?.to_string()}),
        "cases" => {
            let rows: Vec<_> = workspace.cases()?.iter().map(answers::summary).collect();
            json!({"cases": rows})
        }
        "case" => answers::detail(&workspace.case_detail(requests::id(request, "case_id")?)?),
        "accept" => {
            workspace.accept(requests::id(request, "case_id")?)?;
            json!({})
        }
        "reject" => {
            let reason = requests::named(request, "reason")?;
            workspace.reject(
                requests::id(request, "case_id")?,
                reason,
                requests::text(request, "text"),
            )?;
            json!({})
        }
        "return_case" => {
            let id = workspace.return_case(requests::id(request, "case_id")?, text("text")?)?;
            json!({"issue_id": id.to_string()})
        }
        "issues" => {
            let case = requests::id(request, "case_id")?;
            // As in the apps: issues are shown on the screen of a case that is on the phone.
            workspace.case_detail(case)?;
            let rows: Vec<_> = workspace.issues(case)?.iter().map(answers::issue).collect();
            json!({"issues": rows})
        }
        "answer_issue" => {
            workspace.answer_issue(
                requests::id(request, "case_id")?,
                requests::id(request, "issue_id")?,
                requests::text(request, "text"),
                requests::ids(request, "document_ids")?,
            )?;
            json!({})
        }
        "resubmit" => {
            workspace.resubmit(requests::id(request, "case_id")?)?;
            json!({})
        }
        "withdraw" => {
            workspace.withdraw(requests::id(request, "case_id")?, text("reason")?)?;
            json!({})
        }
        "add_document" => {
            let document = requests::id(request, "document_id")?;
            workspace.add_document(requests::id(request, "case_id")?, document)?;
            json!({})
        }
        "start_review" => {
            workspace.start_review(requests::id(request, "case_id")?)?;
            json!({})
        }
        "submit_recommendation" => {
            let opinion = requests::opinion(request.get("opinion").unwrap_or(&Value::Null))?;
            let id = workspace.submit_recommendation(requests::id(request, "case_id")?, opinion)?;
            json!({"recommendation_id": id.to_string()})
        }
        "document_sha256" => {
            json!({"sha256": workspace.document_sha256(requests::id(request, "document_id")?)?})
        }
        "notices" => {
            let rows: Vec<_> = workspace.notices()?.iter().map(answers::notice).collect();
            json!({"notices": rows})
        }
        "integrity_check" => json!({"result": workspace.integrity_check()?}),
        _ => return Err(requests::missing("do")),
    })
}
