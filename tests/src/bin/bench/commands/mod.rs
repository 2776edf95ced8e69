//! Commands per second over HTTP by 16 connections, beside pgbench with the statements of the same commands on the same
//! cluster: over eight institutions, and all in one.

mod capture;
mod peer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mso_core::time::{Clock, SystemClock};
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::new_id;
use mso_tests::caller::Caller;
use mso_tests::database::Database;
use mso_tests::server::Server;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::commands::capture::{Log, Statement};
use crate::commands::peer::Mark;
use crate::figures::Figure;
use crate::population;
use crate::timing::Times;

const CONNECTIONS: usize = 16;
const INSTITUTIONS: usize = 8;
const SECONDS: u64 = 8;
/// Least part of pgbench's rate.
const GOAL: f64 = 0.6;
/// Most times the median that one command in a hundred may take.
const GOAL_P99: f64 = 4.0;

#[derive(Debug, Clone, Copy)]
enum Kind {
    CreatePatient,
    SubmitCase,
}

impl Kind {
    const ALL: [Self; 2] = [Self::CreatePatient, Self::SubmitCase];

    const fn name(self) -> &'static str {
        match self {
            Self::CreatePatient => "create_patient",
            Self::SubmitCase => "submit_case",
        }
    }

    fn payload(self, institution: &Institution) -> Value {
        let id = new_id();
        match self {
            Self::CreatePatient => {
                let letters = id.replace('-', "");
                let born = population::a_birth_date(&letters);
                population::patient(&id, &format!("New{letters}"), &format!("N-{id}"), &born)
            }
            Self::SubmitCase => population::case(&id, &institution.patient),
        }
    }
}

struct Institution {
    requester: Caller,
    patient: String,
}

pub(crate) async fn run(folder: &Path) -> Result<Vec<Figure>> {
    drop(std::fs::remove_dir_all(folder));
    let data = folder.join("data");
    let server = Server::start(&data)?;
    let emails = institutions(&server)?;
    let mut scripts: Vec<(Kind, Vec<PathBuf>)> = Vec::new();
    let mut statements = Vec::new();
    {
        let database = Database::of_server(&data).await?;
        let mut log = Log::begin(&data, &database).await?;
        let institutions = enter(&server, &emails).await?;
        for kind in Kind::ALL {
            let mut files = Vec::new();
            for (index, institution) in institutions.iter().enumerate() {
                let file = folder.join(format!("{}-{index}.sql", kind.name()));
                let captured = captured(kind, institution, &mut log).await?;
                std::fs::write(&file, captured.1)?;
                files.push(file);
                if index == 0 {
                    statements.push((kind, captured.0));
                }
            }
            scripts.push((kind, files));
        }
        log.end(&database).await?;
    }
    server.stop()?;

    // Again without the log.
    let server = Server::start(&data)?;
    let institutions: Vec<Arc<Institution>> =
        enter(&server, &emails).await?.into_iter().map(Arc::new).collect();
    let one = institutions.get(..1).context("no institution")?;
    let socket = data.join("postgres/socket");
    let mut figures = Vec::new();
    for ((kind, scripts), (_, statements)) in scripts.iter().zip(&statements) {
        for (over, institutions) in [
            ("8_institutions", institutions.as_slice()),
            ("1_institution", one),
        ] {
            let connections = CONNECTIONS / institutions.len();
            measure(*kind, institutions, connections, Duration::from_secs(1)).await?;
            let (rate, times) =
                measure(*kind, institutions, connections, Duration::from_secs(SECONDS)).await?;
            let scripts = scripts.get(..institutions.len()).context("too few scripts")?;
            let peer = peer::run(&socket, scripts, connections, SECONDS)?;
            let name = format!("server-commands/{}/{over}", kind.name());
            let (p50, p99) = (times.median()?, times.quantile(0.99)?);
            let detail = json!({
                "commands_per_s": rate.round(), "pgbench_tps": peer.round(), "statements": statements.len(),
                "p50_ms": p50, "p99_ms": p99, "commands": times.count(),
            });
            figures.push(Figure::at_least(&name, rate / peer, "ratio", GOAL, detail));
            figures.push(Figure::at_most(
                &format!("{name}/p99"),
                p99 / p50,
                "of p50",
                GOAL_P99,
                json!({}),
            ));
        }
    }
    server.stop()?;
    Ok(figures)
}

/// Creates institutions, each with a requester. Returns their email addresses.
fn institutions(server: &Server) -> Result<Vec<String>> {
    let mut emails = Vec::new();
    for number in 0..INSTITUTIONS {
        let (name, registration) = (format!("Hospital {number}"), format!("B-{number}"));
        let new = [
            "create-institution",
            "--name",
            &name,
            "--registration-number",
            &registration,
            "--country",
            "DE",
        ];
        let created = server.set_up(&new, PASSWORD)?;
        let id = created.split('\t').next().unwrap_or(&created);
        let email = format!("requester.{number}@bench.example");
        let new = [
            "create-requester",
            "--institution",
            id,
            "--email",
            &email,
            "--name",
            "Rob Requester",
        ];
        server.set_up(&new, PASSWORD)?;
        emails.push(email);
    }
    Ok(emails)
}

/// Signs every requester in, each with a verified patient.
async fn enter(server: &Server, emails: &[String]) -> Result<Vec<Institution>> {
    let mut institutions = Vec::new();
    for email in emails {
        let requester = Caller::sign_in(&server.url(), email, PASSWORD).await?;
        let patient = new_id();
        let (family, number) = (
            format!("First{}", patient.replace('-', "")),
            format!("F-{patient}"),
        );
        requester
            .does(
                "create_patient",
                population::patient(&patient, &family, &number, population::BIRTH_DATE),
            )
            .await?;
        let verify = json!({"patient_id": patient, "method": "document_seen"});
        requester.does("verify_patient", verify).await?;
        institutions.push(Institution { requester, patient });
    }
    Ok(institutions)
}

/// The statements of one command, and the script of them.
async fn captured(kind: Kind, institution: &Institution, log: &mut Log) -> Result<(Vec<Statement>, String)> {
    // Once before, so that what is done only the first time is not captured.
    let first = kind.payload(institution);
    institution.requester.does(kind.name(), first).await?;
    log.statements()?;
    let since = u64::try_from(SystemClock.now().unix_millis())?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    let payload = kind.payload(institution);
    let name = |pointer: &str| {
        payload
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut marks = Vec::new();
    const LETTERS: &str = "'New' || translate(lpad(to_hex(n), 12, '0'), '0123456789', 'ghijklmnop')";
    const LETTERS_SMALL: &str = "'new' || translate(lpad(to_hex(n), 12, '0'), '0123456789', 'ghijklmnop')";
    if let Some(family) = name("/name/family") {
        marks.push(Mark {
            text: family.to_lowercase(),
            expression: LETTERS_SMALL,
        });
        marks.push(Mark {
            text: family,
            expression: LETTERS,
        });
    }
    institution.requester.does(kind.name(), payload.clone()).await?;
    let statements = log.statements()?;
    if let Some(number) = case_number(&statements) {
        marks.push(Mark {
            text: number,
            expression: "'MSO-B-' || n",
        });
    }
    if let Some(born) = name("/birth_date") {
        marks.push(Mark {
            text: born,
            expression: "(date '1900-01-01' + (n % 43800)::integer)::text",
        });
    }
    if let Some(number) = name("/identifiers/0/value") {
        marks.push(Mark {
            text: number.to_uppercase(),
            expression: "'N-' || n",
        });
    }
    let script = peer::script(&statements, since, &marks)?;
    Ok((statements, script))
}

/// The number that a new case was given.
fn case_number(statements: &[Statement]) -> Option<String> {
    let insert = statements
        .iter()
        .find(|statement| statement.sql.contains("insert into mso_case"))?;
    insert.parameters.get(1).cloned().flatten()
}

/// Commands per second by this many connections to each institution, and their times.
async fn measure(
    kind: Kind,
    institutions: &[Arc<Institution>],
    connections: usize,
    time: Duration,
) -> Result<(f64, Times)> {
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for institution in institutions {
        for _ in 0..connections {
            let institution = Arc::clone(institution);
            all.spawn(async move {
                let mut times = Times::default();
                while begun.elapsed() < time {
                    let sent = Instant::now();
                    let payload = kind.payload(&institution);
                    institution.requester.does(kind.name(), payload).await?;
                    times.add(sent);
                }
                anyhow::Ok(times)
            });
        }
    }
    let mut times = Times::default();
    while let Some(done) = all.join_next().await {
        times.extend(done??);
    }
    Ok((times.count() as f64 / begun.elapsed().as_secs_f64(), times))
}
