//! `mso-phone`: a phone in Rust over the same FFI as Kotlin and Swift, for tests in which it is killed often.
//!
//! One JSON object per line in, one per line out. The verbs are those of `android/README.md`, as far as the
//! tests need them, and a few that the FFI does not have yet (`beyond`). `MSO_CLOCK_AHEAD_DAYS` sets how far
//! this phone's clock is ahead. It contains no rules; it is as thin as an app.

#![expect(clippy::print_stdout, reason = "answers on stdout")]

mod answers;
mod beyond;
mod chats;
mod clock;
mod requests;

use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context, Result};
use mso_core::client;
use mso_ffi::{EnteredText, FormContent, MsoError, Workspace};
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
        let verb = requests::text::<String>(&request, "do").unwrap_or_default();
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
    let vault = Arc::new(mso_tests::vault::FileVault::beside(&directory));
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

/// The scenarios' lists are short, so one page has all rows.
const ALL: u32 = 1_000;

async fn answer(workspace: &Workspace, verb: &str, request: &Value) -> Result<Value, MsoError> {
    let text = |name| requests::text::<EnteredText>(request, name).ok_or_else(|| requests::missing(name));
    if let Some(answer) = chats::answer(workspace, verb, request) {
        return answer;
    }
    if let Some(operation) = requests::operation(verb, request) {
        let created = workspace
            .cases()
            .act(requests::id(request, "case_id")?, operation?)?;
        return Ok(answers::created(created));
    }
    Ok(match verb {
        "sign_in" => {
            workspace.sign_in(text("email")?, text("password")?).await?;
            json!({})
        }
        "go_online" => {
            workspace.sync().go_online()?;
            json!({})
        }
        "go_offline" => {
            workspace.sync().go_offline();
            json!({})
        }
        "sync" => {
            let report = workspace.sync().run_once().await?;
            json!({"applied": report.applied, "refused": report.refused, "failed": report.failed})
        }
        "status" => answers::status(&workspace.sync().status()?),
        "outbox" => {
            let names: Vec<_> = workspace
                .sync()
                .outbox()?
                .into_iter()
                .map(|item| item.command)
                .collect();
            json!({"outbox": names})
        }
        "create_patient" => {
            let patients = workspace.patients();
            let id = patients.create(requests::patient(request, patients.new_id())?)?;
            json!({"patient_id": id.to_string()})
        }
        "verify_patient" => {
            let patient = requests::id(request, "patient_id")?;
            workspace.patients().verify(patient, requests::method())?;
            json!({})
        }
        "patient" => {
            let id = requests::id(request, "patient_id")?;
            answers::patient(&workspace.patients().detail(id)?)
        }
        "edit_patient" => {
            let id = requests::id(request, "patient_id")?;
            let seen = workspace.patients().detail(id)?.fields;
            let wanted = requests::changed(seen.clone(), request)?;
            workspace.patients().edit(id, seen, wanted)?;
            json!({})
        }
        "edit_conflicts" => {
            let conflicts = workspace.patients().edit_conflicts()?;
            json!({"conflicts": conflicts.iter().map(answers::edit_conflict).collect::<Vec<_>>()})
        }
        "resolve_edit" => {
            let (id, mine) = (
                requests::id(request, "command_id")?,
                requests::named(request, "mine")?,
            );
            workspace.patients().resolve_edit(id, mine)?;
            json!({})
        }
        "patients" => {
            let page = workspace.patients().list(None, ALL)?;
            let ids: Vec<_> = page
                .patients
                .iter()
                .map(|row| row.patient_id.to_string())
                .collect();
            json!({"patients": ids})
        }
        "stage_file" => {
            let (path, title) = (text("path")?, text("title")?);
            answers::staged(&workspace.documents().stage_file(path, requests::kind(), title)?)
        }
        "submit_case" => {
            let cases = workspace.cases();
            let id = match request.get("case_id") {
                Some(_) => requests::id(request, "case_id")?,
                None => cases.new_id(),
            };
            let id = cases.submit(requests::case(request, id)?)?;
            json!({"case_id": id.to_string()})
        }
        "save_case_form" => {
            let case = requests::case(request, requests::id(request, "case_id")?)?;
            workspace.forms().save(FormContent::Case { case })?;
            json!({})
        }
        "saved_case_form" => {
            let saved = workspace.forms().of_case(requests::id(request, "case_id")?)?;
            json!({"form": saved.map(|form| answers::form(&form.content))})
        }
        "save_opinion" => {
            let case_id = requests::id(request, "case_id")?;
            let opinion = requests::opinion(request.get("opinion").unwrap_or(&Value::Null))?;
            workspace
                .forms()
                .save(FormContent::Opinion { case_id, opinion })?;
            json!({})
        }
        "saved_opinion" => {
            let saved = workspace.forms().of_opinion(requests::id(request, "case_id")?)?;
            json!({"form": saved.map(|form| answers::form(&form.content))})
        }
        "cases" => {
            let rows: Vec<_> = workspace
                .cases()
                .list(None, ALL)?
                .cases
                .iter()
                .map(answers::summary)
                .collect();
            json!({"cases": rows})
        }
        "case" => answers::detail(&workspace.cases().detail(requests::id(request, "case_id")?)?),
        "issues" => {
            let case = requests::id(request, "case_id")?;
            // As in the apps: issues are shown on the screen of a case that is on the phone.
            workspace.cases().detail(case)?;
            let rows: Vec<_> = workspace
                .cases()
                .issues(case)?
                .iter()
                .map(answers::issue)
                .collect();
            json!({"issues": rows})
        }
        "document_sha256" => {
            let document = requests::id(request, "document_id")?;
            json!({"sha256": workspace.documents().sha256(document)?})
        }
        "notices" => {
            let rows: Vec<_> = workspace.notices().list()?.iter().map(answers::notice).collect();
            json!({"notices": rows})
        }
        "notifications" => {
            let page = workspace.notifications().list(None, ALL)?;
            let rows: Vec<_> = page.notifications.iter().map(answers::notification).collect();
            json!({"notifications": rows})
        }
        "unread_notifications" => json!({"unread": workspace.notifications().unread()?}),
        "mark_notification_read" => {
            let id = requests::id(request, "notification_id")?;
            workspace.notifications().mark_read(id)?;
            json!({})
        }
        "integrity_check" => json!({"result": workspace.integrity_check()?}),
        _ => return Err(requests::missing("do")),
    })
}
