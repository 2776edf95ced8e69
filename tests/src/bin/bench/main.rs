//! `mso-bench`: measures the release build and writes `target/bench/results.json`. `ONLY=name` runs one.
//!
//! Nothing here is a test. Figures are ratios of one run on one machine, or sizes in bytes; what takes how many
//! milliseconds is only their detail.

#![expect(
    clippy::print_stdout,
    reason = "a program whose purpose is to tell what it measured"
)]

mod chat;
mod commands;
mod exchange;
mod figures;
mod growth;
mod machine;
mod parallel;
mod phone;
mod population;
mod timing;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::figures::Figure;

const NAMES: [&str; 7] = [
    "growth",
    "server-commands",
    "offline-write",
    "push",
    "catch-up",
    "done-in-parallel",
    "chat",
];

#[tokio::main]
async fn main() -> Result<()> {
    let only = std::env::var("ONLY").ok().filter(|name| !name.is_empty());
    if let Some(name) = &only {
        anyhow::ensure!(
            NAMES.contains(&name.as_str()),
            "no such benchmark: {name}; there are {NAMES:?}"
        );
    }
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let folder = folder()?;
    let mut results: Vec<Figure> = Vec::new();
    if wanted("growth") {
        results.extend(growth::run(&folder.join("growth")).await?);
    }
    if wanted("server-commands") {
        results.extend(commands::run(&folder.join("server-commands")).await?);
    }
    if ["offline-write", "push", "catch-up"].into_iter().any(wanted) {
        results.extend(exchange::run(&folder.join("exchange"), wanted).await?);
    }
    if wanted("done-in-parallel") {
        results.extend(parallel::run(&folder.join("done-in-parallel")).await?);
    }
    if wanted("chat") {
        results.extend(chat::run(&folder.join("chat"))?);
    }
    for figure in &results {
        println!("{figure}");
    }
    let report = serde_json::json!({"machine": machine::facts()?, "figures": results});
    let path = folder.join("results.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&report)?)?;
    println!("written: {}", path.display());
    Ok(())
}

/// `target/bench`, beside the profile's folder that the program runs from.
fn folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(std::path::Path::parent);
    let folder = target.context("no target folder")?.join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
