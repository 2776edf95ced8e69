//! What a request of one institution costs when it has 100,000 patients and cases, compared with 1,000.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use mso_core::client::Workspace;
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
    let mut small = Side::begin(&folder.join("small"), SMALL).await?;
    let mut large = Side::begin(&folder.join("large"), LARGE).await?;
    for call in 0..WARM_UP + CALLS {
        if call == WARM_UP {
            small.times = Default::default();
            large.times = Default::default();
        }
        small.measure().await?;
        large.measure().await?;
    }
    let figures = KINDS.iter().zip(small.times.iter().zip(&large.times));
    let figures: Result<_> = figures
        .map(|(kind, (small, large))| figure(kind, small, large))
        .collect();
    small.end()?;
    large.end()?;
    figures
}

fn figure(kind: &str, small: &Times, large: &Times) -> Result<Figure> {
    let (from, to) = (small.median()?, large.median()?);
    let detail = json!({
        "ms_at_1000": from, "ms_at_100000": to, "p99_ms_at_100000": large.quantile(0.99)?, "calls": large.count(),
    });
    Ok(Figure::at_most(
        &format!("growth/{kind}"),
        to / from,
        "ratio",
        GOAL,
        detail,
    ))
}

/// A server with this many patients and cases, and phones that have received them. Two sides are measured in turn, so that
/// both find the machine the same.
struct Side {
    server: Server,
    population: Population,
    /// A phone of which only the requests are measured.
    caller: Caller,
    /// A phone that goes through the feed from its beginning, page by page.
    fresh: Caller,
    phone: Arc<Workspace>,
    times: [Times; KINDS.len()],
}

impl Side {
    async fn begin(folder: &Path, size: i64) -> Result<Self> {
        let server = Server::start(&folder.join("data"))?;
        let database = Database::of_server(server.data()).await?;
        let mut caller = Caller::sign_in(&server.url(), REQUESTER, PASSWORD).await?;
        let mut population = Population::begin(&caller).await?;
        population.grow(&database, size).await?;
        caller.catch_up().await?;
        let phone = phone::level(&folder.join("phone"), &server.url(), REQUESTER).await?;
        database.run(&[], "checkpoint").await?;
        Ok(Self {
            fresh: Caller::sign_in(&server.url(), REQUESTER, PASSWORD).await?,
            server,
            population,
            caller,
            phone,
            times: Default::default(),
        })
    }

    async fn measure(&mut self) -> Result<()> {
        self.measure_server().await?;
        self.measure_phone()
    }

    async fn measure_server(&mut self) -> Result<()> {
        let [submit, create, page, idle, cases, patients, bootstrap, ..] = &mut self.times;
        let caller = &mut self.caller;
        let begun = Instant::now();
        caller
            .does(
                "submit_case",
                population::case(&new_id(), self.population.patient()),
            )
            .await?;
        submit.add(begun);

        let begun = Instant::now();
        let read = caller.page().await?;
        page.add(begun);
        anyhow::ensure!(!read.records.is_empty(), "the page of a new case is empty");

        let id = new_id();
        let family = format!("New{}", id.replace('-', ""));
        let begun = Instant::now();
        caller
            .does(
                "create_patient",
                population::patient(&id, &family, &format!("N-{id}"), population::BIRTH_DATE),
            )
            .await?;
        create.add(begun);

        caller.page().await?;
        let begun = Instant::now();
        let nothing = caller.page().await?;
        idle.add(begun);
        anyhow::ensure!(nothing.changes.is_empty(), "an idle page has changes");

        let begun = Instant::now();
        caller.get("/v1/cases?limit=50").await?;
        cases.add(begun);
        let begun = Instant::now();
        caller.get("/v1/patients?limit=50").await?;
        patients.add(begun);

        let begun = Instant::now();
        let read = self.fresh.page().await?;
        if read.more {
            bootstrap.add(begun);
        } else {
            self.fresh.begin_again();
        }
        Ok(())
    }

    /// What a phone does without the network.
    fn measure_phone(&mut self) -> Result<()> {
        let [.., create, cases, patients, search] = &mut self.times;
        let phone = &self.phone;
        let somebody = phone::somebody(phone)?;
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
        Ok(())
    }

    fn end(self) -> Result<()> {
        self.phone.close();
        self.server.stop()
    }
}
