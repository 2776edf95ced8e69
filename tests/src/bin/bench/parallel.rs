//! S7: ten thousand cases are brought to Done in parallel, with repeats and kills. What is measured is that the books are
//! right; how long it takes is a detail.

use std::path::Path;

use anyhow::{Context, Result};
use mso_server::admin::demo::PASSWORD;
use mso_tests::many_cases::{Figures, Plan, bring_to_done};
use mso_tests::server::Server;
use serde_json::json;

use crate::figures::Figure;

const PLAN: Plan = Plan {
    cases: 10_000,
    at_once: 16,
    kills: 12,
    repeated_percent: 30,
};

pub(crate) async fn run(folder: &Path) -> Result<Vec<Figure>> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).context("cannot remove the last run's folder")?;
    }
    let (server, figures) = bring_to_done(Server::start(folder)?, PLAN, PASSWORD).await?;
    server.stop()?;
    let Figures {
        cases_per_s,
        repeats,
        unanswered,
    } = figures;
    // A case without an invoice, a gap, a double or a wrong total would have ended the run with an error.
    let detail = json!({
        "cases": PLAN.cases, "kills": PLAN.kills, "repeats": repeats, "unanswered": unanswered,
        "cases_per_s": cases_per_s.round(),
    });
    Ok(vec![Figure::at_most(
        "done-in-parallel wrong invoices",
        0.0,
        "",
        0.0,
        detail,
    )])
}
