//! What a phone writes offline, sends when the network is back, and receives: two hundred cases from the request to the
//! opinion, over real phones.

mod catch_up;
mod clinical;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use mso_core::client::Workspace;
use mso_core::ids::CaseId;
use mso_core::patients::VerificationMethod;
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::{Admin, Answer};
use mso_tests::server::Server;
use serde_json::json;

use crate::exchange::clinical::Seeded;
use crate::figures::Figure;
use crate::phone;
use crate::timing::Times;

const CASES: usize = 200;
/// Commands that a phone sends.
const COMMANDS: usize = 600;
const REQUESTER: &str = "requester@demo.example";
const EXPERT: &str = "cardiologist@demo.example";
/// Milliseconds at the median, on a disk that is memory.
const GOAL_WRITE: f64 = 0.5;
/// Commands per second.
const GOAL_PUSH: f64 = 600.0;

pub(crate) async fn run(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Figure>> {
    drop(std::fs::remove_dir_all(folder));
    let server = Server::start(&folder.join("data"))?;
    let url = server.url();
    let mut figures = Vec::new();
    let memory = InMemory::new()?;
    let requester = phone::level(&memory.folder("requester"), &url, REQUESTER).await?;
    let on_disk = phone::level(&folder.join("requester"), &url, REQUESTER).await?;

    let unsynced = create_patients(&requester)?;
    let synced = create_patients(&on_disk)?;
    figures.push(write_figure("create_patient", &unsynced, Some(&synced))?);
    figures.push(push_figure("create_patient", &requester).await?);

    let cases = submit_cases(&requester).await?;
    assign(&url, &cases).await?;
    let expert = phone::level(&memory.folder("expert"), &url, EXPERT).await?;
    let [accept, start, opinion] = review(&expert, &cases)?;
    figures.push(write_figure("accept_case", &accept, None)?);
    figures.push(write_figure("start_review", &start, None)?);
    figures.push(write_figure("submit_recommendation", &opinion, None)?);
    figures.push(push_figure("review_of_200_cases", &expert).await?);
    if wanted("catch-up") {
        figures.extend(catch_up::run(folder, &server, &expert, &cases).await?);
    }
    requester.close();
    on_disk.close();
    expert.close();
    server.stop()?;
    Ok(figures)
}

/// A folder on a disk that is memory, so that syncing it costs nothing: as the peers write, which do not sync.
struct InMemory(PathBuf);

impl InMemory {
    fn new() -> Result<Self> {
        let shared = Path::new("/dev/shm");
        let parent = if shared.is_dir() {
            shared.to_owned()
        } else {
            std::env::temp_dir()
        };
        let folder = parent.join(format!("mso-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn create_patients(phone: &Workspace) -> Result<Times> {
    let mut times = Times::default();
    for _ in 0..COMMANDS {
        let somebody = phone::somebody(phone)?;
        let begun = Instant::now();
        phone.create_patient(somebody)?;
        times.add(begun);
    }
    Ok(times)
}

async fn submit_cases(phone: &Arc<Workspace>) -> Result<Vec<CaseId>> {
    let patient = phone.patients(None, 1)?.rows.pop().context("no patient")?;
    phone.verify_patient(patient.patient_id, VerificationMethod::DocumentSeen, None)?;
    let mut seeded = Seeded::new(1);
    let mut cases = Vec::with_capacity(CASES);
    for _ in 0..CASES {
        let id = phone.new_case_id();
        cases.push(phone.submit_case(
            id,
            patient.patient_id,
            clinical::request(&mut seeded)?,
            Vec::new(),
        )?);
    }
    phone::send_all(phone).await?;
    Ok(cases)
}

async fn assign(url: &str, cases: &[CaseId]) -> Result<()> {
    let admin = Admin::sign_in(url, "admin@demo.example", PASSWORD).await?;
    let listed = admin.get("/v1/providers").await?;
    let expert = listed
        .get("providers")
        .and_then(|all| all.as_array())
        .and_then(|all| all.iter().find(|one| one.to_string().contains("cardiology")))
        .and_then(|one| one.get("id"))
        .context("no cardiologist")?
        .clone();
    for case in cases {
        let payload = json!({
            "case_id": case, "assignment_id": mso_tests::admin::new_id(), "provider_id": expert,
            "overrides": [{"rule": "provider_full", "reason": "a benchmark"}],
        });
        let answer = admin.command("assign_case", payload).await?;
        anyhow::ensure!(answer == Answer::Applied, "{answer:?}");
    }
    Ok(())
}

/// The expert accepts, starts and finishes all, offline.
fn review(phone: &Workspace, cases: &[CaseId]) -> Result<[Times; 3]> {
    let mut times: [Times; 3] = Default::default();
    let [accept, start, finish] = &mut times;
    let mut seeded = Seeded::new(2);
    for case in cases {
        let opinion = clinical::opinion(&mut seeded)?;
        let begun = Instant::now();
        phone.accept(*case)?;
        accept.add(begun);
        let begun = Instant::now();
        phone.start_review(*case)?;
        start.add(begun);
        let begun = Instant::now();
        phone.submit_recommendation(*case, opinion)?;
        finish.add(begun);
    }
    Ok(times)
}

fn write_figure(command: &str, unsynced: &Times, synced: Option<&Times>) -> Result<Figure> {
    let synced = synced.map(Times::median).transpose()?;
    let detail = json!({
        "p99_ms": unsynced.quantile(0.99)?, "ms_with_fsync": synced, "writes": unsynced.count(),
    });
    let name = format!("offline-write/{command}");
    Ok(Figure::at_most(
        &name,
        unsynced.median()?,
        "ms",
        GOAL_WRITE,
        detail,
    ))
}

/// Sends what waits.
async fn push_figure(what: &str, phone: &Workspace) -> Result<Figure> {
    let begun = Instant::now();
    let sent = phone::send_all(phone).await?;
    let seconds = begun.elapsed().as_secs_f64();
    anyhow::ensure!(sent.commands_applied as usize == COMMANDS, "{sent:?}");
    let detail = json!({"commands": COMMANDS, "seconds": seconds, "round_trips": sent.round_trips});
    let rate = COMMANDS as f64 / seconds;
    Ok(Figure::at_least(
        &format!("push/{what}"),
        rate,
        "1/s",
        GOAL_PUSH,
        detail,
    ))
}
