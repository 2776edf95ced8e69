//! S7: many cases are brought to Done in parallel, with part of the requests repeated and the server killed in between.
//!
//! Every request is sent until it is answered, like a phone does. The invariant checked in the end, in the database: as many
//! invoices as cases, numbered from 1 without gap or double, with amounts that add up; and a repeated request is answered
//! like the first one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mso_core::command::CommandEnvelope;
use mso_core::ids::CommandId;
use mso_core::protocol::sync::{Outcome, SettledOutcome};
use mso_core::time::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::admin::{Admin, http_client, new_id};
use crate::database::Database;
use crate::server::Server;

const WRONG: &str = include_str!("../../server/tests/api/invoices/wrong_invoices.sql");
const GAPS: &str = include_str!("../../server/tests/api/invoices/gaps_in_series.sql");

/// How long a request is tried again.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub cases: u32,
    /// Cases that are on their way at the same time.
    pub at_once: u32,
    /// How often the server is killed, spread over the run.
    pub kills: u32,
    /// Of a hundred requests, how many are sent twice.
    pub repeated_percent: u32,
}

/// What it came to.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub cases_per_s: f64,
    /// Requests that were sent a second time although they had been answered.
    pub repeats: u32,
    /// Requests that found no server.
    pub unanswered: u32,
}

/// A user's session, renewed when it has run out.
struct Sender {
    http: reqwest::Client,
    server: String,
    email: &'static str,
    password: String,
    token: Mutex<String>,
}

#[derive(Default)]
struct Counts {
    done: AtomicU32,
    repeats: AtomicU32,
    unanswered: AtomicU32,
}

impl Sender {
    async fn sign_in(server: &str, email: &'static str, password: &str) -> Result<Self> {
        let sender = Self {
            http: http_client()?,
            server: server.to_owned(),
            email,
            password: password.to_owned(),
            token: Mutex::default(),
        };
        sender.renew("").await?;
        Ok(sender)
    }

    /// Signs in again, unless another task has done so since this token was read.
    async fn renew(&self, old: &str) -> Result<()> {
        let mut token = self.token.lock().await;
        if *token != old {
            return Ok(());
        }
        let body = json!({"email": self.email, "password": self.password});
        let request = self
            .http
            .post(format!("{}/v1/sessions", self.server))
            .header("content-type", "application/json")
            .body(body.to_string());
        let grant: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
        let text = grant.get("access_token").and_then(Value::as_str);
        text.context("no access token")?.clone_into(&mut token);
        Ok(())
    }

    /// Sends until there is an answer; returns it.
    async fn send(&self, body: &str, counts: &Counts) -> Result<Value> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let token = self.token.lock().await.clone();
            let request = self
                .http
                .post(format!("{}/v1/commands", self.server))
                .bearer_auth(&token)
                .header("content-type", "application/json")
                .timeout(Duration::from_secs(30))
                .body(body.to_owned());
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(_) => {
                    counts.unanswered.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let status = answer.status();
            let Ok(bytes) = answer.bytes().await else { continue };
            if status.as_u16() == 401 {
                // Nobody answers while the server is being started: the next round tries again.
                drop(self.renew(&token).await);
                continue;
            }
            if status.is_server_error() {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            return Ok(serde_json::from_slice(&bytes)?);
        }
        bail!("no answer in {PATIENCE:?}")
    }

    /// Gives a command, which must be applied; some are given twice, at once or one after the other.
    async fn gives(&self, command: Value, token: Option<&str>, chance: u32, run: &Run) -> Result<()> {
        let now = SystemClock.now();
        let envelope = CommandEnvelope {
            command_id: CommandId::generate(now),
            command: serde_json::from_value(command).context("not a command")?,
            assignment_id: token.map(str::parse).transpose()?,
            base_version: None,
            device_seq: None,
            issued_at: now,
            depends_on: Vec::new(),
        };
        let body = serde_json::to_string(&envelope)?;
        let repeated = chance % 100 < run.plan.repeated_percent;
        let answers = if repeated && chance.is_multiple_of(2) {
            let (one, other) = tokio::join!(self.send(&body, &run.counts), self.send(&body, &run.counts));
            vec![one?, other?]
        } else if repeated {
            vec![
                self.send(&body, &run.counts).await?,
                self.send(&body, &run.counts).await?,
            ]
        } else {
            vec![self.send(&body, &run.counts).await?]
        };
        if repeated {
            run.counts.repeats.fetch_add(1, Ordering::Relaxed);
        }
        let name = envelope.command.name();
        let mut first = 0;
        for answer in answers {
            let outcome: Outcome = serde_json::from_value(answer).context("no outcome")?;
            let applied = outcome.settled() == Some(SettledOutcome::Applied);
            anyhow::ensure!(applied, "{name} was answered {outcome:?}");
            first += u32::from(outcome == Outcome::Applied);
        }
        anyhow::ensure!(first <= 1, "{name} was applied twice");
        Ok(())
    }
}

/// What all tasks share.
struct Run {
    plan: Plan,
    requester: Sender,
    expert: Sender,
    admin: Sender,
    provider_id: String,
    patient_id: String,
    counts: Counts,
}

fn command(kind: &str, payload: Value) -> Value {
    json!({"type": kind, "payload": payload})
}

fn request() -> Value {
    json!({
        "service_type": "one_specialist", "specialty": "cardiology", "urgency": {"level": "routine"},
        "clinical_question": "Is an operation needed before the summer?",
        "history": {"present_illness": "Short of breath on stairs for two months."},
        "consent_basis": {"kind": "written", "obtained_by": "A. Nasser", "obtained_at": "2026-01-02T10:00:00.000Z"},
    })
}

fn opinion() -> Value {
    json!({
        "brief_history": "Short of breath on stairs for two months.",
        "assessment": "Severe primary mitral regurgitation with preserved function.",
        "diagnosis": [{"icd10": "I34.0", "text": "Mitral valve insufficiency", "rank": "primary", "agreement": "confirmed"}],
        "recommendations": [{"kind": "surgery", "text": "Mitral valve repair"}],
        "answer_to_question": "Yes, repair is indicated.",
        "declaration": true,
    })
}

impl Run {
    async fn begin(server: &str, plan: Plan, password: &str) -> Result<Self> {
        let admin = Admin::sign_in(server, "admin@demo.example", password).await?;
        let run = Self {
            plan,
            requester: Sender::sign_in(server, "requester@demo.example", password).await?,
            expert: Sender::sign_in(server, "cardiologist@demo.example", password).await?,
            admin: Sender::sign_in(server, "admin@demo.example", password).await?,
            provider_id: admin.provider_named("Carla Cardio").await?,
            patient_id: new_id(),
            counts: Counts::default(),
        };
        let patient = json!({
            "patient_id": run.patient_id, "name": {"family": "Haddad", "given": "Amal"}, "birth_date": "1958-04-17",
            "sex": "female", "identifiers": [{"kind": "national_id", "issuer": "SY", "value": "N-1"}],
        });
        let verify = json!({"patient_id": run.patient_id, "method": "document_seen"});
        for (kind, payload) in [("create_patient", patient), ("verify_patient", verify)] {
            run.requester
                .gives(command(kind, payload), None, u32::MAX, &run)
                .await?;
        }
        Ok(run)
    }

    async fn case(&self, number: u32) -> Result<()> {
        // As different for each request as it needs to be, and the same in every run.
        let chance = |step: u32| (number * 5 + step).wrapping_mul(2_654_435_761) >> 7;
        let (case_id, assignment_id) = (new_id(), new_id());
        let case = json!({"case_id": case_id});
        let submit =
            json!({"case_id": case_id, "patient_id": self.patient_id, "request": request(), "documents": []});
        self.requester
            .gives(command("submit_case", submit), None, chance(0), self)
            .await?;
        let assign = json!({
            "case_id": case_id, "assignment_id": assignment_id, "provider_id": self.provider_id,
            "overrides": [{"rule": "provider_full", "reason": "agreed by phone"}],
        });
        self.admin
            .gives(command("assign_case", assign), None, chance(1), self)
            .await?;
        let recommend = json!({"case_id": case_id, "recommendation_id": new_id(), "content": opinion()});
        let acts = [
            ("accept_case", case.clone()),
            ("start_review", case),
            ("submit_recommendation", recommend),
        ];
        for (step, (kind, payload)) in (2..).zip(acts) {
            self.expert
                .gives(command(kind, payload), Some(&assignment_id), chance(step), self)
                .await?;
        }
        self.counts.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Brings the cases to Done on a new server with the demo's users, and checks what the database has then.
///
/// # Errors
///
/// Where a command was refused, two answers differ, or the books are wrong: what, and how many.
pub async fn bring_to_done(mut server: Server, plan: Plan, password: &str) -> Result<(Server, Figures)> {
    let run = Arc::new(Run::begin(&server.url(), plan, password).await?);
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for first in 0..plan.at_once {
        let run = Arc::clone(&run);
        tasks.spawn(async move {
            for number in (first..run.plan.cases).step_by(run.plan.at_once.max(1) as usize) {
                run.case(number).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    for kill in 1..=plan.kills {
        let at = plan.cases * kill / (plan.kills + 1);
        while run.counts.done.load(Ordering::Relaxed) < at && !tasks.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            while let Some(ended) = tasks.try_join_next() {
                ended??;
            }
        }
        server = tokio::task::spawn_blocking(move || server.kill_and_restart()).await??;
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    check(&server, plan).await?;
    let figures = Figures {
        cases_per_s: f64::from(plan.cases) / seconds,
        repeats: run.counts.repeats.load(Ordering::Relaxed),
        unanswered: run.counts.unanswered.load(Ordering::Relaxed),
    };
    Ok((server, figures))
}

async fn check(server: &Server, plan: Plan) -> Result<()> {
    let database = Database::of_server(server.data()).await?;
    let cases = i64::from(plan.cases);
    for (what, statement, expected) in [
        (
            "cases that are Done",
            "select count(*) from mso_case where status = 'Done'",
            cases,
        ),
        ("cases", "select count(*) from mso_case", cases),
        ("invoices", "select count(*) from invoice", cases),
        (
            "numbers of invoices",
            "select count(distinct number) from invoice",
            cases,
        ),
        ("the first number", "select min(number) from invoice", 1),
        ("the last number", "select max(number) from invoice", cases),
        (
            "cases with an invoice",
            "select count(distinct case_id) from invoice",
            cases,
        ),
        (
            "service records",
            "select count(distinct case_id) from service_record",
            cases,
        ),
        ("opinions", "select count(*) from recommendation", cases),
        ("gaps", GAPS, 0),
        ("invoices that do not add up", WRONG, 0),
    ] {
        let found = database.count(statement).await?;
        anyhow::ensure!(found == expected, "{what}: {found} instead of {expected}");
    }
    Ok(())
}
