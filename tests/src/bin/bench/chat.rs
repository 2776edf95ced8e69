//! The private chat beside other systems that synchronize: 10,000 messages on an empty phone, 500 that were missed, messages
//! that arrive live, and 500 written offline. `tests/peers` measures, all systems in turn; here the ratios are computed.
//!
//! `cargo xtask bench` installs the peers and says where in `MSO_PEERS`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use self::Goal::{AtMost, TimesBest};
use crate::figures::Figure;

const OURS: &str = "mso";

/// What is compared: its name, the place in what was measured, and the most that ours may be.
struct Row {
    name: &'static str,
    workload: &'static str,
    field: &'static str,
    goal: Goal,
}

#[derive(Clone, Copy)]
enum Goal {
    /// This many times the best peer's median.
    TimesBest(f64),
    /// Ours by itself, in this unit.
    AtMost(f64, &'static str),
}

const fn row(name: &'static str, workload: &'static str, field: &'static str, goal: Goal) -> Row {
    Row {
        name,
        workload,
        field,
        goal,
    }
}

const ROWS: [Row; 17] = [
    row("chat/w1/readable", "w1", "ms", TimesBest(0.5)),
    row("chat/w1/stored", "w1", "stored_ms", TimesBest(0.5)),
    row("chat/w1/bytes_in", "w1", "bytes_in", AtMost(2_600_000.0, "bytes")),
    row("chat/w1/phone_memory", "w1", "client_memory", TimesBest(1.0)),
    row("chat/w1/phone_disk", "w1", "client_disk", TimesBest(1.0)),
    row("chat/w1/server_cpu", "w1", "server_cpu_s", TimesBest(1.0)),
    row("chat/w2/kept", "w2_kept", "ms", TimesBest(0.5)),
    row("chat/w2/open", "w2_restarted", "open_ms", TimesBest(1.0)),
    row("chat/w2/restarted", "w2_restarted", "ms", TimesBest(0.5)),
    row(
        "chat/w2/bytes_in",
        "w2_restarted",
        "bytes_in",
        AtMost(320_000.0, "bytes"),
    ),
    row("chat/w3/1_pair/p50", "w3_1", "p50_ms", TimesBest(1.0)),
    row("chat/w3/1_pair/p99", "w3_1", "p99_ms", TimesBest(1.0)),
    row("chat/w3/50_pairs/p50", "w3_50", "p50_ms", TimesBest(1.0)),
    row("chat/w3/50_pairs/p99", "w3_50", "p99_ms", TimesBest(1.0)),
    row("chat/w4/write", "w4", "write_p50_ms", AtMost(0.3, "ms")),
    row("chat/w4/known", "w4", "known_ms", TimesBest(1.0)),
    row("chat/w4/seen", "w4", "seen_ms", TimesBest(1.0)),
];

pub(crate) fn run(folder: &Path) -> Result<Vec<Figure>> {
    std::fs::create_dir_all(folder)?;
    let out = folder.join("measured.json");
    measure(&out)?;
    let measured: Value = serde_json::from_slice(&std::fs::read(&out)?)?;
    let systems = measured
        .get("systems")
        .and_then(Value::as_object)
        .context("no systems")?;
    let ours = systems.get(OURS).context("ours was not measured")?;
    anyhow::ensure!(error(ours).is_none(), "ours failed: {ours}");
    ROWS.iter().map(|row| figure(row, systems)).collect()
}

/// Runs all systems in turn. What one of them fails at is in the file.
fn measure(out: &Path) -> Result<()> {
    let peers = std::env::var_os("MSO_PEERS").context("MSO_PEERS is not set; run cargo xtask bench")?;
    let peers = PathBuf::from(peers);
    let built = std::env::current_exe()?;
    let built = built.parent().context("no folder of programs")?;
    let own_node = peers.join("node_modules/.bin/node");
    let node = if own_node.exists() {
        own_node
    } else {
        "node".into()
    };
    let ended = Command::new(node)
        .arg("--no-warnings")
        .arg(peers.join("run.mjs"))
        .arg("--out")
        .arg(out)
        .env("MSO_BUILT", built)
        .status()
        .context("cannot start node")?;
    anyhow::ensure!(out.exists(), "the peers were not measured: {ended}");
    Ok(())
}

/// Why a system was not measured to the end.
fn error(results: &Value) -> Option<&str> {
    results.get("error").and_then(Value::as_str)
}

/// The median of ours, over that of the best peer if the goal is. A peer that failed takes no part, and the detail says why.
fn figure(row: &Row, systems: &Map<String, Value>) -> Result<Figure> {
    let (mut medians, mut failed) = (Map::new(), Map::new());
    let mut best: Option<(&str, f64)> = None;
    for (name, results) in systems {
        if let Some(error) = error(results) {
            failed.insert(name.clone(), json!(error));
            continue;
        }
        let Some(median) = median(results, row)? else {
            continue;
        };
        medians.insert(name.clone(), json!(median));
        if name != OURS && best.is_none_or(|(_, least)| median < least) {
            best = Some((name.as_str(), median));
        }
    }
    let ours = medians.get(OURS).and_then(Value::as_f64);
    let ours = ours.with_context(|| format!("nothing was measured for {}", row.name))?;
    let (peer, least) = best.with_context(|| format!("no peer measured {}", row.name))?;
    let detail = json!({"field": row.field, "best_peer": peer, "medians": medians, "failed": failed});
    Ok(match row.goal {
        TimesBest(goal) => Figure::at_most(row.name, ours / least, "ratio", goal, detail),
        AtMost(goal, unit) => Figure::at_most(row.name, ours, unit, goal, detail),
    })
}

/// `None` if the system does not know this.
fn median(results: &Value, row: &Row) -> Result<Option<f64>> {
    let runs = results.get(row.workload).and_then(Value::as_array);
    let runs = runs.with_context(|| format!("{} was not measured", row.workload))?;
    let mut values: Vec<f64> = runs
        .iter()
        .filter_map(|run| run.get(row.field)?.as_f64())
        .collect();
    values.sort_by(f64::total_cmp);
    Ok(values.get(values.len() / 2).copied())
}
