//! A phone that receives all cases, and one that was away while others changed: time, bytes at the socket, and the peak of
//! its process's memory.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use mso_core::client::Workspace;
use mso_core::ids::CaseId;
use mso_core::issues::IssueKind;
use mso_core::text::Text;
use mso_server::admin::demo::PASSWORD;
use mso_tests::binaries;
use mso_tests::phone::Phone;
use mso_tests::proxy::Proxy;
use mso_tests::server::Server;
use serde_json::{Value, json};

use super::clinical::Seeded;
use super::{CASES, REQUESTER};
use crate::figures::Figure;
use crate::phone;

/// Changes a case, and one case in how many is changed.
const CHANGES_A_CASE: usize = 10;
const EVERY: usize = 4;
const GOAL_COLD_SECONDS: f64 = 1.5;
const GOAL_DELTA_SECONDS: f64 = 0.5;
const GOAL_MEMORY_MIB: f64 = 64.0;

struct CaughtUp {
    seconds: f64,
    bytes_down: u64,
    bytes_up: u64,
    peak_mib: f64,
}

pub(super) async fn run(
    folder: &Path,
    server: &Server,
    expert: &Workspace,
    cases: &[CaseId],
) -> Result<Vec<Figure>> {
    let proxy = Proxy::start(server.address()).await?;
    let store = folder.join("catching-up");
    let cold = catch_up(&proxy, &store, true).await?;

    let mut seeded = Seeded::new(3);
    for _ in 0..CHANGES_A_CASE {
        for case in cases.iter().step_by(EVERY) {
            let text = Text::new(&seeded.text(160)).map_err(|_| anyhow::anyhow!("not a text"))?;
            expert.report_issue(*case, IssueKind::Quality, text, Vec::new())?;
        }
    }
    phone::send_all(expert).await?;
    let delta = catch_up(&proxy, &store, false).await?;

    let mut figures = Vec::new();
    for (name, caught_up, goal) in [
        ("cold", cold, GOAL_COLD_SECONDS),
        ("delta", delta, GOAL_DELTA_SECONDS),
    ] {
        let CaughtUp {
            seconds,
            bytes_down,
            bytes_up,
            peak_mib,
        } = caught_up;
        let detail = json!({"bytes_down": bytes_down, "bytes_up": bytes_up});
        figures.push(Figure::at_most(
            &format!("catch-up/{name}"),
            seconds,
            "s",
            goal,
            detail,
        ));
        let name = format!("catch-up/{name}_peak_memory");
        figures.push(Figure::at_most(
            &name,
            peak_mib,
            "MiB",
            GOAL_MEMORY_MIB,
            json!({}),
        ));
    }
    Ok(figures)
}

/// Starts a phone's process, on a new store or its old one, and lets it sync once.
async fn catch_up(proxy: &Proxy, store: &Path, new: bool) -> Result<CaughtUp> {
    let (url, folder) = (proxy.url(), store.to_owned());
    let begin = move || begin(&url, &folder, new);
    let mut phone = tokio::task::spawn_blocking(begin).await??;
    let before = proxy.counts();
    let synced = move || -> Result<(Phone, f64)> {
        let begun = Instant::now();
        phone.ok("sync", json!({}))?;
        Ok((phone, begun.elapsed().as_secs_f64()))
    };
    let (phone, seconds) = tokio::task::spawn_blocking(synced).await??;
    let after = proxy.counts();
    let peak_mib = peak_mib(phone.process())?;
    tokio::task::spawn_blocking(move || end(phone, new)).await??;
    Ok(CaughtUp {
        seconds,
        bytes_down: after.down_bytes - before.down_bytes,
        bytes_up: after.up_bytes - before.up_bytes,
        peak_mib,
    })
}

fn begin(url: &str, folder: &Path, new: bool) -> Result<Phone> {
    let mut phone = Phone::start(&binaries::rust_phone()?, url, folder, "catching up")?;
    if new {
        phone.ok("sign_in", json!({"email": REQUESTER, "password": PASSWORD}))?;
    }
    Ok(phone)
}

/// Checks that everything is there, and ends the phone.
fn end(mut phone: Phone, new: bool) -> Result<()> {
    let listed = phone.ok("cases", json!({}))?;
    let cases = listed.get("cases").and_then(Value::as_array).context("no list")?;
    let first = cases
        .last()
        .and_then(|case| case.get("case_id"))
        .context("no case")?;
    let issues = phone.ok("issues", json!({"case_id": first}))?;
    let issues = issues.get("issues").and_then(Value::as_array).map_or(0, Vec::len);
    let expected = if new { 0 } else { CHANGES_A_CASE };
    anyhow::ensure!(
        (cases.len(), issues) == (CASES, expected),
        "{} cases, {issues} issues",
        cases.len()
    );
    phone.quit()
}

/// The most memory that the process has held (`VmHWM` of proc(5)).
fn peak_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.context("no VmHWM")?.trim().parse::<f64>()? / 1_024.0)
}
