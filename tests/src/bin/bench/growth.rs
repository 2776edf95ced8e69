//! What a request of one institution costs when it has 100,000 patients and cases, compared with 1,000.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::new_id;
use mso_tests::caller::Caller;
use mso_tests::database::Database;
use mso_tests::server::Server;
use serde_json::json;

use crate::figures::Figure;
use crate::phone;
use crate::population::{self, Population};
use crate::timing::Times;

const REQUESTER: &str = "requester@demo.example";
const SMALL: i64 = 1_000;
const LARGE: i64 = 100_000;
const GOAL: f64 = 1.1;
/// Calls of each kind at each size.
const CALLS: usize = 60;
/// Calls before these, which warm caches and connections up.
const WARM_UP: usize = 30;
/// Rows that a screen shows at once.
const SCREEN: u32 = 50;

/// The calls whose cost must not grow.
const KINDS: [&str; 11] = [
    "submit_case",
    "create_patient",
    "sync_page",
    "sync_idle",
    "list_cases",
    "list_patients",
    "bootstrap_page",
    "phone_create_patient",
    "phone_cases",
    "phone_patients",
    "phone_search",
];

pub(crate) async fn run(folder: &Path) -> Result<Vec<Figure>> {
    drop(std::fs::remove_dir_all(folder));
    let server = Server::start(folder)?;
    let database = Database::of_server(server.data()).await?;
    let mut phone = Caller::sign_in(&server.url(), REQUESTER, PASSWORD).await?;
    let mut population = Population::begin(&phone).await?;
    population.grow(&database, SMALL).await?;
    phone.catch_up().await?;
    let small = measure(&mut phone, &population, &server, &folder.join("phone-small")).await?;
    population.grow(&database, LARGE).await?;
    let large = measure(&mut phone, &population, &server, &folder.join("phone-large")).await?;
    server.stop()?;
    KINDS
        .iter()
        .zip(small.iter().zip(&large))
        .map(|(kind, (small, large))| {
            let (from, to) = (small.median()?, large.median()?);
            let detail =
                json!({
                "ms_at_1000": from, "ms_at_100000": to, "p99_ms_at_100000": large.quantile(0.99)?, "calls": large.count(),
            });
            Ok(Figure::at_most(
                &format!("growth/{kind}"),
                to / from,
                "ratio",
                GOAL,
                detail,
            ))
        })
        .collect()
}

/// The times of each kind of call, made in turn.
async fn measure(
    phone: &mut Caller,
    population: &Population,
    server: &Server,
    store: &Path,
) -> Result<[Times; KINDS.len()]> {
    let mut times: [Times; KINDS.len()] = Default::default();
    let [
        submit,
        create,
        page,
        idle,
        cases,
        patients,
        bootstrap,
        on_phone @ ..,
    ] = &mut times;
    let mut fresh = Caller::sign_in(&server.url(), REQUESTER, PASSWORD).await?;
    loop {
        let begun = Instant::now();
        let read = fresh.page().await?;
        if !read.more {
            break;
        }
        bootstrap.add(begun);
    }
    *on_phone = measure_phone(store, &server.url()).await?;
    for call in 0..WARM_UP + CALLS {
        if call == WARM_UP {
            for times in [&mut *submit, create, page, idle, cases, patients] {
                *times = Times::default();
            }
        }
        let begun = Instant::now();
        phone
            .does("submit_case", population::case(&new_id(), population.patient()))
            .await?;
        submit.add(begun);

        let begun = Instant::now();
        let page_read = phone.page().await?;
        page.add(begun);
        anyhow::ensure!(!page_read.records.is_empty(), "the page of a new case is empty");

        let id = new_id();
        let family = format!("New{}", id.replace('-', ""));
        let begun = Instant::now();
        phone
            .does(
                "create_patient",
                population::patient(&id, &family, &format!("N-{id}"), population::BIRTH_DATE),
            )
            .await?;
        create.add(begun);

        phone.page().await?;
        let begun = Instant::now();
        let nothing = phone.page().await?;
        idle.add(begun);
        anyhow::ensure!(
            nothing.changes.is_empty(),
            "call {call}: an idle page has changes"
        );

        let begun = Instant::now();
        phone.get("/v1/cases?limit=50").await?;
        cases.add(begun);
        let begun = Instant::now();
        phone.get("/v1/patients?limit=50").await?;
        patients.add(begun);
    }
    Ok(times)
}

/// The times of what a phone does without the network, once it has received everything.
async fn measure_phone(store: &Path, server: &str) -> Result<[Times; 4]> {
    let phone = phone::level(store, server, REQUESTER).await?;
    let mut times: [Times; 4] = Default::default();
    let [create, cases, patients, search] = &mut times;
    for call in 0..WARM_UP + CALLS {
        if call == WARM_UP {
            for times in [&mut *create, cases, patients, search] {
                *times = Times::default();
            }
        }
        let somebody = phone::somebody(&phone)?;
        let begun = Instant::now();
        phone.create_patient(somebody)?;
        create.add(begun);

        let begun = Instant::now();
        let listed = phone.cases(None, SCREEN)?;
        cases.add(begun);
        anyhow::ensure!(listed.rows.len() == SCREEN as usize, "a list is short");
        let begun = Instant::now();
        phone.patients(None, SCREEN)?;
        patients.add(begun);
        let begun = Instant::now();
        let found = phone.search_patients("BENCH-500", None, SCREEN)?;
        search.add(begun);
        anyhow::ensure!(found.rows.len() == 1, "{} found", found.rows.len());
    }
    phone.close();
    Ok(times)
}
